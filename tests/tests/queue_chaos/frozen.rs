//! SIGSTOP for longer than the lease, and SIGCONT: the frozen wake as zombies, the keeper too.

use std::time::Duration;

use queue::{CatchUp, Page, Scope};
use support::chaos::Kind;
use support::dice::Dice;

use crate::crew::Hand;
use crate::scene::Scene;

const SEED: u64 = 31;
const ROUNDS: usize = 8;
/// Twice the lease.
const FROST: Duration = Duration::from_millis(1800);

on_both! {
    what_the_frozen_write_on_waking_is_refused_and_ticks_come_once,
}

async fn what_the_frozen_write_on_waking_is_refused_and_ticks_come_once(mut scene: Scene) {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    // A request of a frozen process may come at any time, so that nobody can tell.
    let crew = scene.crew().with("KNOWN_AFTER_MS", 0).with("SLOW_MS", 200);
    let mut hands: Vec<_> = (0..3).map(|_| crew.hire_at_work()).collect();
    let schedule = scene.tick_every_second(CatchUp::All).await;
    for round in 0..ROUNDS {
        scene.enqueue_many(Kind::Slowly, 12).await;
        tokio::time::sleep(Duration::from_millis(100 + dice.below(400) as u64)).await;
        let at = match keeper(&scene, &hands).await {
            Some(keeper) if round % 2 == 0 => keeper,
            _ => dice.below(hands.len()),
        };
        hands[at].freeze();
        tokio::time::sleep(FROST).await;
        hands[at].thaw();
    }
    scene.pause(schedule).await;
    scene.all_ended().await;
    // Gone, so that no request is on its way any more.
    hands.drain(..).for_each(Hand::kill);
    println!("{} settled by a person", scene.settle().await);
    let _last = crew.hire_at_work();
    scene.all_ended().await;
    let laws = scene.judge().await;
    assert!(laws.counts.contains_key("ticked"));
    assert!(
        scene.outside.noted("refused") > 0,
        "no stale write was tried"
    );
    let page = Page::default();
    assert_eq!(
        scene
            .queue
            .schedules(Scope::Operator, page)
            .await
            .unwrap()
            .len(),
        1
    );
}

/// Which of the processes is the keeper.
async fn keeper(scene: &Scene, hands: &[Hand]) -> Option<usize> {
    #[derive(diesel::QueryableByName)]
    struct Pid {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        pid: i64,
    }
    let sql = "SELECT w.pid AS pid FROM queue_workers w JOIN queue_leases l ON l.holder = w.id";
    let query = diesel::sql_query(sql);
    let mut db = scene.queue.pool().get().await.unwrap();
    let found: Result<Pid, _> =
        db::on!(&mut *db, conn => diesel_async::RunQueryDsl::get_result(query, conn).await);
    let pid = found.ok()?.pid;
    hands.iter().position(|hand| i64::from(hand.pid()) == pid)
}
