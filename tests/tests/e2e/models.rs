//! Models that learn from an artist's own rows: trained by jobs, versions for ever, answers with
//! reasons, and nobody else's.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Client, Page};
use support::listeners::{asked, csv};
use support::site::Site;

on_both_databases! {
    a_model_is_trained_and_tells_who_leaves_and_why
    versions_are_promoted_and_rolled_back
    of_two_first_trainings_at_once_one_challenges_the_other
    another_artists_models_are_not_found
    erasing_leaves_nothing
    a_damaged_version_does_not_answer_and_another_can
}

const MODEL: &str = "/v1/analytics/models/fans";
const PREDICT: &str = "/v1/analytics/predict-churn";

/// Trains on so many listeners: the version.
async fn trained(client: &Client, count: usize, seed: u64) -> String {
    let dataset = client.dataset(&csv(count, seed)).await;
    let job = client.train("fans", &dataset, 1).await;
    let job = client.finished(&job).await;
    assert_eq!(job.state, "done", "{job:?}");
    job.output.unwrap()["version"].as_str().unwrap().to_owned()
}

async fn judged(client: &Client, version: Option<&str>) -> Value {
    let mut question = json!({ "model": "fans", "rows": asked(), "reasons": 2 });
    if let Some(version) = version {
        question["version"] = version.into();
    }
    client.post(PREDICT, &question).await.expect(200).json()
}

async fn model(client: &Client) -> Value {
    client.get(MODEL).await.expect(200).json()
}

async fn a_model_is_trained_and_tells_who_leaves_and_why(site: Site) {
    let (mut program, client) = site.up().await;
    let rows = csv(600, 1);
    let query = "name=My%20listeners&target=left&from=2026-01-01&to=2026-06-30";
    let request = || {
        let path = format!("/v1/analytics/datasets?{query}");
        let request = client.request(Method::POST, &path);
        client.send(request.header("idempotency-key", "d").body(rows.clone()))
    };
    let accepted = request().await.expect(201);
    let dataset: Value = accepted.json();
    assert_eq!(
        (&dataset["rows"], &dataset["columns"]),
        (&json!(600), &json!(5))
    );
    let again = request().await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(site.objects("artists/").len(), 1);
    let shown: Value = client
        .get(accepted.header("location"))
        .await
        .expect(200)
        .json();
    assert_eq!(shown, dataset);
    let page: Page = client
        .get("/v1/analytics/datasets")
        .await
        .expect(200)
        .json();
    assert_eq!(page.items, std::slice::from_ref(&dataset));

    let wish = json!({ "model": "fans", "dataset_id": dataset["id"] });
    let accepted = client.post("/v1/analytics/models", &wish).await.expect(202);
    let training: Value = accepted.json();
    let id = training["job_id"].as_str().unwrap();
    assert_eq!(accepted.header("location"), format!("/v1/jobs/{id}"));
    let job = client.finished(id).await;
    assert_eq!(
        (job.state.as_str(), job.kind.as_str(), job.queue.as_str()),
        ("done", "train_churn_model", "insight"),
        "{job:?}"
    );
    let output = job.output.unwrap();
    assert_eq!(output["alias"], "champion");

    let found = judged(&client, None).await;
    assert_eq!(found["version"], output["version"]);
    let metadata = &found["metadata"];
    assert_eq!(
        (
            &metadata["data"]["from"],
            &metadata["data"]["to"],
            &metadata["data"]["rows"]
        ),
        (&json!("2026-01-01"), &json!("2026-06-30"), &json!(600))
    );
    assert!(
        metadata["metrics"]["auc"].as_f64().unwrap() > 0.6,
        "{metadata}"
    );
    assert!(metadata.get("golden").is_none() && metadata.get("tenant").is_none());
    let base = found["base_log_odds"].as_f64().unwrap();
    let rows = found["predictions"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let reasons = row["reasons"].as_array().unwrap();
        assert_eq!(reasons.len(), 2);
        let told: f64 = reasons
            .iter()
            .map(|it| it["log_odds"].as_f64().unwrap())
            .sum();
        let log_odds = base + told + row["other_log_odds"].as_f64().unwrap();
        let probability = row["probability"].as_f64().unwrap();
        assert!(
            (1.0 / (1.0 + (-log_odds).exp()) - probability).abs() < 1e-9,
            "{row}"
        );
    }
    let probability = |row: usize| rows[row]["probability"].as_f64().unwrap();
    assert!(probability(0) > probability(1) + 0.2, "{found}");
    assert_eq!(site.objects("artists/").len(), 2);
    assert!(site.unfinished_files().is_empty());
    program.is_well();
}

async fn versions_are_promoted_and_rolled_back(site: Site) {
    let (mut program, client) = site.up().await;
    let first = trained(&client, 300, 1).await;
    let promote = format!("{MODEL}/promote");
    let rollback = format!("{MODEL}/rollback");
    let nothing = json!({});
    assert_eq!(
        client.post(&promote, &nothing).await.problem(409),
        "no_challenger"
    );
    let back = client.post(&rollback, &nothing).await;
    assert_eq!(back.problem(409), "no_previous_version");

    let second = trained(&client, 300, 2).await;
    let third = trained(&client, 300, 3).await;
    let shown = model(&client).await;
    assert_eq!(
        (&shown["champion"], &shown["challenger"]),
        (&json!(first), &json!(third))
    );
    assert_eq!(shown["versions"].as_array().unwrap().len(), 3);
    assert_eq!(shown["versions"][0]["metadata"]["parent"], json!(first));
    assert_eq!(judged(&client, None).await["version"], json!(first));

    let wish = json!({ "version": second, "why": "it is newer" });
    client.post(&promote, &wish).await.expect(200);
    let again: Value = client.post(&promote, &wish).await.expect(200).json();
    assert_eq!(again["moves"].as_array().unwrap().len(), 4);
    client.post(&promote, &nothing).await.expect(200);
    assert_eq!(judged(&client, None).await["version"], json!(third));
    // Whoever thinks that another is the champion is told.
    let late = json!({ "champion": second });
    for path in [&promote, &rollback] {
        assert_eq!(client.post(path, &late).await.problem(409), "alias_moved");
    }
    // Back, and further back.
    for (from, to) in [(&third, &second), (&second, &first)] {
        let wish = json!({ "champion": from, "why": "it was better" });
        let shown: Value = client.post(&rollback, &wish).await.expect(200).json();
        assert_eq!(shown["champion"], json!(to));
        assert_eq!(
            client.post(&rollback, &wish).await.problem(409),
            "alias_moved"
        );
    }
    let back = client.post(&rollback, &nothing).await;
    assert_eq!(back.problem(409), "no_previous_version");
    let shown = model(&client).await;
    let moves = shown["moves"].as_array().unwrap();
    let told = |it: &Value| (it["alias"].clone(), it["act"].clone(), it["to"].clone());
    let expected = [
        ("champion", "rolled_back", &first),
        ("champion", "rolled_back", &second),
        ("champion", "promoted", &third),
        ("champion", "promoted", &second),
        ("challenger", "trained", &third),
        ("challenger", "trained", &second),
        ("champion", "trained", &first),
    ];
    let expected = expected.map(|(alias, act, to)| (json!(alias), json!(act), json!(to)));
    assert_eq!(moves.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(moves[3]["why"], "it is newer");
    assert_eq!(moves[3]["actor"], "artist");
    assert!(moves[6]["evidence"]["metrics"]["auc"].is_number());

    // The same rows and seed make the same weights; under another parent it is another version.
    let before = judged(&client, Some(&first)).await;
    let fourth = trained(&client, 300, 1).await;
    assert_ne!(fourth, first);
    let after = judged(&client, Some(&fourth)).await;
    assert_eq!(after["predictions"], before["predictions"]);
    // With equal parents it is the same version, and its bytes are kept once.
    assert_eq!(trained(&client, 300, 1).await, fourth);
    let bundles = site.objects("artists/");
    assert_eq!(
        bundles
            .iter()
            .filter(|key| key.ends_with(".bundle"))
            .count(),
        4
    );
    program.is_well();
}

async fn of_two_first_trainings_at_once_one_challenges_the_other(site: Site) {
    let site = site.with("workers.queues.insight", 2);
    let (_program, client) = site.up().await;
    let mut jobs = Vec::new();
    for seed in 1..=2 {
        let dataset = client.dataset(&csv(300, seed)).await;
        jobs.push(client.train("fans", &dataset, 1).await);
    }
    let mut became = Vec::new();
    for job in &jobs {
        let output = client.finished(job).await.output.unwrap();
        became.push(output["alias"].as_str().unwrap().to_owned());
    }
    became.sort();
    assert_eq!(became, ["challenger", "champion"]);
    let shown = model(&client).await;
    assert_ne!(shown["champion"], shown["challenger"]);
}

async fn another_artists_models_are_not_found(site: Site) {
    let (_program, first) = site.up().await;
    let (_, token) = site.artist("Second Artist").await;
    let second = first.with_token(&token);
    let rows = csv(300, 1);
    let dataset = first.dataset(&rows).await;
    let version = trained(&first, 300, 1).await;
    first.get(MODEL).await.expect(200);

    let nothing = json!({});
    for path in [
        MODEL.to_owned(),
        format!("/v1/analytics/datasets/{dataset}"),
    ] {
        first.get(&path).await.expect(200);
        assert_eq!(second.get(&path).await.problem(404), "not_found", "{path}");
    }
    for verb in ["promote", "rollback"] {
        let refused = second.post(&format!("{MODEL}/{verb}"), &nothing).await;
        assert_eq!(refused.problem(404), "not_found");
    }
    let ask = |version: Option<&str>| {
        let question = json!({ "model": "fans", "version": version, "rows": asked() });
        let second = second.clone();
        async move { second.post(PREDICT, &question).await.problem(404) }
    };
    assert_eq!(ask(None).await, "not_found");
    assert_eq!(ask(Some(&version)).await, "not_found");
    let borrowed = json!({ "model": "fans", "dataset_id": dataset });
    let refused = second.post("/v1/analytics/models", &borrowed).await;
    assert_eq!(
        (refused.problem(404).as_str(), refused.field().as_str()),
        ("not_found", "dataset_id")
    );

    // The same rows under the same name: the same weights, and still two versions.
    let own = trained(&second, 300, 1).await;
    assert_ne!(own, version);
    assert_eq!(ask(Some(&version)).await, "not_found");
    let stolen = json!({ "version": version });
    let refused = second.post(&format!("{MODEL}/promote"), &stolen).await;
    assert_eq!(refused.problem(404), "not_found");
    // Erasing one leaves the other.
    second.delete("/v1/analytics/models").await.expect(200);
    assert_eq!(ask(None).await, "not_found");
    assert_eq!(judged(&first, None).await["version"], json!(version));
}

async fn erasing_leaves_nothing(site: Site) {
    let (mut program, client) = site.up().await;
    trained(&client, 300, 1).await;
    judged(&client, None).await;
    // One that has not begun, or runs.
    let dataset = client.dataset(&csv(3000, 9)).await;
    let late = client.train("fans", &dataset, 1).await;
    let erased: Value = client
        .delete("/v1/analytics/models")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&erased["versions"], &erased["datasets"]),
        (&json!(1), &json!(2))
    );
    let job = client.finished(&late).await;
    assert!(
        ["cancelled", "dead"].contains(&job.state.as_str()),
        "{job:?}"
    );

    assert_eq!(client.get(MODEL).await.problem(404), "not_found");
    let question = json!({ "model": "fans", "rows": asked() });
    assert_eq!(
        client.post(PREDICT, &question).await.problem(404),
        "not_found"
    );
    let page: Page = client
        .get("/v1/analytics/datasets")
        .await
        .expect(200)
        .json();
    assert!(page.items.is_empty());
    assert_eq!(site.objects("artists/"), [""; 0]);
    assert!(
        site.unfinished_files().is_empty(),
        "{:?}",
        site.unfinished_files()
    );
    program.is_well();
}

async fn a_damaged_version_does_not_answer_and_another_can(site: Site) {
    let (program, client) = site.up().await;
    let first = trained(&client, 300, 1).await;
    let second = trained(&client, 300, 2).await;
    let before = judged(&client, Some(&second)).await;
    program.kill();
    let bundles = || -> Vec<PathBuf> {
        let mut keys = site.objects("artists/");
        keys.retain(|key| key.ends_with(".bundle"));
        let root = site.data().join("objects");
        keys.iter().map(|key| root.join(key)).collect()
    };
    // The names are in the order of their making.
    let damaged = bundles().remove(1);
    let mut bytes = std::fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, &bytes).unwrap();

    let (mut program, client) = site.up().await;
    let promote = format!("{MODEL}/promote");
    assert_eq!(
        client.post(&promote, &json!({})).await.problem(409),
        "model_damaged"
    );
    let question = json!({ "model": "fans", "version": second, "rows": asked() });
    assert_eq!(
        client.post(PREDICT, &question).await.problem(500),
        "model_damaged"
    );
    assert_eq!(judged(&client, None).await["version"], json!(first));

    bytes[middle] ^= 1;
    std::fs::write(&damaged, &bytes).unwrap();
    assert_eq!(judged(&client, Some(&second)).await, before);
    client.post(&promote, &json!({})).await.expect(200);
    // A bundle that is gone, or another artist's version in its place, does not answer either.
    std::fs::remove_file(&damaged).unwrap();
    program.is_well();
    program.kill();
    let (program, client) = site.up().await;
    let gone = client
        .post(PREDICT, &json!({ "model": "fans", "rows": asked() }))
        .await;
    assert_eq!(gone.problem(500), "object_not_found");
    std::fs::copy(bundles().remove(0), &damaged).unwrap();
    let astray = client
        .post(PREDICT, &json!({ "model": "fans", "rows": asked() }))
        .await;
    assert_eq!(astray.problem(500), "model_damaged");
    let back = json!({ "why": "it is damaged" });
    client
        .post(&format!("{MODEL}/rollback"), &back)
        .await
        .expect(200);
    assert_eq!(judged(&client, None).await["version"], json!(first));
    drop(program);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_learned_from_or_judged_is_named() {
    let site = Site::sqlite();
    let (_program, client) = site.up().await;
    let good = "name=x&target=left";
    for (query, rows, status, code, field) in [
        (good, "plan,left\nfree,yes\npaid\n", 422, "bad_line", "file"),
        (good, "plan,left\nfree,perhaps\n", 422, "bad_line", "file"),
        (good, "", 422, "bad_data", "file"),
        (
            "name=x&target=gone",
            "plan,left\nfree,yes\n",
            422,
            "unknown_column",
            "target",
        ),
        (
            "name=&target=left",
            "plan,left\n",
            422,
            "out_of_range",
            "name",
        ),
        (
            "name=x&target=left&from=2026-02-30",
            "a\n",
            422,
            "invalid_field",
            "from",
        ),
        (
            "name=x&target=left&from=2026-02-03&to=2026-02-01",
            "a\n",
            422,
            "out_of_range",
            "from",
        ),
        ("name=x", "plan,left\n", 400, "bad_query", ""),
    ] {
        let answer = client.try_dataset(query, rows.as_bytes()).await;
        assert_eq!(
            (answer.problem(status).as_str(), answer.field().as_str()),
            (code, field),
            "{query} {rows:?}"
        );
    }
    assert_eq!(site.objects("artists/"), [""; 0]);
    // Sound, but with too little in it: the job says so, once.
    let few = client.dataset(b"plan,left\nfree,yes\npaid,no\n").await;
    let job = client.train("few", &few, 1).await;
    let job = client.finished(&job).await;
    assert_eq!((job.state.as_str(), job.attempt), ("dead", 1));
    assert_eq!(job.error.unwrap().code, "bad_data");
    let name = json!({ "model": "../fans", "dataset_id": few });
    let refused = client.post("/v1/analytics/models", &name).await;
    assert_eq!(
        (refused.problem(422).as_str(), refused.field().as_str()),
        ("invalid_field", "model")
    );

    trained(&client, 300, 1).await;
    let many = vec![json!({}); 1001];
    for (rows, code, field) in [
        (json!([]), "out_of_range", "rows"),
        (json!(many), "out_of_range", "rows"),
        (
            json!([{ "plan": "free", "age": 1 }]),
            "missing_column",
            "rows[0].visits",
        ),
        (
            json!([{ "plan": "free", "age": 1, "visits": "many" }]),
            "not_a_number",
            "rows[0].visits",
        ),
        (
            json!([{ "plan": "free", "age": 1, "visits": [1] }]),
            "invalid_field",
            "rows[0].visits",
        ),
    ] {
        let answer = client
            .post(PREDICT, &json!({ "model": "fans", "rows": rows }))
            .await;
        assert_eq!(
            (answer.problem(422).as_str(), answer.field().as_str()),
            (code, field)
        );
    }
    let huge = client
        .request(Method::POST, PREDICT)
        .body(" ".repeat(5 << 20));
    assert_eq!(client.send(huge).await.problem(413), "too_large");
}
