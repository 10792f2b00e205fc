//! A job that kills its process.

use std::time::Duration;

use queue::State;
use support::chaos::{Kind, Poison};

use crate::scene::Scene;

on_both! {
    a_job_that_kills_its_process_ends_dead_and_the_others_are_done,
}

async fn a_job_that_kills_its_process_ends_dead_and_the_others_are_done(mut scene: Scene) {
    let crew = scene.crew();
    scene.enqueue_many(Kind::Everything, 20).await;
    let poison = scene.try_enqueue(&Poison {}).await.unwrap();
    scene.accepted.remove(&poison);
    scene.enqueue_many(Kind::Everything, 20).await;
    let mut hands = vec![crew.hire(), crew.hire()];
    let mut deaths = 0;
    while scene.unfinished().await > 0 {
        for hand in &mut hands {
            if hand.has_ended() {
                deaths += 1;
                *hand = crew.hire();
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let dead = scene.jobs_in(State::Dead).await;
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].id, dead[0].attempt), (poison, 3));
    assert_eq!(dead[0].error.as_ref().unwrap().code, "lease_lost");
    assert_eq!(deaths, 3);
    scene.judge().await;
}
