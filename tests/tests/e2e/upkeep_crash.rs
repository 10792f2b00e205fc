//! `kill -9` while a model is looked after: the champion answers whenever the program is up, and no step is done
//! twice.

use std::time::Duration;

use serde_json::{Value, json};
use support::dice::Dice;
use support::listeners::{Mood, asked};
use support::site::Site;

use crate::upkeep::{MODEL, Tended};

on_both_databases! {
    no_step_is_done_twice_however_often_it_is_killed
}

const SEED: u64 = 20_261_129;
const KILLS: usize = 8;

async fn no_step_is_done_twice_however_often_it_is_killed(site: Site) {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let tended = Tended::new(&site, client).await;
    let operator = site.operator("otto").await;
    let first = tended.champion().await;
    tended.live(Mood::Turned, 900, 41).await;
    let watch = tended.trigger().await;
    program.kill();
    for kill in 0..KILLS {
        let (program, client) = site.up().await;
        let question = json!({ "model": "fans", "rows": asked() });
        let answer = client.post("/v1/analytics/predict-churn", &question).await;
        let answer: Value = answer.expect(200).json();
        let whole: Value = client.get(MODEL).await.expect(200).json();
        assert!([&whole["champion"], &json!(first)].contains(&&answer["version"]));
        let moment = Duration::from_millis(dice.below(1500) as u64);
        tokio::time::sleep(moment).await;
        program.kill();
        println!("kill {kill} after {moment:?}");
    }

    let (mut program, client) = site.up().await;
    let tended = tended.at(&client, &operator);
    let watched = tended.client.finished(&watch).await;
    // One that was killed at each of its attempts is dead, and so is what needed it; else all is done, once.
    let steps = ["watch_model", "train_churn_model", "judge_challenger"];
    let mut all_done = watched.state == "done";
    for kind in steps {
        for job in tended.jobs(kind).await {
            let ended = tended.client.finished(&job.id).await;
            all_done &= ended.state == "done";
            println!("{kind}: {} at attempt {}", ended.state, ended.attempt);
        }
    }
    assert!(
        all_done,
        "of five attempts at a job none got through eight kills"
    );
    let count = async |kind| tended.jobs(kind).await.len();
    // The first training was the artist's.
    assert_eq!(
        (
            count(steps[0]).await,
            count(steps[1]).await,
            count(steps[2]).await
        ),
        (1, 2, 1)
    );
    let checks = tended.checks().await;
    let told: Vec<_> = checks
        .iter()
        .map(|it| it["decision"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["promote", "retrain"]);
    let model = tended.model().await;
    let moves = model["moves"].as_array().unwrap();
    let acts: Vec<_> = moves.iter().map(|it| it["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["promoted", "trained", "trained"]);
    assert_eq!(model["versions"].as_array().unwrap().len(), 2);
    assert_ne!(model["champion"], json!(first));
    program.is_well();
}
