//! What upkeep refuses, by field and rule, and whose rows it never touches.

use serde_json::{Value, json};
use support::listeners::{Mood, csv, met};
use support::site::Site;

use crate::upkeep::{MODEL, put};

const PREDICT: &str = "/v1/analytics/predict-churn";

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_named() {
    let site = Site::sqlite();
    let (mut program, client) = site.up().await;
    let usual = json!({ "cron": "0 3 * * *" });
    assert_eq!(
        put(&client, "upkeep", &usual).await.problem(404),
        "not_found"
    );
    let dataset = client.dataset(&csv(300, 1)).await;
    let job = client.train("fans", &dataset, 1).await;
    assert_eq!(client.finished(&job).await.state, "done");
    for (wish, code, field) in [
        (json!({}), "invalid_field", ""),
        (json!({ "cron": "often" }), "invalid_field", "cron"),
        (json!({ "cron": "* * * * *" }), "out_of_range", "cron"),
        (json!({ "cron": "0,5 3 * * *" }), "out_of_range", "cron"),
        (
            json!({ "cron": "0 3 * * *", "timezone": "Mars/Base" }),
            "invalid_field",
            "timezone",
        ),
        (
            json!({ "cron": "0 3 * * *", "policy": { "psi": 7 } }),
            "out_of_range",
            "policy.psi",
        ),
        (
            json!({ "cron": "0 3 * * *", "policy": { "psy": 1 } }),
            "invalid_field",
            "policy.psy",
        ),
        (
            json!({ "cron": "0 3 * * *", "policy": { "hold_back": true } }),
            "invalid_field",
            "policy.hold_back",
        ),
        (
            json!({ "cron": "0 3 * * *", "policy": 3 }),
            "invalid_field",
            "policy",
        ),
    ] {
        let answer = put(&client, "upkeep", &wish).await;
        assert_eq!(
            (answer.problem(422).as_str(), answer.field().as_str()),
            (code, field),
            "{wish}"
        );
    }
    let upkeep = format!("{MODEL}/upkeep");
    assert_eq!(client.get(&upkeep).await.problem(404), "not_found");
    assert_eq!(client.delete(&upkeep).await.problem(404), "not_found");
    let one = json!({ "outcomes": [{ "key": "a", "left": true }] });
    assert_eq!(
        put(&client, "outcomes", &one).await.problem(404),
        "not_found"
    );

    program.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_rows_is_checked() {
    let site = Site::sqlite();
    let (mut program, client) = site.up().await;
    let usual = json!({ "cron": "0 3 * * *" });
    let dataset = client.dataset(&csv(300, 1)).await;
    let job = client.train("fans", &dataset, 1).await;
    assert_eq!(client.finished(&job).await.state, "done");
    let shown: Value = put(&client, "upkeep", &usual).await.expect(200).json();
    let again: Value = put(&client, "upkeep", &usual).await.expect(200).json();
    assert_eq!(shown, again);
    assert_eq!(
        (
            &shown["cron"],
            &shown["timezone"],
            &shown["policy"]["alpha"]
        ),
        (&json!("0 3 * * *"), &json!("UTC"), &json!(0.01))
    );
    assert!(shown["next_at"].is_string());
    for (outcomes, code, field) in [
        (json!([]), "out_of_range", "outcomes"),
        (
            json!([{ "key": "a", "left": true }, { "key": "a", "left": true }]),
            "invalid_field",
            "outcomes[1].key",
        ),
        (
            json!([{ "key": "a", "left": "yes" }]),
            "invalid_field",
            "outcomes[0].left",
        ),
    ] {
        let answer = put(&client, "outcomes", &json!({ "outcomes": outcomes })).await;
        assert_eq!(
            (answer.problem(422).as_str(), answer.field().as_str()),
            (code, field)
        );
    }
    let row = json!({ "plan": "free", "visits": 3, "age": 20, "id": "a" });
    for (more, code, field) in [
        (json!({ "key": "name" }), "missing_column", "rows[0].name"),
        (
            json!({ "key": "age", "rows": [row, row] }),
            "invalid_field",
            "rows[1].age",
        ),
        (
            json!({ "actionable": ["plan", "mood"] }),
            "unknown_column",
            "actionable[1]",
        ),
    ] {
        let mut question = json!({ "model": "fans", "rows": [row] });
        for (name, value) in more.as_object().unwrap() {
            question[name] = value.clone();
        }
        let answer = client.post(PREDICT, &question).await;
        assert_eq!(
            (answer.problem(422).as_str(), answer.field().as_str()),
            (code, field)
        );
    }
    program.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_kept_for_their_own_artist_and_only_of_the_champion() {
    let site = Site::sqlite();
    let (mut program, client) = site.up().await;
    let (_, token) = site.artist("other").await;
    let other = client.with_token(&token);
    for artist in [&client, &other] {
        let dataset = artist.dataset(&csv(300, 1)).await;
        let job = artist.train("fans", &dataset, 1).await;
        assert_eq!(artist.finished(&job).await.state, "done");
    }
    let (rows, _) = met(Mood::Usual, 5, 1);
    let mut question = json!({ "model": "fans", "rows": rows, "key": "listener" });
    let kept = async |question: &Value| -> Value {
        let answer: Value = client.post(PREDICT, question).await.expect(200).json();
        answer["kept"].clone()
    };
    assert_eq!(kept(&question).await, json!(0), "it is not looked after");
    let usual = json!({ "cron": "0 3 * * *" });
    put(&client, "upkeep", &usual).await.expect(200);
    put(&other, "upkeep", &usual).await.expect(200);
    assert_eq!(kept(&question).await, json!(5));
    assert_eq!(kept(&question).await, json!(0), "they were kept before");
    let outcomes =
        json!({ "outcomes": [{ "key": "m1-0", "left": true }, { "key": "x", "left": true }] });
    let told: Value = put(&client, "outcomes", &outcomes).await.expect(200).json();
    assert_eq!(told, json!({ "known": 1, "unknown": [1] }));
    let told: Value = put(&other, "outcomes", &outcomes).await.expect(200).json();
    assert_eq!(told, json!({ "known": 0, "unknown": [0, 1] }));
    let model: Value = client.get(MODEL).await.expect(200).json();
    question["version"] = model["champion"].clone();
    question["rows"][0]["listener"] = json!("new");
    assert_eq!(
        kept(&question).await,
        json!(0),
        "it was not the champion that was asked"
    );
    // Off, all of it goes; on again, it begins anew.
    client.delete(&format!("{MODEL}/upkeep")).await.expect(204);
    let shown: Value = put(&client, "upkeep", &usual).await.expect(200).json();
    assert_eq!((&shown["rows"], &shown["outcomes"]), (&json!(0), &json!(0)));
    program.is_well();
}
