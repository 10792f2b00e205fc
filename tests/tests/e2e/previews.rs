//! Previews: the loudest part of a master, soon.

use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Client, Job, Master, Page};
use support::digest::sha256;
use support::site::Site;

on_both_databases! {
    a_preview_is_heard_soon_and_listed_apart
    a_preview_goes_before_masters_that_wait
}

async fn preview(client: &Client, wish: &Value) -> Master {
    let accepted = client.post("/v1/previews", wish).await.expect(202);
    let preview: Master = accepted.json();
    let job = format!("/v1/jobs/{}", preview.job_id);
    assert_eq!(accepted.header("location"), job);
    preview
}

async fn a_preview_is_heard_soon_and_listed_apart(site: Site) {
    let (mut program, client) = site.up().await;
    let track = client.song(40.0).await;
    let wish = json!({ "track_id": track.id, "target": "natural", "preset": "balanced" });
    let asked = preview(&client, &wish).await;
    let job = client.finished(&asked.job_id).await;
    assert_eq!(
        (job.state.as_str(), job.kind.as_str()),
        ("done", "preview_master")
    );

    let path = format!("/v1/previews/{}", asked.id);
    let shown: Master = client.get(&path).await.expect(200).json();
    let file = &shown.files[0];
    assert_eq!(
        (file.name.as_str(), shown.files.len()),
        ("master-30s.ogg", 1)
    );
    assert_eq!(file.url, format!("{path}/files/master-30s.ogg"));
    let result = shown.result.as_ref().unwrap();
    assert_eq!(result.filename, "song (natural preview).ogg");
    for address in [format!("{path}/audio"), file.url.clone()] {
        let heard = client.get(&address).await.expect(200);
        assert_eq!(heard.header("content-type"), "audio/ogg");
        assert_eq!(sha256(&heard.body), file.sha256);
    }
    let frames = result.report["output"]["frames"].as_u64().unwrap();
    assert_eq!(frames, 30 * 44_100);

    // A preview is no master, and is not found as one.
    let page: Page = client.get("/v1/previews").await.expect(200).json();
    assert_eq!(page.items[0]["id"], asked.id.as_str());
    let page: Page = client.get("/v1/masters").await.expect(200).json();
    assert!(page.items.is_empty());
    for what in ["", "/audio", "/files/master-30s.ogg", "/report.html"] {
        let path = format!("/v1/masters/{}{what}", asked.id);
        assert_eq!(client.get(&path).await.problem(404), "not_found", "{path}");
    }

    let repeated = || async {
        let request = client.request(Method::POST, "/v1/previews");
        let request = request.header("idempotency-key", "once").json(&wish);
        client.send(request).await.expect(202).json::<Master>().id
    };
    assert_eq!(repeated().await, repeated().await);
    program.is_well();
}

async fn a_preview_goes_before_masters_that_wait(site: Site) {
    let site = site.with("workers.queues.studio", 1);
    let (intake, client) = site.intake().await;
    let track = client.song(5.0).await;
    let mut masters = Vec::new();
    for _ in 0..3 {
        masters.push(client.master_of(&track).await);
    }
    let wish = json!({ "track_id": track.id, "target": "spotify" });
    let preview = preview(&client, &wish).await;
    drop(intake);

    let (_program, client) = site.up().await;
    assert_eq!(client.finished(&preview.job_id).await.state, "done");
    let of_preview = ended(&client, &preview).await;
    for master in &masters {
        assert_eq!(client.finished(&master.job_id).await.state, "done");
        assert!(ended(&client, master).await > of_preview);
    }
}

async fn ended(client: &Client, master: &Master) -> String {
    let job: Job = client.job(&master.job_id).await;
    job.finished_at.unwrap()
}
