//! `kill -9` while a model is looked after: the champion answers whenever the program is up, and no step is done
//! twice.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use support::client::Job;
use support::dice::Dice;
use support::listeners::{Mood, asked};
use support::site::Site;

use crate::upkeep::Tended;

on_both_databases! {
    no_step_is_done_twice_however_often_it_is_killed
}

const SEED: u64 = 20_261_129;
/// Kills of each kind of job, of at most five attempts.
const KILLS: usize = 2;
const STEPS: [&str; 3] = ["watch_model", "train_churn_model", "judge_challenger"];

/// The first step that is not done, unless it waits for an earlier one.
async fn under_way(tended: &Tended) -> Option<Job> {
    for kind in STEPS {
        let jobs = tended.jobs(kind).await;
        if let Some(job) = jobs.into_iter().find(|job| !job.is_finished()) {
            return Some(job);
        }
    }
    None
}

async fn no_step_is_done_twice_however_often_it_is_killed(site: Site) {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let tended = Tended::new(&site, client).await;
    let operator = site.operator("otto").await;
    let first = tended.champion().await;
    for seed in 41..44 {
        tended.live(Mood::Turned, 900, seed).await;
    }
    let watch = tended.trigger().await;
    program.kill();
    // Kills that were aimed at a kind, and the attempt of each job that was met last.
    let mut aimed: BTreeMap<String, usize> = BTreeMap::new();
    let mut met: BTreeMap<String, i32> = BTreeMap::new();
    let (mut program, tended) = loop {
        let (program, client) = site.up().await;
        let tended = tended.at(&client, &operator);
        answers(&tended, &first).await;
        let Some(job) = under_way(&tended).await else {
            break (program, tended);
        };
        let aimed = aimed.entry(job.kind.clone()).or_default();
        if *aimed == KILLS {
            assert_eq!(tended.client.finished(&job.id).await.state, "done");
            program.kill();
            continue;
        }
        let last = met.get(&job.id).copied().unwrap_or_default();
        let mut events = tended.client.events(&job.id).await;
        let begun = |job: &Job| job.is_finished() || job.state == "running" && job.attempt > last;
        let begun = events.until("another attempt", begun).await;
        let moment = Duration::from_millis(dice.below(150) as u64);
        tokio::time::sleep(moment).await;
        program.kill();
        println!(
            "killed {moment:?} into attempt {} of {}",
            begun.attempt, job.kind
        );
        *aimed += usize::from(!begun.is_finished());
        met.insert(job.id, begun.attempt);
    };

    assert_eq!(tended.client.job(&watch).await.state, "done");
    let (mut attempts, mut counts) = (0, Vec::new());
    for kind in STEPS {
        let jobs = tended.jobs(kind).await;
        counts.push(jobs.len());
        for job in jobs {
            assert_eq!(job.state, "done", "{job:?}");
            attempts += job.attempt - 1;
        }
    }
    println!("{attempts} attempts were cut short");
    assert!(attempts > 0, "no kill met a job that ran");
    // The first training was the artist's.
    assert_eq!(counts, [1, 2, 1]);
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

/// The champion answers: the first, or the one that took its place by a move that is recorded.
async fn answers(tended: &Tended, first: &str) {
    let question = json!({ "model": "fans", "rows": asked() });
    let answer = tended
        .client
        .post("/v1/analytics/predict-churn", &question)
        .await;
    let answer: Value = answer.expect(200).json();
    let model = tended.model().await;
    let moves = model["moves"].as_array().unwrap();
    let promoted = moves.iter().find(|it| it["act"] == "promoted");
    let known = [Some(json!(first)), promoted.map(|it| it["to"].clone())];
    assert!(known.contains(&Some(answer["version"].clone())), "{model}");
}
