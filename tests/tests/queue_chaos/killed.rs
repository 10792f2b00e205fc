//! SIGKILL at random moments, while jobs keep coming.

use std::time::Duration;

use support::chaos::{Deed, Kind};
use support::dice::Dice;

use crate::scene::Scene;

const SEED: u64 = 20_261_123;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_postgres_survive_a_hundred_and_forty_kills() {
    kills(Scene::postgres().await, 4, 140).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_sqlite_survive_sixty_kills() {
    kills(Scene::sqlite().await, 2, 60).await;
}

async fn kills(mut scene: Scene, processes: usize, kills: usize) {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let crew = scene.crew();
    let mut hands: Vec<_> = (0..processes).map(|_| crew.hire_at_work()).collect();
    for _ in 0..kills {
        for _ in 0..dice.below(8) {
            let kind = match dice.below(4) {
                0 => Kind::Nothing,
                _ => Kind::Everything,
            };
            // The writer may be busy: then it was not accepted, and that is an answer too.
            if let Err(error) = scene.try_enqueue(&Deed { kind }).await {
                assert!(error.is_transient(), "{error}");
            }
        }
        let moment = Duration::from_millis(dice.below(60) as u64);
        tokio::time::sleep(moment).await;
        let at = dice.below(hands.len());
        hands.remove(at).kill();
        // Mostly one that has begun nothing yet would be killed otherwise.
        hands.push(if dice.percent(50) {
            crew.hire_at_work()
        } else {
            crew.hire()
        });
    }
    scene.all_ended().await;
    println!("{kills} kills");
    let laws = scene.judge().await;
    assert!(
        laws.counts.contains_key("ended lease_lost"),
        "nobody died at work"
    );
}
