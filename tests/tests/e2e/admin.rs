//! `/v1/admin`: operators see everything, and what they do is recorded with their name.

use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Client, Page};
use support::site::Site;

on_both_databases! {
    artists_and_operators_keep_to_their_own
    an_operators_acts_take_effect_and_are_told
    a_paused_queue_waits_for_its_end
    limits_are_set_read_and_removed
    what_makes_no_sense_is_refused
}

async fn nina(site: &Site, client: &Client) -> Client {
    client.with_token(&site.operator("nina").await)
}

async fn job_of(client: &Client) -> String {
    let track = client.song(3.0).await;
    client.master_of(&track).await.job_id
}

async fn artists_and_operators_keep_to_their_own(site: Site) {
    let (_intake, client) = site.intake().await;
    let operator = nina(&site, &client).await;
    for path in ["jobs", "queues", "acts", "workers", "effects", "schedules"] {
        let path = format!("/v1/admin/{path}");
        assert_eq!(client.get(&path).await.problem(403), "operators_only");
        assert_eq!(
            client.without_token().get(&path).await.problem(401),
            "unauthorised"
        );
        operator.get(&path).await.expect(200);
    }
    for path in ["/v1/jobs", "/v1/tracks", "/v1/masters"] {
        assert_eq!(operator.get(path).await.problem(403), "artists_only");
    }
    site.run(&["operators", "add", "nina"]).await.refused();
    site.run(&["operators", "revoke", "nina"]).await.well();
    let gone = operator.get("/v1/admin/queues").await;
    assert_eq!(gone.problem(401), "unauthorised");
    let listed = site.run(&["operators", "ls"]).await.well();
    assert!(
        listed.contains("nina") && listed.contains("revoked"),
        "{listed}"
    );
    site.run(&["operators", "add", "nina"]).await.well();
}

async fn an_operators_acts_take_effect_and_are_told(site: Site) {
    let (_intake, client) = site.intake().await;
    let operator = nina(&site, &client).await;
    let id = job_of(&client).await;
    let found: Page = operator
        .get("/v1/admin/jobs?kind=master_track&state=waiting&limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(found.items[0]["id"], id);
    let artist = found.items[0]["tenant_id"].as_str().unwrap();
    let master = found.items[0]["payload"]["master_id"].as_str().unwrap();
    let by_payload: Page = operator
        .get(&format!(
            "/v1/admin/jobs?artist={artist}&payload=master_id%3D{master}"
        ))
        .await
        .expect(200)
        .json();
    assert_eq!(by_payload.items.len(), 1);

    let path = |verb: &str| format!("/v1/admin/jobs/{id}/{verb}");
    operator.post(&path("cancel"), &json!({})).await.expect(200);
    operator.post(&path("cancel"), &json!({})).await.expect(200);
    assert_eq!(client.job(&id).await.state, "cancelled");
    let cancelled = json!({ "filter": { "state": "cancelled" }, "dry_run": true });
    let counted: Value = operator
        .post("/v1/admin/jobs/redrive", &cancelled)
        .await
        .expect(200)
        .json();
    assert_eq!(counted, json!({ "would_retry": 1 }));
    let cancelled = json!({ "filter": { "state": "cancelled" } });
    let redriven: Value = operator
        .post("/v1/admin/jobs/redrive", &cancelled)
        .await
        .expect(200)
        .json();
    assert_eq!(redriven["retried"], 1);
    let again = operator.post(&path("retry"), &json!({})).await;
    assert_eq!(again.problem(409), "not_failed");

    let _worker = site.worker().await;
    assert_eq!(client.finished(&id).await.state, "done");
    let late = operator.post(&path("cancel"), &json!({})).await;
    assert_eq!(late.problem(409), "already_finished");
    let story: Value = operator
        .get(&format!("/v1/admin/jobs/{id}"))
        .await
        .expect(200)
        .json();
    let good = &story["attempts"][0];
    assert_eq!(good["ended"], "done");
    assert!(good["worker"]["pid"].as_i64().unwrap() > 0, "{good}");
    assert_eq!(story["acts"][0]["actor"], "nina");
    assert_eq!(story["log"][0]["message"], "redriven by nina");
    let acts: Page = operator
        .get("/v1/admin/acts?actor=nina")
        .await
        .expect(200)
        .json();
    let words: Vec<_> = acts
        .items
        .iter()
        .map(|act| act["act"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["redrive_jobs", "cancel_job"]);
    let metrics = client.without_token().get("/metrics").await.expect(200);
    let metrics = String::from_utf8(metrics.body).unwrap();
    for line in [
        "queue_acts_total{act=\"cancel_job\"} 1",
        "queue_jobs{queue=\"studio\",state=\"blocked\"} 0",
        "queue_paused{queue=\"studio\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}

async fn a_paused_queue_waits_for_its_end(site: Site) {
    let (_intake, client) = site.intake().await;
    let operator = nina(&site, &client).await;
    let post = async |verb: &str| -> Value {
        let path = format!("/v1/admin/queues/studio/{verb}");
        operator.post(&path, &json!({})).await.expect(200).json()
    };
    assert_eq!(post("pause").await["paused_by"], "nina");
    assert_eq!(post("drain").await["running"], 0);
    let id = job_of(&client).await;
    let scale = async || -> Value {
        let path = "/v1/admin/queues/studio/scale";
        operator.get(path).await.expect(200).json()
    };
    assert_eq!(scale().await["waiting"], 0);
    let _worker = site.worker().await;
    let limit = operator
        .request(Method::PUT, "/v1/admin/queues/studio/limit")
        .json(&json!({ "max_running": 5 }));
    let limit: Value = operator.send(limit).await.expect(200).json();
    assert_eq!(limit["max_running"], 5);
    let view: Value = operator
        .get("/v1/admin/queues/studio")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&view["jobs"]["waiting"], &view["workers"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(client.job(&id).await.state, "waiting");
    assert_eq!(post("resume").await["paused_at"], Value::Null);
    assert_eq!(client.finished(&id).await.state, "done");
    let scale = scale().await;
    assert_eq!(
        (&scale["waiting"], &scale["running"], &scale["wanted"]),
        (&json!(0), &json!(0), &json!(0))
    );
}

async fn limits_are_set_read_and_removed(site: Site) {
    let (_intake, client) = site.intake().await;
    let operator = nina(&site, &client).await;
    let rate = json!({ "count": 100, "period_seconds": 60, "burst": 10 });
    let limit = json!({ "max_running": 2, "rate": rate });
    let put = async |name: &str, limit: &Value| {
        let request = operator.request(Method::PUT, &format!("/v1/admin/limits/{name}"));
        operator.send(request.json(limit)).await
    };
    put("accounts", &limit).await.expect(200);
    let mut set = limit.clone();
    set["name"] = json!("accounts");
    let limits = operator.get("/v1/admin/limits").await.expect(200);
    assert_eq!(limits.json::<Value>(), json!([set]));
    let never = json!({ "rate": { "count": 0, "period_seconds": 60, "burst": 1 } });
    let refused = put("accounts", &never).await;
    assert_eq!(refused.problem(422), "limit_invalid");
    assert_eq!(refused.field(), "rate.count");
    let path = "/v1/admin/limits/accounts";
    operator.delete(path).await.expect(204);
    assert_eq!(operator.delete(path).await.problem(404), "not_found");
    let acts: Page = operator.get("/v1/admin/acts?target=accounts").await.json();
    let told = |at: usize| acts.items[at]["act"].as_str().unwrap();
    assert_eq!(
        (acts.items.len(), told(0), told(1)),
        (2, "delete_limit", "set_limit")
    );
}

async fn what_makes_no_sense_is_refused(site: Site) {
    let (_intake, client) = site.intake().await;
    let operator = nina(&site, &client).await;
    for (path, code) in [
        ("jobs?state=asleep", "unknown_state"),
        ("jobs?payload=nothing", "job_invalid"),
        ("jobs?limit=0", "out_of_range"),
        ("acts?cursor=x", "bad_cursor"),
    ] {
        let answer = operator.get(&format!("/v1/admin/{path}")).await;
        assert_eq!(answer.problem(422), code, "{path}");
    }
    let unknown = operator.get("/v1/admin/jobs?sort=up").await;
    assert_eq!(unknown.problem(400), "bad_query");
    let done = json!({ "filter": { "state": "done" } });
    let refused = operator.post("/v1/admin/jobs/redrive", &done).await;
    assert_eq!(refused.problem(422), "job_invalid");
    let nobody = uuid::Uuid::nil();
    for path in [
        format!("jobs/{nobody}/cancel"),
        format!("jobs/{nobody}/retry"),
        format!("schedules/{nobody}/pause"),
        format!("schedules/{nobody}/trigger"),
        format!("flows/{nobody}/cancel"),
    ] {
        let answer = operator
            .post(&format!("/v1/admin/{path}"), &json!({}))
            .await;
        assert_eq!(answer.problem(404), "not_found", "{path}");
    }
    let acts: Page = operator.get("/v1/admin/acts").await.expect(200).json();
    assert_eq!(acts.items.len(), 0, "what was refused is no act");
}
