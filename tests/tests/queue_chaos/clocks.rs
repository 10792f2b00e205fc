//! The wall clock is set forward and back while processes work, and some start in the wrong time.

use std::path::Path;
use std::time::Duration;

use db::Kind as Store;
use queue::CatchUp;
use support::chaos::Kind;
use support::wall_clock::WallClock;

use crate::crew::{Crew, Hand};
use crate::scene::Scene;

on_both! {
    a_wall_clock_that_is_set_loses_and_doubles_nothing_and_ticks_come_once,
}

/// What the wall clock is set to beside the true time, one after another, in seconds.
const STEPS: [i64; 6] = [3600, -3600, 0, 7200, 40, -40];

/// Takes over the wall clock of whomever `crew` hires.
fn clock_of(crew: Crew, folder: &Path) -> (WallClock, Crew) {
    let clock = WallClock::new(folder);
    let variables = clock.variables().into_iter();
    let crew = variables.fold(crew, |crew, (name, value)| crew.with_variable(name, value));
    (clock, crew)
}

async fn a_wall_clock_that_is_set_loses_and_doubles_nothing_and_ticks_come_once(mut scene: Scene) {
    let folder = tempfile::tempdir().unwrap();
    let (clock, crew) = clock_of(scene.crew().with("KNOWN_AFTER_MS", 0), folder.path());
    let schedule = scene.tick_every_second(CatchUp::Skip).await;
    let mut hands = vec![crew.hire_at_work(), crew.hire_at_work()];
    let mut in_their_time = 0;
    for seconds in STEPS {
        scene.enqueue_many(Kind::Everything, 15).await;
        clock.set(seconds);
        tokio::time::sleep(Duration::from_millis(700)).await;
        // One that starts in the wrong time works beside those that know the right one.
        let newcomer = crew.hire_at_work();
        in_their_time += usize::from(is_in_its_time(&scene, &newcomer, seconds).await);
        hands.push(newcomer);
        scene.enqueue_many(Kind::Everything, 15).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        hands.remove(0).kill();
    }
    scene.pause(schedule).await;
    hands.drain(..).for_each(Hand::kill);
    clock.set(0);
    println!("{} settled by a person", scene.settle().await);
    let _last = crew.hire_at_work();
    scene.all_ended().await;
    assert!(in_their_time >= STEPS.len() / 2, "{in_their_time}");
    let laws = scene.judge().await;
    assert!(laws.counts.contains_key("ticked"));
}

/// That a process began in the time it was given: its own on SQLite, and on PostgreSQL the
/// server's, which is the true one. False: one that is ahead has taken it for silent already.
async fn is_in_its_time(scene: &Scene, hand: &Hand, seconds: i64) -> bool {
    let views = scene.queue.workers().await.unwrap();
    let pid = i64::from(hand.pid());
    let Some(it) = views.iter().find(|view| view.worker.pid == pid) else {
        return false;
    };
    let wrong = match scene.store {
        Store::Sqlite => seconds,
        Store::Postgres => 0,
    };
    let off = it.started_at.as_micros() - scene.queue.now().as_micros();
    let off = off / 1_000_000 - wrong;
    assert!((-20..=20).contains(&off), "{seconds} gave {off}");
    true
}
