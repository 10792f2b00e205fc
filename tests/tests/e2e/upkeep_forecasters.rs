//! Forecasters that are looked after by themselves: held against the days that came since, trained anew, judged
//! on weeks that nobody learned from, promoted, and rolled back when they do worse.

use std::fmt::Write as _;

use chrono::{Days, NaiveDate, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use support::client::Client;
use support::dice::Dice;
use support::site::Site;

use crate::forecasters::{asked, imported, predicted, refreshed};
use crate::upkeep::{Tended, client_finished};

on_both_databases! {
    a_forecaster_is_trained_anew_and_promoted_by_itself
}

const MODEL: &str = "/v1/analytics/models/daily";
const TRACKS: u32 = 16;
/// Days between two looks: eight weeks.
const APART: u64 = 56;

/// The newest day of all. It stays the same, as what is learned goes by the day of the week.
fn newest() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 10, 31).unwrap()
}

/// Days of all tracks: by the week, or nothing but noise.
fn days(from: NaiveDate, to: NaiveDate, by_week: bool) -> String {
    let mut csv = "date,metric,source,track,value\n".to_owned();
    for track in 0..TRACKS {
        let mut dice = Dice(u64::from(track) + 1);
        let level = 200.0 * f64::from(track + 1);
        for date in from.iter_days().take_while(|date| *date <= to) {
            let weekday = date.format("%u").to_string();
            let noise = dice.unit();
            let value = match (by_week, weekday.as_str()) {
                (false, _) => level * (2.5 * noise).exp(),
                (true, "6" | "7") => level * (2.4 + 0.2 * noise),
                (true, "1") => level * (0.4 + 0.1 * noise),
                (true, _) => level * (1.0 + 0.1 * noise),
            };
            let value = value.round();
            writeln!(csv, "{date},streams,spotify,T{track},{value}").unwrap();
        }
    }
    csv
}

/// Trains on a file that was not the right one, and has the right one in its place: the first version.
async fn trained_on_noise(client: &Client, from: NaiveDate, to: NaiveDate) -> String {
    imported(client, days(from, to, false)).await;
    let version = trained(client).await;
    let request = client.request(Method::DELETE, "/v1/metrics");
    client.send(request).await.expect(200);
    imported(client, days(from, to, true)).await;
    version
}

async fn trained(client: &Client) -> String {
    let job = client.finished(&asked(client).await).await;
    let version = job.output.unwrap()["version"].as_str().map(str::to_owned);
    version.unwrap()
}

/// The version that the newest analytics asked first, whether it speaks or was passed over.
async fn asked_first(client: &Client) -> Value {
    refreshed(client).await;
    let method = predicted(client).await["method"].clone();
    let of = |how: &str| method[how].get("version").cloned();
    of("model").or(of("passed")).unwrap_or_default()
}

async fn promote(client: &Client, version: &str) {
    let path = format!("{MODEL}/promote");
    let wish = json!({ "version": version });
    client.post(&path, &wish).await.expect(200);
}

async fn a_forecaster_is_trained_anew_and_promoted_by_itself(site: Site) {
    let (mut program, client) = site.up().await;
    // The last day that is known at each of three looks.
    let known = |look: u64| newest() - Days::new(APART * (2 - look));
    let first = trained_on_noise(&client, known(0) - Days::new(99), known(0)).await;
    let tended = Tended::of(&site, client.clone(), MODEL, json!({})).await;
    assert_eq!(tended.watched().await.0, "nothing");
    assert_eq!(tended.checks().await[0]["because"], "too_few_rows");

    // It does worse beside the statistical methods than it did.
    imported(&client, days(known(0) + Days::new(1), known(1), true)).await;
    let (decision, training) = tended.watched().await;
    let looked = tended.checks().await;
    let check = looked
        .iter()
        .find(|check| check["kind"] == "watch")
        .unwrap();
    assert_eq!(
        (decision.as_str(), &check["because"]),
        ("retrain", &json!("error_rose")),
        "{check}"
    );
    let error = &check["evidence"]["error"];
    assert_eq!(
        (&error["rows"], &error["series"], &error["weeks"]),
        (&json!(128), &json!(16), &json!(8)),
        "{check}"
    );
    // Until another is better, the methods forecast in its place.
    refreshed(&client).await;
    let method = predicted(&client).await["method"].clone();
    assert_eq!(
        method["passed"],
        json!({ "name": "daily", "version": first, "code": "worse_lately" })
    );
    let trained = client_finished(&tended, training.as_deref()).await;
    assert_eq!(trained.kind, "train_forecaster");
    let output = trained.output.unwrap();
    assert_eq!(output["alias"], "challenger");
    // Of days that the challenger has not seen there are none yet.
    let second = tended.jobs("judge_challenger").await.remove(0);
    let judged = client.finished(&second.id).await.output.unwrap();
    assert_eq!(judged["decision"], "wait");
    assert_eq!(tended.watched().await.0, "nothing");
    assert_eq!(tended.checks().await[0]["because"], "under_way");

    // It is better on days that came since, and analytics are forecast anew.
    imported(&client, days(known(1) + Days::new(1), known(2), true)).await;
    let (decision, judge) = tended.watched().await;
    assert_eq!(decision, "judge");
    let judged = client_finished(&tended, judge.as_deref()).await;
    let check = tended.checks().await[0].clone();
    assert_eq!(judged.output.unwrap()["decision"], "promote", "{check}");
    let compared = &check["evidence"]["compared"];
    assert_eq!(
        (&check["because"], &compared["rows"], &check["compared"]),
        (&json!("better"), &json!(128), &json!(128)),
        "{check}"
    );
    assert!(compared["loss"]["low"].as_f64().unwrap() > 0.0, "{check}");
    let model = tended.model().await;
    assert_eq!(
        (&model["champion"], &model["moves"][0]["act"]),
        (&output["version"], &json!("promoted"))
    );
    assert_eq!(asked_first(&client).await, output["version"]);
    let shown = client.get(&format!("{MODEL}/upkeep")).await.expect(200);
    let shown: Value = shown.json();
    assert_eq!(
        (&shown["rows"], &shown["policy"]["least_outcomes"]),
        (&json!(0), &json!(100))
    );
    program.is_well();
}

/// On the embedded database alone, whose time is that of the program: what counts is what came since the
/// champion took its place, and that takes weeks.
#[tokio::test(flavor = "multi_thread")]
async fn a_forecaster_that_does_worse_than_the_one_before_is_rolled_back() {
    let (site, clock) = Site::sqlite().with_wall_clock();
    // At noon of the day after.
    let set = |known: NaiveDate| {
        let noon = known.and_hms_opt(12, 0, 0).unwrap().and_utc() + Days::new(1);
        clock.set((noon - Utc::now()).num_seconds());
    };
    let known = newest() - Days::new(APART);
    set(known);
    let (program, client) = site.up().await;
    let worse = trained_on_noise(&client, known - Days::new(99), known).await;
    let better = trained(&client).await;
    let tended = Tended::of(&site, client.clone(), MODEL, json!({})).await;
    // Somebody brings the first back, for no good reason.
    promote(&client, &better).await;
    promote(&client, &worse).await;
    program.stop().await;

    set(newest());
    let operator = site.operator("otto").await;
    let (mut program, client) = site.up().await;
    let tended = tended.at(&client, &operator);
    imported(&client, days(known + Days::new(1), newest(), true)).await;
    let (decision, back) = tended.watched().await;
    assert_eq!(decision, "roll_back", "{:?}", tended.checks().await[0]);
    let rolled = client_finished(&tended, back.as_deref()).await;
    assert_eq!(rolled.output.unwrap()["decision"], "roll_back");
    let check = tended.checks().await[0].clone();
    assert_eq!(
        (&check["because"], &check["kind"]),
        (&json!("one_before_is_better"), &json!("rollback"))
    );
    assert_eq!(tended.champion().await, better);
    assert_eq!(asked_first(&client).await, json!(better));
    program.is_well();
}
