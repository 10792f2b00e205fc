//! What can be asked of a master: presets, references with weights, several files; and what is
//! refused, by field.

use serde_json::{Value, json};
use support::client::{Master, Page};
use support::digest::sha256;
use support::loudness::Wave;
use support::music::Music;
use support::site::Site;

on_both_databases! {
    one_master_has_several_files_a_preset_and_weighted_references
    masters_of_before_there_were_settings_are_as_they_were
}

async fn one_master_has_several_files_a_preset_and_weighted_references(site: Site) {
    let (mut program, client) = site.up().await;
    let track = client.song(12.0).await;
    let mut references = Vec::new();
    for (seed, weight) in [(7, 1.0), (8, 2.5)] {
        let song = Music::of_seconds(8.0).seeded(seed).wav();
        let reference = client.upload(&format!("{seed}.wav"), &song).await;
        references.push(json!({ "track_id": reference.id, "weight": weight }));
    }
    let wish = json!({
        "track_id": track.id,
        "target": "spotify",
        "ceiling_dbtp": -1.5,
        "codec_safe": true,
        "preset": "pop",
        "amounts": { "saturation": 10 },
        "references": references,
        "tone": { "amount_percent": 60, "bound_db": 3 },
        "outputs": [
            { "format": "wav", "bits": "24" },
            { "format": "flac", "bits": "16", "dither": "shaped", "sample_rate_hz": 48_000 },
            { "format": "vorbis", "excerpt_seconds": 5 },
        ],
    });
    let master = client.master(&wish).await;
    assert_eq!(master.settings["preset"], "pop");
    assert_eq!(master.settings["references"], json!(references));
    assert_eq!(master.files, []);
    let job = client.finished(&master.job_id).await;
    assert_eq!(job.state, "done", "{job:?}");

    let master = client.show_master(&master.id).await;
    let names: Vec<_> = master.files.iter().map(|file| file.name.as_str()).collect();
    let expected = [
        "master-24bit.wav",
        "master-16bit-shaped-48000hz.flac",
        "master-5s.ogg",
    ];
    assert_eq!(names, expected);
    let starts: [&[u8]; 3] = [b"RIFF", b"fLaC", b"OggS"];
    for (file, start) in master.files.iter().zip(starts) {
        assert_eq!(
            file.url,
            format!("/v1/masters/{}/files/{}", master.id, file.name)
        );
        let whole = client.get(&file.url).await.expect(200);
        assert_eq!(whole.header("content-type"), file.media_type);
        assert_eq!(
            (sha256(&whole.body), whole.body.len() as u64),
            (file.sha256.clone(), file.size_bytes)
        );
        assert!(whole.body.starts_with(start), "{}", file.name);
        let piece = client.get_with(&file.url, "range", "bytes=0-3").await;
        assert_eq!(piece.expect(206).body, start);
    }
    let first = client
        .get(&format!("/v1/masters/{}/audio", master.id))
        .await
        .expect(200);
    let result = master.result.as_ref().unwrap();
    assert_eq!(sha256(&first.body), result.sha256);
    assert_eq!(result.filename, "song (spotify master, 24bit).wav");
    Wave::read(&first.body).loudness().meets(-14.0, -1.5);
    assert_eq!(result.report["preset"]["name"], "pop");
    assert_eq!(result.report["outputs"].as_array().unwrap().len(), 3);

    page_of(&client, &master).await;
    let unknown = format!("/v1/masters/{}/files/master.wav", master.id);
    assert_eq!(client.get(&unknown).await.problem(404), "not_found");
    assert_eq!(site.masters(&master.id).len(), 3);
    let listed: Page = client.get("/v1/masters").await.expect(200).json();
    assert_eq!(listed.items[0]["files"].as_array().unwrap().len(), 3);
    program.is_well();
}

/// The report as a page: it needs nothing, and is allowed nothing.
async fn page_of(client: &support::client::Client, master: &Master) {
    let path = format!("/v1/masters/{}/report.html", master.id);
    let page = client.get(&path).await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"));
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains("<h1 dir=\"auto\">song</h1>"), "{text:.500}");
    assert!(!text.contains("<script"));
}

/// The way back to the old columns and the way here again, over rows that the old ones can hold.
async fn masters_of_before_there_were_settings_are_as_they_were(site: Site) {
    let (program, client) = site.up().await;
    let track = client.song(4.0).await;
    let song = Music::of_seconds(4.0).seeded(7).wav();
    let reference = client.upload("7.wav", &song).await;
    let mut masters = Vec::new();
    for wish in [
        json!({ "target": "club", "reference_track_id": reference.id, "bits": "32f" }),
        json!({ "target": { "integrated_lufs": -16.5 }, "format": "flac" }),
    ] {
        let mut wish = wish;
        wish["track_id"] = track.id.clone().into();
        let master = client.master(&wish).await;
        assert_eq!(client.finished(&master.job_id).await.state, "done");
        masters.push(client.show_master(&master.id).await);
    }
    let newer = json!({ "track_id": track.id, "target": "natural" });
    let newer = client.master(&newer).await;
    assert_eq!(client.finished(&newer.job_id).await.state, "done");
    drop(program);

    let url = site.database_url();
    let mut back = Vec::new();
    while !back.iter().any(|name: &String| name.contains("001300")) {
        back.extend(db::migrations::revert(&url).await.unwrap());
    }
    back.reverse();
    assert_eq!(db::migrate(&url).await.unwrap(), back);

    let (_program, client) = site.up().await;
    for master in masters {
        let mut expected = master.clone();
        let shown = client.show_master(&master.id).await;
        // Which attempt made a file is in its object's name only.
        expected.files.clone_from(&shown.files);
        assert_eq!((&shown, shown.files.len()), (&expected, 1));
        assert_eq!(shown.files[0].name, master.files[0].name);
        let file = client.get(&shown.files[0].url).await.expect(200);
        assert_eq!(sha256(&file.body), master.result.unwrap().sha256);
    }
    let gone = client.get(&format!("/v1/masters/{}", newer.id)).await;
    assert_eq!(gone.problem(404), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_are_listed_and_the_assistant_gives_its_reasons() {
    let site = Site::sqlite();
    let (_program, client) = site.up().await;
    let presets: Page = client
        .without_token()
        .get("/v1/presets")
        .await
        .expect(200)
        .json();
    let named = |name: &str| {
        let found = presets.items.iter().find(|preset| preset["name"] == name);
        found.unwrap().clone()
    };
    assert_eq!(named("transparent")["stages"], json!([]));
    let pop = named("pop");
    let stages = pop["stages"].as_array().unwrap();
    assert!(stages.contains(&json!({ "stage": "multiband", "amount_percent": 50.0 })));
    assert!(pop["title"].is_string() && pop["summary"].is_string());
    assert_eq!(pop["integrated_lufs"], -11.0);

    let track = client.song(10.0).await;
    let wish = json!({ "track_id": track.id, "target": "preset", "preset": "assistant" });
    let master = client.master(&wish).await;
    assert_eq!(client.finished(&master.job_id).await.state, "done");
    let shown: Value = client
        .get(&format!("/v1/masters/{}", master.id))
        .await
        .expect(200)
        .json();
    assert_eq!(shown["target"]["integrated_lufs"], Value::Null);
    let report = &shown["result"]["report"];
    assert!(report["target"]["integrated_lufs"].is_number());
    let choices = report["choices"].as_array().unwrap();
    assert!(!choices.is_empty());
    assert!(choices.iter().all(|choice| choice["reason"] != ""));
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of wishes, one a row")]
async fn settings_that_can_not_be_met_name_the_field() {
    let site = Site::sqlite();
    let (_program, client) = site.intake().await;
    let track = client.song(1.0).await;
    let own = json!({ "track_id": track.id });
    let nobody = json!({ "track_id": uuid::Uuid::nil() });
    let output = |with: Value| json!({ "outputs": [{}, with] });
    let cases = [
        (json!({ "preset": "loud" }), "unknown_preset", "preset"),
        (
            json!({ "preset": "jazz", "amounts": { "saturation": 5 } }),
            "no_such_stage",
            "amounts.saturation",
        ),
        (
            json!({ "preset": "pop", "amounts": { "eq": 101 } }),
            "out_of_range",
            "amounts.eq",
        ),
        (
            json!({ "preset": "pop", "amounts": { "flanger": 5 } }),
            "invalid_field",
            "amounts.flanger",
        ),
        (
            json!({ "preset": "assistant", "amounts": { "eq": 5 } }),
            "not_with_assistant",
            "amounts",
        ),
        (
            json!({ "ceiling_dbtp": -10 }),
            "out_of_range",
            "ceiling_dbtp",
        ),
        (
            json!({ "target": { "integrated_lufs": -9, "ceiling_dbtp": -1 }, "ceiling_dbtp": -1 }),
            "not_together",
            "ceiling_dbtp",
        ),
        (
            json!({ "codec_safe": "yes" }),
            "invalid_field",
            "codec_safe",
        ),
        (
            json!({ "tone": { "amount_percent": 101 } }),
            "out_of_range",
            "tone.amount_percent",
        ),
        (
            json!({ "tone": { "bound_db": 6.5 } }),
            "out_of_range",
            "tone.bound_db",
        ),
        (json!({ "tone": { "q": 1 } }), "invalid_field", "tone.q"),
        (json!({ "references": [] }), "out_of_range", "references"),
        (
            json!({ "references": vec![own.clone(); 9] }),
            "out_of_range",
            "references",
        ),
        (
            json!({ "references": [{ "track_id": track.id, "weight": 0 }] }),
            "out_of_range",
            "references[0].weight",
        ),
        (
            json!({ "references": [own], "reference_track_id": track.id }),
            "not_together",
            "references",
        ),
        (
            json!({ "target": "reference" }),
            "reference_needed",
            "references",
        ),
        (json!({ "outputs": [] }), "out_of_range", "outputs"),
        (output(json!({})), "duplicate_output", "outputs[1]"),
        (
            json!({ "outputs": [{}], "format": "wav" }),
            "not_together",
            "outputs",
        ),
        (
            output(json!({ "format": "flac", "bits": "32f" })),
            "not_in_this_format",
            "outputs[1].bits",
        ),
        (
            output(json!({ "format": "vorbis", "bits": "16" })),
            "not_in_this_format",
            "outputs[1].bits",
        ),
        (
            output(json!({ "bits": "24", "dither": "shaped" })),
            "not_in_this_format",
            "outputs[1].dither",
        ),
        (
            output(json!({ "sample_rate_hz": 4000 })),
            "out_of_range",
            "outputs[1].sample_rate_hz",
        ),
        (
            output(json!({ "excerpt_seconds": 601 })),
            "out_of_range",
            "outputs[1].excerpt_seconds",
        ),
        (
            output(json!({ "codec": "opus" })),
            "invalid_field",
            "outputs[1].codec",
        ),
    ];
    let wish = |with: &Value| {
        let mut wish = json!({ "track_id": track.id, "target": "spotify" });
        for (name, value) in with.as_object().unwrap() {
            wish[name] = value.clone();
        }
        wish
    };
    for (with, code, field) in cases {
        let answer = client.post("/v1/masters", &wish(&with)).await;
        assert_eq!(
            (answer.problem(422).as_str(), answer.field().as_str()),
            (code, field),
            "{with}"
        );
    }
    let unknown = json!({ "references": [{ "track_id": track.id }, nobody] });
    let answer = client.post("/v1/masters", &wish(&unknown)).await;
    assert_eq!(
        (answer.problem(404).as_str(), answer.field().as_str()),
        ("not_found", "references[1].track_id")
    );
    for field in ["outputs", "format", "bits"] {
        let mut wish = wish(&json!({}));
        wish[field] = "16".into();
        let answer = client.post("/v1/previews", &wish).await;
        assert_eq!(
            (answer.problem(422).as_str(), answer.field().as_str()),
            ("invalid_field", field)
        );
    }
    let listed: Page = client.get("/v1/jobs").await.expect(200).json();
    assert!(listed.items.is_empty());
}
