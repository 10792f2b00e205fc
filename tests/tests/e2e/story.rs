//! The whole story: a track is handed in, mastered while its progress is watched, and fetched.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use support::client::{Client, Master, Track};
use support::digest::sha256;
use support::loudness::Wave;
use support::music::Music;
use support::site::Site;

on_both_databases! {
    a_track_is_handed_in_watched_and_fetched_as_a_master
    a_multipart_upload_is_the_same_as_a_raw_one
    a_master_is_fetched_in_pieces
    a_master_goes_by_a_reference_and_its_own_figures
}

async fn a_track_is_handed_in_watched_and_fetched_as_a_master(site: Site) {
    let (mut program, client) = site.up().await;
    let song = Music::of_seconds(30.0).wav();
    let track = client.upload("a song.wav", &song).await;
    assert_eq!(
        (track.sample_rate_hz, track.channels, track.bits),
        (44_100, 2, Some(16))
    );
    assert_eq!(
        (track.size_bytes, &track.sha256),
        (song.len() as u64, &sha256(&song))
    );
    assert_eq!(track.duration_seconds, Some(30.0));

    let wish = json!({ "track_id": track.id, "target": "spotify" });
    let accepted = client.post("/v1/masters", &wish).await.expect(202);
    let master: Master = accepted.json();
    assert_eq!(
        accepted.header("location"),
        format!("/v1/jobs/{}", master.job_id)
    );

    let events = client.events(&master.job_id).await.all().await;
    let attempts = events.iter().filter(|job| job.state == "running");
    let progress: Vec<_> = attempts.map(|job| job.progress).collect();
    // How many reports a fast machine has time for, the browser's test asks with a long song.
    assert!(progress.is_sorted() && !progress.is_empty(), "{progress:?}");
    let last = events.last().unwrap();
    assert_eq!(
        (last.state.as_str(), last.attempt, last.progress),
        ("done", 1, 1.0)
    );
    assert!(events.iter().rev().skip(1).all(|job| !job.is_finished()));
    assert!(events.iter().any(|job| job.stage.is_some()), "{events:?}");

    let master = client.show_master(&master.id).await;
    let result = master.result.as_ref().unwrap();
    assert_eq!(
        (master.state.as_str(), result.media_type.as_str()),
        ("done", "audio/wav")
    );
    assert_eq!(result.report["version"], 1);
    assert_eq!(result.report["target"]["name"], "spotify");
    assert_eq!(result.report["target_reached"], true);

    let file = client.get(&audio(&master)).await.expect(200);
    assert_eq!(file.header("content-type"), "audio/wav");
    assert!(
        file.header("content-disposition")
            .starts_with("attachment; filename=")
    );
    assert_eq!(
        (sha256(&file.body), file.body.len() as u64),
        (result.sha256.clone(), result.size_bytes)
    );
    let wave = Wave::read(&file.body);
    assert_eq!(
        (wave.rate_hz, wave.bits, wave.frames()),
        (44_100, 24, 30 * 44_100)
    );
    let loudness = wave.loudness();
    loudness.meets(-14.0, -1.0);
    let reported = result.report["after"]["integrated_lufs"].as_f64().unwrap();
    assert!(
        (reported - loudness.integrated_lufs).abs() < 0.05,
        "{reported} {loudness:?}"
    );

    let original = client
        .get(&format!("/v1/tracks/{}/audio", track.id))
        .await
        .expect(200);
    assert_eq!(original.body, song);
    assert_eq!(site.masters(&master.id).len(), 1);
    assert_eq!(site.unfinished_files(), Vec::<std::path::PathBuf>::new());
    program.is_well();
}

async fn a_multipart_upload_is_the_same_as_a_raw_one(site: Site) {
    let (_program, client) = site.intake().await;
    let song = Music::of_seconds(3.0).wav();
    let part = Part::bytes(song.clone()).file_name("../take 2.wav");
    let form = Form::new()
        .text("comment", "not the file")
        .part("file", part);
    let request = client.request(Method::POST, "/v1/tracks").multipart(form);
    let answer = client.send(request).await.expect(201);
    let track: Track = answer.json();
    assert_eq!(
        answer.header("location"),
        format!("/v1/tracks/{}", track.id)
    );
    assert_eq!(
        (track.filename.as_str(), track.sha256.as_str()),
        ("take 2.wav", sha256(&song).as_str())
    );

    let raw = client.upload("take 2.wav", &song).await;
    assert_eq!(
        Track {
            id: track.id.clone(),
            ..raw
        },
        track
    );

    let without = Form::new().text("comment", "no file at all");
    let request = client
        .request(Method::POST, "/v1/tracks")
        .multipart(without);
    let answer = client.send(request).await;
    assert_eq!(
        (answer.problem(422).as_str(), answer.field().as_str()),
        ("missing_field", "file")
    );
}

async fn a_master_is_fetched_in_pieces(site: Site) {
    let (_program, client) = site.up().await;
    let master = mastered(&client, &json!("youtube")).await;
    let path = audio(&master);
    let whole = client.get(&path).await.expect(200);
    let length = whole.body.len();
    let etag = whole.header("etag").to_owned();
    assert_eq!(etag, format!("\"{}\"", master.result.unwrap().sha256));
    assert_eq!(whole.header("accept-ranges"), "bytes");

    let third = length / 3;
    let mut glued: Vec<u8> = Vec::new();
    for range in [
        format!("bytes=0-{}", third - 1),
        format!("bytes={third}-{}", 2 * third - 1),
        format!("bytes={}-", 2 * third),
    ] {
        let piece = client.get_with(&path, "range", &range).await.expect(206);
        let first = glued.len();
        glued.extend(&piece.body);
        let told = format!("bytes {first}-{}/{length}", glued.len() - 1);
        assert_eq!(piece.header("content-range"), told);
        assert_eq!(piece.header("content-length"), piece.body.len().to_string());
    }
    assert!(glued == whole.body, "the pieces differ from the whole");
    let tail = client
        .get_with(&path, "range", "bytes=-1000")
        .await
        .expect(206);
    assert!(whole.body.ends_with(&tail.body) && tail.body.len() == 1000);

    let beyond = client
        .get_with(&path, "range", &format!("bytes={length}-"))
        .await;
    assert_eq!(beyond.problem(416), "no_such_range");
    assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
    let same = client
        .get_with(&path, "if-none-match", &etag)
        .await
        .expect(304);
    assert!(same.body.is_empty());
    let other = client
        .get_with(&path, "if-none-match", "\"another\"")
        .await
        .expect(200);
    assert_eq!(other.body.len(), length);

    let changed = client
        .request(Method::GET, &path)
        .header("range", "bytes=0-9");
    let changed = client.send(changed.header("if-range", "\"another\"")).await;
    assert_eq!(changed.expect(200).body.len(), length);
    let head = client
        .send(client.request(Method::HEAD, &path))
        .await
        .expect(200);
    assert_eq!(head.header("content-length"), length.to_string());
    assert_eq!(head.header("etag"), etag);
    assert!(head.body.is_empty());
}

async fn a_master_goes_by_a_reference_and_its_own_figures(site: Site) {
    let (_program, client) = site.up().await;
    let track = client.song(20.0).await;
    let reference = Music::of_seconds(10.0).seeded(7).wav();
    let reference = client.upload("reference.wav", &reference).await;
    let wish = json!({
        "track_id": track.id,
        "reference_track_id": reference.id,
        "target": { "integrated_lufs": -16.5, "ceiling_dbtp": -2.0 },
        "bits": "32f",
    });
    let master = client.master(&wish).await;
    let early = client.get(&audio(&master)).await;
    assert!(early.status == 200 || early.problem(409) == "not_finished");
    assert_eq!(client.finished(&master.job_id).await.state, "done");
    let file = client.get(&audio(&master)).await.expect(200);
    let wave = Wave::read(&file.body);
    assert_eq!(wave.bits, 32);
    wave.loudness().meets(-16.5, -2.0);
}

/// A master that is done.
async fn mastered(client: &Client, target: &serde_json::Value) -> Master {
    let track = client.song(10.0).await;
    let master = client
        .master(&json!({ "track_id": track.id, "target": target }))
        .await;
    assert_eq!(client.finished(&master.job_id).await.state, "done");
    client.show_master(&master.id).await
}

fn audio(master: &Master) -> String {
    format!("/v1/masters/{}/audio", master.id)
}
