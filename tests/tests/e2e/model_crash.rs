//! `kill -9` while models are trained and promoted: the champion always serves, and no version is
//! ever seen that is not whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use support::client::Client;
use support::dice::Dice;
use support::listeners::{asked, csv};
use support::program::patiently;
use support::site::Site;

use crate::crash::goes_on;

on_both_databases! {
    the_champion_serves_through_fifty_kills_of_trainings_and_promotions
    a_training_that_was_killed_goes_on_behind_what_it_kept
}

const SEED: u64 = 20_261_128;
const KILLS: usize = 50;
/// Versions that are asked after each kill. In the end all of them are.
const NEWEST: usize = 6;
const MODEL: &str = "/v1/analytics/models/fans";
const PREDICT: &str = "/v1/analytics/predict-churn";

/// What every version answered when it was seen first, and what was heard of the champion.
#[derive(Default)]
struct Seen {
    answers: BTreeMap<String, Value>,
    /// The champion as it was answered last, and what was asked for since without an answer.
    champion: Option<String>,
    unanswered: Option<Wish>,
    promotions: usize,
}

#[derive(Clone, Debug)]
enum Wish {
    Promote(String),
    Rollback,
}

async fn the_champion_serves_through_fifty_kills_of_trainings_and_promotions(site: Site) {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let site = site.with_short_leases().with("workers.queues.insight", 2);
    let mut seen = Seen::default();
    let (program, client) = site.up().await;
    let mut datasets = Vec::new();
    for seed in 0..4 {
        datasets.push(client.dataset(&csv(400, seed)).await);
    }
    let mut jobs = vec![client.train("fans", &datasets[0], 1).await];
    assert_eq!(client.finished(&jobs[0]).await.state, "done");
    program.kill();

    for kill in 0..KILLS {
        let (program, client) = site.up().await;
        let whole = all_is_whole(&client, &mut seen, NEWEST).await;
        for _ in 0..dice.below(3) {
            let rows = &datasets[dice.below(datasets.len())];
            let number = u32::try_from(dice.below(1000)).unwrap();
            jobs.push(client.train("fans", rows, number).await);
        }
        let versions = versions(&whole);
        let mover = tokio::spawn(moves(client.clone(), versions, Dice(dice.bits())));
        let moment = Duration::from_millis(dice.below(700) as u64);
        tokio::time::sleep(moment).await;
        program.kill();
        let (champion, unanswered, promotions) = patiently("the mover", mover).await.unwrap();
        seen.champion = champion.or(seen.champion);
        seen.unanswered = unanswered;
        seen.promotions += promotions;
        println!(
            "kill {kill} after {moment:?}: {} versions",
            seen.answers.len()
        );
    }

    let (mut program, client) = site.up().await;
    let mut tried_again = 0;
    for job in &jobs {
        let job = client.finished(job).await;
        tried_again += usize::from(job.attempt > 1);
        // One that was killed at each of its attempts is dead, and rightly so.
        let code = job.error.map(|error| error.code);
        let unlucky = job.state == "dead" && code.as_deref() == Some("lease_lost");
        assert!(job.state == "done" || unlucky, "{} {code:?}", job.state);
    }
    let whole = all_is_whole(&client, &mut seen, usize::MAX).await;
    let versions = versions(&whole);
    println!(
        "{} trainings, {tried_again} tried again, {} versions, {} moves answered",
        jobs.len(),
        versions.len(),
        seen.promotions
    );
    assert!(tried_again > 0 && seen.promotions > 0 && versions.len() > 2);
    // Every version's bundle is there. What was put by attempts that died before their row was
    // written is named by nothing, and swept a day later.
    let bundles = site.objects("artists/");
    let bundles = bundles
        .iter()
        .filter(|key| key.ends_with(".bundle"))
        .count();
    assert!(
        (versions.len()..=versions.len() + KILLS).contains(&bundles),
        "{bundles}"
    );
    program.is_well();
}

fn versions(whole: &Value) -> Vec<String> {
    let versions = whole["versions"].as_array().unwrap().iter();
    versions
        .map(|it| it["version"].as_str().unwrap().to_owned())
        .collect()
}

/// Promotes and rolls back until nobody answers any more: the last champion that was answered, what
/// was asked for without an answer, and how many answers there were.
async fn moves(
    client: Client,
    versions: Vec<String>,
    mut dice: Dice,
) -> (Option<String>, Option<Wish>, usize) {
    let (mut champion, mut answers) = (None, 0);
    loop {
        let wish = match dice.pick(&versions) {
            Some(version) if dice.percent(70) => Wish::Promote(version.clone()),
            _ => Wish::Rollback,
        };
        let (path, body) = match &wish {
            Wish::Promote(version) => ("promote", json!({ "version": version })),
            Wish::Rollback => ("rollback", json!({})),
        };
        let request = client.request(reqwest::Method::POST, &format!("{MODEL}/{path}"));
        let Ok(answer) = request.json(&body).send().await else {
            return (champion, Some(wish), answers);
        };
        let status = answer.status().as_u16();
        let Ok(text) = answer.bytes().await else {
            return (champion, Some(wish), answers);
        };
        let said: Value = serde_json::from_slice(&text).unwrap();
        match status {
            200 => {
                answers += 1;
                champion = Some(said["champion"].as_str().unwrap().to_owned());
            }
            // The first version has none before it.
            409 => assert_eq!(said["code"], "no_previous_version", "{said}"),
            _ => panic!("{status} {said}"),
        }
    }
}

/// The champion answers, and so do so many of the newest versions, each as it did when it was seen first; and the
/// record of moves tells how the aliases came to be where they are.
async fn all_is_whole(client: &Client, seen: &mut Seen, newest: usize) -> Value {
    let whole: Value = client.get(MODEL).await.expect(200).json();
    let champion = whole["champion"].as_str().unwrap().to_owned();
    assert_eq!(judged(client, None).await["version"], json!(champion));
    for version in versions(&whole).into_iter().take(newest) {
        let found = judged(client, Some(&version)).await["predictions"].take();
        let known = seen.answers.entry(version).or_insert_with(|| found.clone());
        assert_eq!(*known, found);
    }
    match (&seen.champion, &seen.unanswered) {
        (Some(answered), None) => assert_eq!(champion, *answered),
        (Some(answered), Some(Wish::Promote(wanted))) => {
            assert!([answered, wanted].contains(&&champion), "{champion}");
        }
        _ => {}
    }
    seen.champion = Some(champion);
    seen.unanswered = None;
    history_is_whole(&whole);
    whole
}

fn history_is_whole(whole: &Value) {
    let known: BTreeSet<String> = versions(whole).into_iter().collect();
    for alias in ["champion", "challenger"] {
        let moves = whole["moves"].as_array().unwrap();
        let moves: Vec<_> = moves.iter().filter(|it| it["alias"] == alias).collect();
        if let Some(newest) = moves.first() {
            assert_eq!(newest["to"], whole[alias], "{alias}");
        }
        for pair in moves.windows(2) {
            assert_eq!(pair[0]["from"], pair[1]["to"], "{alias}");
        }
        if let Some(version) = whole[alias].as_str() {
            assert!(known.contains(version) || known.len() == 100);
        }
    }
}

async fn judged(client: &Client, version: Option<&str>) -> Value {
    let question = json!({ "model": "fans", "version": version, "rows": asked() });
    client.post(PREDICT, &question).await.expect(200).json()
}

async fn a_training_that_was_killed_goes_on_behind_what_it_kept(site: Site) {
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let dataset = client.dataset(&csv(20_000, 5)).await;
    let job = client.train("fans", &dataset, 1).await;
    // Something is kept after the first 25 trees of at most 600 of the first of three parts.
    let line = "going on behind an earlier attempt";
    let (mut program, client) = goes_on(&site, (program, client), (&job, 0.03), line).await;
    // Going on or not, the trees are the same.
    let first = judged(&client, None).await;
    let whole = client.train("fans", &dataset, 1).await;
    let whole = client.finished(&whole).await.output.unwrap();
    let second = judged(&client, whole["version"].as_str()).await;
    assert_eq!(first["predictions"], second["predictions"]);
    assert_eq!(first["metadata"]["data"], second["metadata"]["data"]);
    program.is_well();
}
