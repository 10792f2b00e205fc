//! SIGTERM in the middle of a long body.

use std::time::Duration;

use queue::{Ended, Scope, State};
use support::chaos::Kind;

use crate::scene::Scene;

on_both! {
    a_long_body_is_handed_back_with_its_checkpoint_and_goes_on_elsewhere,
}

async fn a_long_body_is_handed_back_with_its_checkpoint_and_goes_on_elsewhere(mut scene: Scene) {
    let crew = scene.crew();
    let mut first = crew.hire_at_work();
    let id = scene.enqueue(Kind::Steps).await;
    let job = || async { scene.queue.job(Scope::Operator, id).await.unwrap().unwrap() };
    while job().await.state != State::Running {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    let _second = crew.hire_at_work();
    first.terminate();
    while !first.has_ended() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    scene.all_ended().await;
    let attempts = scene.queue.attempts(Scope::Operator, id).await.unwrap();
    assert_eq!(attempts[0].ended, Ended::Released);
    let job = job().await;
    assert_eq!(job.attempt, 1, "what was handed back is not counted");
    let output = job.output.unwrap();
    assert!(output["resumed_from"].as_u64().unwrap() > 0, "{output}");
    assert_eq!(scene.outside.noted("resumed"), 1);
    scene.judge().await;
}
