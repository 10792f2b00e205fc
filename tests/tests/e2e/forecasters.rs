//! Forecasters that learn from an artist's own metrics: trained by jobs, used where they are better,
//! and passed over, with a word, where they can't serve.

use std::fmt::Write as _;

use chrono::NaiveDate;
use reqwest::Method;
use serde_json::{Value, json};
use support::client::Client;
use support::dice::Dice;
use support::site::Site;

use crate::crash::goes_on;

on_both_databases! {
    a_forecaster_is_trained_and_analytics_are_made_by_it_where_it_is_better
    what_can_not_be_trained_is_refused_with_what_is_missing
    a_training_of_a_forecaster_that_was_killed_goes_on
}

const MODEL: &str = "/v1/analytics/models/daily";
const PREDICT: &str =
    "/v1/analytics/predict-metric?metric=streams&source=spotify&track=T3&horizon=7";

/// Tracks that were released at different times and all fade alike, by the week and with noise.
pub fn csv(tracks: u32, days: u32) -> String {
    let mut csv = "date,metric,source,track,value\n".to_owned();
    let first = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    let mut dice = Dice(9);
    for track in 0..tracks {
        let level = 200.0 * (1.0 + (20.0 * dice.unit()).floor());
        let half = f64::from(15 + 5 * (track % 5));
        for (at, date) in (0..days).zip(first.iter_days()) {
            let week = if at % 7 > 4 { 1.4 } else { 0.9 };
            let fading = 0.1 + (-f64::from((at + 40 * track) % 160) / half).exp();
            let noise = 0.9 + 0.2 * dice.unit();
            let value = (level * week * fading * noise).round();
            writeln!(csv, "{date},streams,spotify,T{track},{value}").unwrap();
        }
    }
    csv
}

/// Imports a file and waits for the refresh: its job.
pub async fn imported(client: &Client, csv: String) -> String {
    let request = client.request(Method::POST, "/v1/metrics/imports");
    let import: Value = client.send(request.body(csv)).await.expect(202).json();
    let job = client.finished(import["job_id"].as_str().unwrap()).await;
    assert_eq!(job.state, "done");
    refreshed(client).await
}

/// Waits for the newest refresh: its job.
pub async fn refreshed(client: &Client) -> String {
    let path = "/v1/jobs?kind=refresh_analytics";
    let jobs: Value = client.get(path).await.expect(200).json();
    let id = jobs["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(client.finished(&id).await.state, "done");
    id
}

/// Changes one value, which asks for a refresh, and waits for that.
async fn touched(client: &Client, value: u32) -> String {
    let row = json!({"date": "2026-01-05", "metric": "streams", "source": "spotify", "track": "T0", "value": value});
    let request = client.request(Method::PUT, "/v1/metrics");
    let request = request.json(&json!({ "rows": [row] }));
    client.send(request).await.expect(200);
    refreshed(client).await
}

pub async fn asked(client: &Client) -> String {
    let wish = json!({ "model": "daily", "task": "forecast" });
    let accepted = client.post("/v1/analytics/models", &wish).await.expect(202);
    let training: Value = accepted.json();
    assert_eq!(
        (&training["task"], &training["dataset_id"]),
        (&json!("forecast"), &Value::Null)
    );
    training["job_id"].as_str().unwrap().to_owned()
}

async fn model(client: &Client) -> Value {
    client.get(MODEL).await.expect(200).json()
}

pub async fn predicted(client: &Client) -> Value {
    let told: Value = client.get(PREDICT).await.expect(200).json();
    assert_eq!(told["status"], "ready", "{told}");
    told["result"].clone()
}

async fn a_forecaster_is_trained_and_analytics_are_made_by_it_where_it_is_better(site: Site) {
    let (program, client) = site.up().await;
    imported(&client, csv(20, 160)).await;
    let statistical = predicted(&client).await;
    assert!(statistical["method"].get("model").is_none());
    let job = client.finished(&asked(&client).await).await;
    assert_eq!(
        (job.state.as_str(), job.kind.as_str(), job.queue.as_str()),
        ("done", "train_forecaster", "insight"),
        "{job:?}"
    );
    let output = job.output.unwrap();
    assert_eq!(output["alias"], "champion");
    let shown = model(&client).await;
    assert_eq!(
        (&shown["task"], &shown["champion"]),
        (&json!("forecast"), &output["version"])
    );
    let metadata = &shown["versions"][0]["metadata"];
    assert_eq!(
        (
            &metadata["data"]["from"],
            &metadata["data"]["to"],
            &metadata["data"]["rows"]
        ),
        (&json!("2026-01-05"), &json!("2026-06-13"), &json!(20))
    );
    let figures = &metadata["metrics"];
    println!("{figures}");
    assert!(figures["coverage_80"].as_f64().unwrap() > 0.5, "{figures}");
    assert!(
        figures["owa"].as_f64() < figures["owa_of_statistical"].as_f64(),
        "{figures}"
    );

    // The first champion asked for a refresh by itself.
    refreshed(&client).await;
    let own = predicted(&client).await;
    assert_eq!(
        own["method"]["model"],
        json!({ "name": "daily", "version": output["version"] })
    );
    let short: f64 = format!("{:.6e}", figures["owa"].as_f64().unwrap())
        .parse()
        .unwrap();
    assert_eq!(own["held_out"]["owa"], json!(short));
    assert_ne!(own["days"], statistical["days"]);
    for day in own["days"].as_array().unwrap() {
        let [low, expected, high] =
            ["low", "expected", "high"].map(|name| day[name].as_f64().unwrap());
        assert!(low <= expected && expected <= high, "{day}");
    }

    // Another champion speaks as soon as it is one.
    let wish = json!({ "model": "daily", "task": "forecast", "seed": 2 });
    let accepted = client.post("/v1/analytics/models", &wish).await.expect(202);
    let training: Value = accepted.json();
    let job = client.finished(training["job_id"].as_str().unwrap()).await;
    let other = job.output.unwrap();
    assert_eq!(other["alias"], "challenger");
    let promote = format!("{MODEL}/promote");
    let wish = json!({ "version": other["version"] });
    client.post(&promote, &wish).await.expect(200);
    refreshed(&client).await;
    assert_eq!(
        predicted(&client).await["method"]["model"]["version"],
        other["version"]
    );
    let rollback = format!("{MODEL}/rollback");
    client.post(&rollback, &json!({})).await.expect(200);
    refreshed(&client).await;

    // A champion whose bytes were damaged forecasts nothing, and stops nothing.
    program.kill();
    for key in site.objects("artists/") {
        if key.ends_with(".bundle") {
            let path = site.data().join("objects").join(key);
            let mut bytes = std::fs::read(&path).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let (mut program, client) = site.up().await;
    let refresh = touched(&client, 4001).await;
    let without = predicted(&client).await;
    assert!(without["method"].get("model").is_none());
    assert_eq!(
        without["method"]["passed"],
        json!({ "name": "daily", "version": output["version"], "code": "model_damaged" })
    );
    assert!(without["held_out"]["mase"].is_number());
    let story = site.run(&["jobs", "show", &refresh, "--json"]).await.well();
    assert!(story.contains("can't serve (model_damaged)"), "{story}");
    program.is_well();
}

async fn what_can_not_be_trained_is_refused_with_what_is_missing(site: Site) {
    let (mut program, client) = site.up().await;
    imported(&client, csv(5, 90)).await;
    let job = client.finished(&asked(&client).await).await;
    let error = job.error.unwrap();
    assert_eq!(
        (job.state.as_str(), error.code.as_str()),
        ("dead", "not_enough_data")
    );
    assert!(
        error.message.contains("16 series of at least 84 days")
            && error.message.contains("there are 5"),
        "{}",
        error.message
    );
    assert!(site.unfinished_files().is_empty());

    let dataset = client.dataset(&support::listeners::csv(300, 1)).await;
    for (wish, code, field) in [
        (
            json!({ "model": "fans", "task": "forecast", "dataset_id": dataset }),
            "invalid_field",
            "dataset_id",
        ),
        (json!({ "model": "fans" }), "missing_field", "dataset_id"),
        // A model is for one thing for ever.
        (
            json!({ "model": "daily", "dataset_id": dataset }),
            "invalid_field",
            "model",
        ),
    ] {
        let refused = client.post("/v1/analytics/models", &wish).await;
        assert_eq!(
            (refused.problem(422).as_str(), refused.field().as_str()),
            (code, field),
            "{wish}"
        );
    }
    program.is_well();
}

async fn a_training_of_a_forecaster_that_was_killed_goes_on(site: Site) {
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    imported(&client, csv(18, 120)).await;
    let job = asked(&client).await;
    // The trial's last state is kept before this.
    let line = "going on behind an earlier attempt";
    let (mut program, client) = goes_on(&site, (program, client), (&job, 0.54), line).await;
    // Going on or not, it learns the same.
    let again = client.finished(&asked(&client).await).await.output.unwrap();
    assert_eq!(again["alias"], "challenger");
    let versions = model(&client).await["versions"].clone();
    for part in ["metrics", "data"] {
        assert_eq!(
            versions[0]["metadata"][part], versions[1]["metadata"][part],
            "{part}"
        );
    }
    program.is_well();
}
