//! Analyses: what is found in a track, told with places and drawn.

use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Analysis, Client, Page};
use support::digest::sha256;
use support::music::silence;
use support::site::Site;

on_both_databases! {
    a_track_is_analysed_and_drawn
    another_artists_analyses_and_previews_are_not_found
}

async fn analysed(client: &Client, track: &str) -> Analysis {
    let wish = json!({ "track_id": track });
    let accepted = client.post("/v1/analyses", &wish).await.expect(202);
    let analysis: Analysis = accepted.json();
    let job = format!("/v1/jobs/{}", analysis.job_id);
    assert_eq!(accepted.header("location"), job);
    assert_eq!(
        (analysis.state.as_str(), &analysis.result),
        ("waiting", &None)
    );
    let job = client.finished(&analysis.job_id).await;
    assert_eq!(
        (job.state.as_str(), job.kind.as_str()),
        ("done", "analyze_track")
    );
    let path = format!("/v1/analyses/{}", analysis.id);
    client.get(&path).await.expect(200).json()
}

async fn a_track_is_analysed_and_drawn(site: Site) {
    let (mut program, client) = site.up().await;
    let track = client.song(12.0).await;
    let analysis = analysed(&client, &track.id).await;
    let found = analysis.result.as_ref().unwrap();
    assert_eq!(
        (&found["version"], &found["input"]["channels"]),
        (&json!(1), &json!(2))
    );
    assert!(
        found["measurement"]["integrated_lufs"].is_number(),
        "{found}"
    );
    for figure in ["clipping", "ends", "image", "key", "tempo", "cutoff"] {
        assert!(found["analysis"].get(figure).is_some(), "{figure}: {found}");
    }
    assert_eq!(codes(found), ["very_short"]);

    let starts: [(&str, &str, &[u8]); 3] = [
        ("peaks.dat", "application/octet-stream", &[2, 0, 0, 0, 1]),
        ("peaks.json", "application/json", b"{"),
        ("spectrogram.png", "image/png", b"\x89PNG"),
    ];
    assert_eq!(analysis.files.len(), starts.len());
    for (file, (name, media_type, start)) in analysis.files.iter().zip(starts) {
        assert_eq!(
            (file.name.as_str(), file.media_type.as_str()),
            (name, media_type)
        );
        let whole = client.get(&file.url).await.expect(200);
        assert_eq!(whole.header("content-type"), media_type);
        assert_eq!(sha256(&whole.body), file.sha256);
        assert!(whole.body.starts_with(start), "{name}");
        let saved = whole.header("content-disposition");
        assert!(saved.contains("song ("), "{saved}");
        let range = format!("bytes=0-{}", start.len() - 1);
        let piece = client.get_with(&file.url, "range", &range).await;
        assert_eq!(piece.expect(206).body, start);
    }
    let peaks: Value = client.get(&analysis.files[1].url).await.json();
    assert_eq!(
        (&peaks["samples_per_pixel"], &peaks["channels"]),
        (&json!(1024), &json!(2))
    );

    let silent = client.upload("silence.wav", &silence(3.0)).await;
    let silent = analysed(&client, &silent.id).await;
    assert!(codes(&silent.result.unwrap()).contains(&"very_quiet".to_owned()));
    let page: Page = client.get("/v1/analyses").await.expect(200).json();
    assert_eq!(page.items.len(), 2);
    assert!(
        page.items[1]["result"]["measurement"]
            .get("spectrum")
            .is_none()
    );
    assert_eq!(
        site.objects("artists/")
            .iter()
            .filter(|key| key.contains("/analyses/"))
            .count(),
        6
    );
    assert!(site.unfinished_files().is_empty());
    program.is_well();
}

fn codes(found: &Value) -> Vec<String> {
    let faults = found["faults"].as_array().unwrap().iter();
    faults
        .map(|fault| fault["code"].as_str().unwrap().to_owned())
        .collect()
}

async fn another_artists_analyses_and_previews_are_not_found(site: Site) {
    let (_program, first) = site.up().await;
    let (_, token) = site.artist("Second Artist").await;
    let second = first.with_token(&token);
    let track = first.song(3.0).await;
    let analysis = analysed(&first, &track.id).await;
    let wish = json!({ "track_id": track.id, "target": "spotify" });
    let preview: Analysis = first.post("/v1/previews", &wish).await.expect(202).json();
    let master = first.master_of(&track).await;
    for job in [&preview.job_id, &master.job_id] {
        assert_eq!(first.finished(job).await.state, "done");
    }
    for path in [
        format!("/v1/analyses/{}", analysis.id),
        format!("/v1/analyses/{}/files/peaks.dat", analysis.id),
        format!("/v1/previews/{}", preview.id),
        format!("/v1/previews/{}/audio", preview.id),
        format!("/v1/previews/{}/files/master-30s.ogg", preview.id),
        format!("/v1/masters/{}/files/master-24bit.wav", master.id),
        format!("/v1/masters/{}/report.html", master.id),
    ] {
        let own = first.request(Method::GET, &path);
        first.send(own).await.expect(200);
        assert_eq!(second.get(&path).await.problem(404), "not_found", "{path}");
    }
    for (path, wish) in [
        ("/v1/analyses", json!({ "track_id": track.id })),
        ("/v1/previews", wish),
    ] {
        let refused = second.post(path, &wish).await;
        assert_eq!(
            (refused.problem(404).as_str(), refused.field().as_str()),
            ("not_found", "track_id")
        );
        let page: Page = second.get(path).await.expect(200).json();
        assert!(page.items.is_empty(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn analyses_keep_keys_and_quotas() {
    let site = Site::sqlite().with("limits.max_waiting_jobs_per_artist", 1);
    let (_program, client) = site.intake().await;
    let track = client.song(1.0).await;
    let wish = json!({ "track_id": track.id });
    let ask = |key: &'static str| {
        let request = client.request(Method::POST, "/v1/analyses");
        client.send(request.header("idempotency-key", key).json(&wish))
    };
    let first: Analysis = ask("a").await.expect(202).json();
    let again = ask("a").await.expect(202);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.json::<Analysis>(), first);
    for path in ["/v1/analyses", "/v1/previews", "/v1/masters"] {
        let mut wish = wish.clone();
        if path != "/v1/analyses" {
            wish["target"] = "spotify".into();
        }
        let full = client.post(path, &wish).await;
        assert_eq!(full.problem(429), "too_many_waiting_jobs", "{path}");
    }
    let unfinished = format!("/v1/analyses/{}/files/peaks.dat", first.id);
    assert_eq!(client.get(&unfinished).await.problem(409), "not_finished");
    let wrong = json!({ "track_id": track.id, "depth": 3 });
    let refused = client.post("/v1/analyses", &wrong).await;
    assert_eq!(
        (refused.problem(422).as_str(), refused.field().as_str()),
        ("invalid_field", "depth")
    );
}
