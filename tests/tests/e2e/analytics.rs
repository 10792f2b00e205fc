//! Analytics: what metrics say, answered from what a job has computed.

use chrono::NaiveDate;
use reqwest::Method;
use serde_json::{Value, json};
use support::client::Client;
use support::site::Site;

on_both_databases! {
    every_answer_comes_with_its_evidence
    an_artist_without_metrics_is_told_nothing
    a_killed_refresh_is_done_again
}

const KINDS: [&str; 6] = [
    "forecast-revenue",
    "detect-anomalies",
    "milestones",
    "career-growth",
    "insights",
    "release-strategy",
];

async fn answer(client: &Client, path: &str) -> Value {
    let path = format!("/v1/analytics/{path}");
    client.get(&path).await.expect(200).json()
}

/// 300 days of streams of two tracks, one with a spike, of revenue and followers.
fn csv() -> String {
    let mut csv = "date,metric,source,track,value\n".to_owned();
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    for (at, date) in (0..300_u32).zip(first.iter_days()) {
        let noise = f64::from(at * 7919 % 101) / 1000.0 + 0.95;
        let friday = if at % 7 == 4 { 1.5 } else { 1.0 };
        let spike = if at == 290 { 9.0 } else { 1.0 };
        let streams = 1000.0 * friday * noise;
        for (metric, track, value) in [
            ("streams", "A", streams * spike),
            ("streams", "B", streams / 2.0),
            ("revenue_minor_eur", "", 300.0 * friday * noise),
            ("followers", "", 800.0 + f64::from(at)),
        ] {
            let row = format!("{date},{metric},spotify,{track},{}\n", value.round());
            csv.push_str(&row);
        }
    }
    csv
}

/// Imports the file and waits until no refresh is left to do.
async fn refreshed(client: &Client) -> String {
    let request = client.request(Method::POST, "/v1/metrics/imports");
    let import: Value = client.send(request.body(csv())).await.expect(202).json();
    let job = client.finished(import["job_id"].as_str().unwrap()).await;
    assert_eq!(job.state, "done");
    let jobs: Value = client
        .get("/v1/jobs?kind=refresh_analytics")
        .await
        .expect(200)
        .json();
    let id = jobs["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(client.finished(&id).await.state, "done");
    id
}

async fn every_answer_comes_with_its_evidence(site: Site) {
    let (mut program, client) = site.up().await;
    let job = refreshed(&client).await;
    for kind in KINDS {
        let told = answer(&client, kind).await;
        assert_eq!(
            (&told["status"], &told["job_id"]),
            (&json!("ready"), &json!(job)),
            "{kind}: {told}"
        );
        assert!(
            told["computed_at"].is_string() && told["missing"] == json!([]),
            "{kind}"
        );
    }
    let told = answer(
        &client,
        "predict-metric?metric=streams&source=spotify&track=A&horizon=14",
    )
    .await;
    let result = &told["result"];
    assert_eq!(result["days"].as_array().map(Vec::len), Some(14));
    for one in result["days"].as_array().unwrap() {
        let [low, expected, high] =
            ["low", "expected", "high"].map(|name| one[name].as_f64().unwrap());
        assert!(low <= expected && expected <= high, "{one}");
    }
    assert!(result["method"]["version"].is_u64() && result["window"]["first"] == "2025-01-01");
    for figure in ["mase", "mase_of_last_week_again", "coverage_80", "origins"] {
        assert!(result["held_out"][figure].is_number(), "{figure}: {result}");
    }
    assert_eq!(
        result["series"],
        json!({"metric": "streams", "source": "spotify", "track": "A"})
    );
    let total = answer(&client, "predict-metric?metric=streams").await;
    assert_eq!(total["result"]["days"].as_array().map(Vec::len), Some(28));
    let far = answer(&client, "predict-metric?metric=streams&horizon=90").await;
    assert_eq!(
        (&far["status"], &far["result"]),
        (&json!("not_enough_data"), &Value::Null)
    );
    assert_eq!(far["missing"][0]["needed"], 90);
    let unknown = answer(&client, "predict-metric?metric=streams&source=nowhere").await;
    assert_eq!(unknown["status"], "not_computed");
    let refused = client
        .get("/v1/analytics/predict-metric?metric=streams&horizon=91")
        .await;
    assert_eq!(
        (refused.problem(422).as_str(), refused.field().as_str()),
        ("out_of_range", "horizon")
    );

    let revenue = answer(&client, "forecast-revenue").await["result"]["currencies"][0].clone();
    assert_eq!(revenue["currency"], "eur");
    let sums = revenue["periods"][0]["scenarios"]
        .as_array()
        .unwrap()
        .iter();
    let sums: Vec<_> = sums
        .map(|one| one["total_minor"].as_i64().unwrap())
        .collect();
    assert!(
        sums.len() == 3 && sums.is_sorted() && sums[0] > 0,
        "{revenue}"
    );
    assert!(
        revenue["held_out"]["coverage_80_of_end"].is_number(),
        "{revenue}"
    );

    let anomalies = answer(&client, "detect-anomalies").await["result"].clone();
    let spike = anomalies["found"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["track"] == "A")
        .unwrap();
    assert_eq!(spike["date"], "2025-10-18");
    assert!(spike["deviation"].as_f64().unwrap() > 5000.0, "{spike}");

    let milestones = answer(&client, "milestones").await["result"]["series"].clone();
    let followers = milestones
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["metric"] == "followers")
        .unwrap();
    assert_eq!(
        (&followers["now"], &followers["ahead"][0]["target"]),
        (&json!(1099.0), &json!(2000.0))
    );
    let strategy = answer(&client, "release-strategy").await["result"].clone();
    assert_eq!(strategy["hour"]["status"], "not_enough_data");
    program.is_well();
}

async fn an_artist_without_metrics_is_told_nothing(site: Site) {
    let (_program, first) = site.up().await;
    let (_, token) = site.artist("Second Artist").await;
    let second = first.with_token(&token);
    refreshed(&first).await;
    for kind in KINDS
        .iter()
        .copied()
        .chain(["predict-metric?metric=streams"])
    {
        let told = answer(&second, kind).await;
        assert_eq!(
            (&told["status"], &told["result"], &told["job_id"]),
            (&json!("not_computed"), &Value::Null, &Value::Null),
            "{kind}"
        );
    }
    let jobs: Value = second.get("/v1/jobs").await.expect(200).json();
    assert_eq!(jobs["items"], json!([]));
    // One day says nothing either, and is told so.
    let row = json!({"date": "2026-01-01", "metric": "streams", "source": "x", "value": 1});
    let request = second
        .request(Method::PUT, "/v1/metrics")
        .json(&json!({ "rows": [row] }));
    let put: Value = second.send(request).await.expect(200).json();
    assert_eq!(
        second.finished(put["job_id"].as_str().unwrap()).await.state,
        "done"
    );
    let told = answer(&second, "career-growth").await;
    assert_eq!(
        (&told["status"], &told["missing"][0]["there"]),
        (&json!("not_enough_data"), &json!(0))
    );
    assert_eq!(answer(&first, "career-growth").await["status"], "ready");
}

async fn a_killed_refresh_is_done_again(site: Site) {
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let request = client.request(Method::POST, "/v1/metrics/imports");
    let import: Value = client.send(request.body(csv())).await.expect(202).json();
    assert_eq!(
        client
            .finished(import["job_id"].as_str().unwrap())
            .await
            .state,
        "done"
    );
    // At whatever it is doing.
    program.kill();
    let (mut program, client) = site.up().await;
    let jobs: Value = client
        .get("/v1/jobs?kind=refresh_analytics")
        .await
        .expect(200)
        .json();
    let items = jobs["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(
        client
            .finished(items[0]["id"].as_str().unwrap())
            .await
            .state,
        "done"
    );
    assert_eq!(answer(&client, "milestones").await["status"], "ready");
    program.is_well();
}
