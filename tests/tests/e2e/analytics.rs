//! Analytics: what metrics say, answered from what a job has computed.

use chrono::NaiveDate;
use reqwest::Method;
use serde_json::{Value, json};
use support::client::Client;
use support::site::Site;

use crate::forecasters::imported;

on_both_databases! {
    every_answer_comes_with_its_evidence
    an_artist_without_metrics_is_told_nothing
    a_killed_refresh_is_done_again
    results_of_another_day_are_refreshed_once_a_day
    an_audience_has_segments_where_they_are_there
    tracks_that_were_analysed_are_found_in_metrics_by_id_and_isrc
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

/// Imports the file and waits for the refresh: its job.
async fn refreshed(client: &Client) -> String {
    imported(client, csv()).await
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

/// Ends the newest schedule's job that `schedules trigger` makes: how many artists get a refresh.
async fn triggered(site: &Site, schedule: &str) -> Value {
    let since = site
        .run(&["jobs", "ls", "--kind", KIND, "--json"])
        .await
        .well();
    site.run(&["schedules", "trigger", schedule]).await.well();
    loop {
        let jobs = site
            .run(&["jobs", "ls", "--kind", KIND, "--json"])
            .await
            .well();
        let newest = jobs.lines().next().unwrap_or_default().to_owned();
        if jobs.lines().count() > since.lines().count() {
            let job: Value = serde_json::from_str(&newest).unwrap();
            if job["state"] == "done" {
                return job["output"]["artists"].clone();
            }
            assert_ne!(job["state"], "dead", "{job}");
        }
    }
}

const KIND: &str = "refresh_stale_analytics";

async fn results_of_another_day_are_refreshed_once_a_day(site: Site) {
    let site = site.with("analytics.refresh_spread_minutes", 0);
    let (program, client) = site.up().await;
    let job = refreshed(&client).await;
    let listed = site.run(&["schedules", "ls", "--json"]).await.well();
    let schedule: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!(
        (
            &schedule["name"],
            &schedule["cron"],
            &schedule["zone"],
            &schedule["catch_up"]
        ),
        (
            &json!("refresh-analytics"),
            &json!("17 3 * * *"),
            &json!("UTC"),
            &json!("latest")
        )
    );
    let id = schedule["id"].as_str().unwrap();
    assert_eq!(triggered(&site, id).await, 0, "they are of today");

    // What was computed yesterday, as far as the rows say.
    let url = site.database_url();
    let pool = db::Pool::connect(&url, db::PoolOptions::default())
        .await
        .unwrap();
    let artist = models::ArtistId(uuid::Uuid::from_u128(1));
    let aged = pool.tx::<_, db::DbError, _>(move |db| {
        Box::pin(async move {
            models::metrics::lock(db, artist).await?;
            let now = chrono::Utc::now().timestamp_micros();
            let number = models::analytics::begin(db, artist, db::Time::from_micros(now)).await?;
            let yesterday = db::Time::from_micros(now - 86_400_000_000);
            let by = uuid::Uuid::nil().into();
            models::analytics::keep(db, artist, number, Vec::new(), yesterday, by).await
        })
    });
    assert!(aged.await.unwrap());
    assert_eq!(
        answer(&client, "milestones").await["status"],
        "not_computed"
    );
    assert_eq!(triggered(&site, id).await, 1);
    let jobs: Value = client
        .get("/v1/jobs?kind=refresh_analytics")
        .await
        .expect(200)
        .json();
    let newest = jobs["items"][0]["id"].as_str().unwrap().to_owned();
    assert_ne!(newest, job);
    assert_eq!(client.finished(&newest).await.state, "done");
    assert_eq!(answer(&client, "milestones").await["status"], "ready");
    assert_eq!(triggered(&site, id).await, 0, "once a day");
    // What operators paused stays paused when programs start.
    site.run(&["schedules", "pause", id]).await.well();
    program.kill();
    let (mut program, _client) = site.up().await;
    let shown = site.run(&["schedules", "show", id, "--json"]).await.well();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert!(
        shown["paused_at"].is_string() && shown["next_at"].is_null(),
        "{shown}"
    );
    program.is_well();
}

async fn an_audience_has_segments_where_they_are_there(site: Site) {
    let (mut program, client) = site.up().await;
    let mut csv = "date,metric,source,track,value\n".to_owned();
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    for (at, date) in (0..90_u32).zip(first.iter_days()) {
        for track in 0..14_u32 {
            let noise = 1.0 + f64::from((at * 31 + track * 17) % 11) / 100.0;
            let listeners = f64::from(800 + 30 * track) * noise;
            // Every other track's listeners play it thrice as often.
            let times = if track % 2 == 0 { 4.0 } else { 1.3 };
            let streams = listeners * times * (1.0 + f64::from(track) / 200.0);
            for (metric, value) in [("listeners", listeners), ("streams", streams)] {
                let row = format!("{date},{metric},spotify,T{track},{}\n", value.round());
                csv.push_str(&row);
            }
        }
    }
    imported(&client, csv).await;
    let told = answer(&client, "fanbase").await;
    let result = &told["result"];
    assert_eq!(
        (&told["status"], &result["separated"]),
        (&json!("ready"), &json!(true)),
        "{told}"
    );
    let segments = result["segments"].as_array().unwrap();
    assert_eq!(segments.len(), 2, "{result}");
    assert_eq!(segments[0]["places"].as_array().map(Vec::len), Some(7));
    assert_eq!(
        segments[0]["apart_by"][0]["feature"],
        "streams_per_listener"
    );
    for figure in ["silhouette", "stability", "places"] {
        assert!(result[figure].is_number(), "{figure}");
    }
    assert!(result["method"]["version"].is_u64() && result["window"]["days"] == 28);
    program.is_well();
}

async fn tracks_that_were_analysed_are_found_in_metrics_by_id_and_isrc(site: Site) {
    let (mut program, client) = site.up().await;
    let mut words = Vec::new();
    for at in 0..12_u32 {
        let track = client.song(2.0 + f64::from(at) / 4.0).await;
        let wish = json!({ "track_id": track.id });
        let analysis: Value = client.post("/v1/analyses", &wish).await.expect(202).json();
        let job = client.finished(analysis["job_id"].as_str().unwrap()).await;
        assert_eq!(job.state, "done");
        // Half of them are known by their ISRC.
        let path = format!("/v1/tracks/{}/isrc", track.id);
        let isrc = json!({ "isrc": format!("DEA6210000{at:02}") });
        let put = |body: &Value| client.send(client.request(Method::PUT, &path).json(body));
        if at % 2 == 0 {
            words.push(track.id.clone());
            continue;
        }
        let wrong = put(&json!({ "isrc": "DE-A62-10-00001" })).await;
        assert_eq!(wrong.problem(422), "invalid_field");
        for _ in 0..2 {
            put(&isrc).await.expect(200);
        }
        if at > 1 {
            let taken = put(&json!({ "isrc": "DEA621000001" })).await;
            assert_eq!(taken.problem(409), "isrc_taken");
        }
        words.push(isrc["isrc"].as_str().unwrap().to_owned());
    }
    let (_, token) = site.artist("Second Artist").await;
    let path = format!("/v1/tracks/{}/isrc", words[0]);
    let other = client.with_token(&token);
    let request = other.request(Method::PUT, &path);
    let foreign = other
        .send(request.json(&json!({ "isrc": "DEA621000099" })))
        .await;
    assert_eq!(foreign.problem(404), "not_found");

    let mut csv = "date,metric,source,track,value\n".to_owned();
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    for (_, date) in (0..60).zip(first.iter_days()) {
        for (at, word) in words.iter().enumerate() {
            // Longer ones have more streams.
            let row = format!("{date},streams,spotify,{word},{}\n", 100 + 50 * at);
            csv.push_str(&row);
        }
    }
    imported(&client, csv).await;
    let told = answer(&client, "music-insights").await;
    assert_eq!(told["status"], "ready", "{told}");
    let outcomes = told["result"]["outcomes"].as_array().unwrap();
    let late = outcomes
        .iter()
        .find(|one| one["outcome"] == "streams_of_last_28_days")
        .unwrap();
    assert_eq!(late["tracks"], 12, "{late}");
    let duration = late["correlations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["feature"] == "duration_seconds")
        .unwrap();
    assert_eq!(
        (&duration["clear"], &duration["correlation"]),
        (&json!(true), &json!(1.0))
    );
    assert!(duration["p_value"].as_f64().unwrap() < 0.01);
    // Nothing is known of the tracks' first days: metrics began with them.
    let early = outcomes
        .iter()
        .find(|one| one["outcome"] == "streams_of_first_28_days")
        .unwrap();
    assert_eq!(early["status"], "not_enough_data", "{early}");
    program.is_well();
}
