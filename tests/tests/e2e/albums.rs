//! Albums: tracks that are mastered together.

use serde_json::{Value, json};
use support::client::{Client, MadeFile, Page};
use support::digest::sha256;
use support::loudness::Wave;
use support::music::{Music, wav_16};
use support::site::Site;

on_both_databases! {
    an_albums_tracks_keep_their_loudness_against_each_other
    an_album_whose_process_was_killed_is_made_once_after_the_next_start
    what_is_no_album_is_refused_by_field
}

/// Three songs, of which the second is 6 dB quieter.
fn songs() -> Vec<Vec<u8>> {
    (1..=3)
        .map(|seed| {
            let song = Music::of_seconds(8.0).seeded(seed).wav();
            let wave = Wave::read(&song);
            let gain = if seed == 2 { 0.5 } else { 1.0 };
            let scaled = wave.samples.iter().map(|sample| sample * gain * 32_768.0);
            #[expect(clippy::cast_possible_truncation, reason = "back to 16 bits")]
            let samples: Vec<_> = scaled.map(|sample| sample as i16).collect();
            wav_16(wave.rate_hz, wave.channels, &samples)
        })
        .collect()
}

async fn uploaded(client: &Client, songs: &[Vec<u8>]) -> Vec<String> {
    let mut ids = Vec::new();
    for (number, song) in (1..).zip(songs) {
        let track = client.upload(&format!("song {number}.wav"), song).await;
        ids.push(track.id);
    }
    ids
}

async fn album(client: &Client, wish: &Value) -> Value {
    client.post("/v1/albums", wish).await.expect(202).json()
}

async fn shown(client: &Client, album: &Value) -> Value {
    client.get(&path(album)).await.expect(200).json()
}

fn path(album: &Value) -> String {
    format!("/v1/albums/{}", text(&album["id"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn files(track: &Value) -> Vec<MadeFile> {
    serde_json::from_value(track["files"].clone()).unwrap()
}

async fn an_albums_tracks_keep_their_loudness_against_each_other(site: Site) {
    let (mut program, client) = site.up().await;
    let songs = songs();
    let tracks = uploaded(&client, &songs).await;
    let wish = json!({
        "track_ids": tracks,
        "title": "Three Songs",
        "target": { "integrated_lufs": -16.0 },
        "outputs": [{ "format": "wav" }, { "format": "vorbis", "excerpt_seconds": 4 }],
    });
    let asked = album(&client, &wish).await;
    let job = client.finished(text(&asked["job_id"])).await;
    assert_eq!(
        (job.state.as_str(), job.kind.as_str()),
        ("done", "master_album"),
        "{job:?}"
    );

    let done = shown(&client, &asked).await;
    assert_eq!(done["title"], "Three Songs");
    let (mut whole, mut changes) = (Vec::new(), Vec::new());
    for (song, (track, id)) in songs
        .iter()
        .zip(done["tracks"].as_array().unwrap().iter().zip(&tracks))
    {
        assert_eq!(text(&track["track_id"]), id);
        let files = files(track);
        let number = track["number"].as_u64().unwrap();
        let names: Vec<_> = files.iter().map(|file| file.name.clone()).collect();
        let expected = ["master-24bit.wav", "master-4s.ogg"];
        assert_eq!(names, expected.map(|name| format!("{number:02}-{name}")));
        let file = client.get(&files[0].url).await.expect(200);
        assert_eq!(sha256(&file.body), files[0].sha256);
        let saved = file.header("content-disposition").to_owned();
        let expected = format!("{number:02} song {number} (custom master, 24bit).wav");
        assert!(saved.contains(&expected), "{saved}");
        let (before, mut after) = (Wave::read(song), Wave::read(&file.body));
        assert_eq!(before.frames(), after.frames());
        let change = after.loudness().integrated_lufs - before.loudness().integrated_lufs;
        changes.push(change);
        whole.append(&mut after.samples);

        let report = &track["report"];
        assert_eq!(report["album"]["tracks"], 3);
        assert!(report.get("waveform").is_none());
        let path = format!("{}/tracks/{number}", path(&asked));
        let full = client.get(&format!("{path}/report.json")).await.expect(200);
        assert!(full.json::<Value>()["waveform"].is_object());
        let page = client.get(&format!("{path}/report.html")).await.expect(200);
        assert!(String::from_utf8_lossy(&page.body).contains(&format!("song {number}")));
    }
    let even = |change: &f64| (change - changes[0]).abs() < 0.1;
    assert!(changes.iter().all(even), "{changes:?}");
    let mut wave = Wave::read(&songs[0]);
    wave.samples = whole;
    let loudness = wave.loudness().integrated_lufs;
    assert!((loudness + 16.0).abs() < 0.1, "{loudness}");
    let told = done["result"]["integrated_lufs"].as_f64().unwrap();
    assert!((told - loudness).abs() < 0.05, "{told} {loudness}");
    assert_eq!(done["result"]["rounds"], 1);

    let page: Page = client.get("/v1/albums").await.expect(200).json();
    assert_eq!(page.items[0]["id"], asked["id"]);
    assert_eq!(
        page.items[0]["tracks"][2]["files"],
        done["tracks"][2]["files"]
    );
    let (_, token) = site.artist("Somebody Else").await;
    let other = client.with_token(&token);
    let page: Page = other.get("/v1/albums").await.expect(200).json();
    assert!(page.items.is_empty());
    for what in [
        "",
        "/files/01-master-24bit.wav",
        "/tracks/1/report.json",
        "/tracks/1/report.html",
    ] {
        let path = format!("{}{what}", path(&asked));
        assert_eq!(other.get(&path).await.problem(404), "not_found", "{path}");
    }
    let refused = other.post("/v1/albums", &wish).await;
    assert_eq!(refused.problem(404), "not_found");
    assert_eq!(refused.field(), "track_ids[0]");
    program.is_well();
}

async fn an_album_whose_process_was_killed_is_made_once_after_the_next_start(site: Site) {
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let songs: Vec<_> = (0..4)
        .map(|seed| Music::of_seconds(120.0).seeded(seed).wav())
        .collect();
    let tracks = uploaded(&client, &songs).await;
    let wish = json!({ "track_ids": tracks, "target": "spotify", "format": "flac" });
    let asked = album(&client, &wish).await;
    let mut events = client.events(text(&asked["job_id"])).await;
    events.until_past(0.5).await;
    program.kill();

    let (mut program, client) = site.up().await;
    let job = client.finished(text(&asked["job_id"])).await;
    assert_eq!((job.state.as_str(), job.attempt), ("done", 2), "{job:?}");
    let done = shown(&client, &asked).await;
    let kept = site.objects("artists/");
    let kept: Vec<_> = kept
        .iter()
        .filter(|name| name.contains("/albums/"))
        .collect();
    assert_eq!(kept.len(), 4, "{kept:?}");
    for track in done["tracks"].as_array().unwrap() {
        let file = &files(track)[0];
        let whole = client.get(&file.url).await.expect(200);
        assert_eq!(sha256(&whole.body), file.sha256);
    }
    program.is_well();
}

async fn what_is_no_album_is_refused_by_field(site: Site) {
    let (_program, client) = site.intake().await;
    let track = client.song(2.0).await.id;
    let nobodys = uuid::Uuid::now_v7();
    let refusals = [
        (
            json!({ "track_ids": [], "target": "cd" }),
            422,
            "track_ids",
            "out_of_range",
        ),
        (
            json!({ "track_ids": [track, track], "target": "cd" }),
            422,
            "track_ids[1]",
            "duplicate_track",
        ),
        (
            json!({ "track_ids": [track, nobodys], "target": "cd" }),
            404,
            "track_ids[1]",
            "not_found",
        ),
        (
            json!({ "track_ids": [track], "target": "cdx" }),
            422,
            "target",
            "unknown_target",
        ),
        (
            json!({ "track_ids": [track], "target": "cd", "title": "" }),
            422,
            "title",
            "out_of_range",
        ),
        (
            json!({ "track_ids": [track], "target": "cd", "track_id": track }),
            422,
            "track_id",
            "invalid_field",
        ),
        (
            json!({ "track_ids": [track], "target": "cd", "references": [{ "track_id": nobodys }] }),
            404,
            "references[0].track_id",
            "not_found",
        ),
    ];
    for (wish, status, field, code) in refusals {
        let refused = client.post("/v1/albums", &wish).await;
        assert_eq!(refused.problem(status), code, "{wish}");
        assert_eq!(refused.field(), field, "{wish}");
    }
    let page: Page = client.get("/v1/albums").await.expect(200).json();
    assert!(page.items.is_empty());
    let asked = album(&client, &json!({ "track_ids": [track], "target": "cd" })).await;
    let file = format!("{}/files/01-master-24bit.wav", path(&asked));
    assert_eq!(client.get(&file).await.problem(409), "not_finished");
    let report = format!("{}/tracks/1/report.json", path(&asked));
    assert_eq!(client.get(&report).await.problem(409), "not_finished");
    let report = format!("{}/tracks/2/report.json", path(&asked));
    assert_eq!(client.get(&report).await.problem(404), "not_found");
}

#[tokio::test]
async fn local_files_are_mastered_together_and_all_come_down_for_one() {
    let site = Site::sqlite();
    for (number, song) in (1..).zip(songs()) {
        site.file(&format!("{number}.wav"), &song);
    }
    // Clicks over silence can't be loud.
    let mut clicks = vec![0_i16; 2 * 8 * 44_100];
    for click in clicks.chunks_mut(44_100) {
        click[..40].fill(30_000);
    }
    site.file("4.wav", &wav_16(44_100, 2, &clicks));
    std::fs::create_dir(site.folder().join("out")).unwrap();
    let run = async |args: &str| {
        let words: Vec<_> = args.split_whitespace().collect();
        site.run(&words).await
    };
    let said =
        run("album 1.wav 2.wav 3.wav 4.wav -o out --lufs -9 --format flac --report out/r.json")
            .await
            .well();
    assert!(said.contains("lower than asked for"), "{said}");
    let report = std::fs::read(site.folder().join("out/r.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert!(report["rounds"].as_u64().unwrap() > 1, "{report}");
    assert!(report["lowered_lu"].as_f64().unwrap() > 0.5);
    let figure = |report: &Value, when: &str| report[when]["integrated_lufs"].as_f64().unwrap();
    let tracks = report["tracks"].as_array().unwrap().iter();
    let changes: Vec<_> = tracks
        .map(|track| figure(track, "after") - figure(track, "before"))
        .collect();
    let even = |change: &f64| (change - changes[0]).abs() < 0.1;
    assert!(changes.iter().all(even), "{changes:?}");
    for number in 1..=4 {
        let file = std::fs::read(site.folder().join(format!("out/{number}.flac"))).unwrap();
        assert!(file.starts_with(b"fLaC"));
    }

    let refused = run("album 1.wav 1.wav -o out").await.refused();
    assert!(refused.contains("would replace"), "{refused}");
    run("album 1.wav 2.wav -o .").await.refused();
    run("album 1.wav 2.wav -o nowhere").await.refused();
}
