//! `maxbooster master` and `measure` on local files.

use std::process::Command;

use serde_json::Value;
use support::loudness::Wave;
use support::music::{Music, silence};
use support::program::Finished;
use support::site::Site;

async fn master(site: &Site, args: &str) -> Finished {
    let words: Vec<_> = std::iter::once("master")
        .chain(args.split_whitespace())
        .collect();
    site.run(&words).await
}

fn wave(site: &Site, name: &str) -> Wave {
    Wave::read(&std::fs::read(site.folder().join(name)).unwrap())
}

fn exists(site: &Site, name: &str) -> bool {
    site.folder().join(name).exists()
}

fn song(site: &Site) {
    site.file("in.wav", &Music::of_seconds(12.0).wav());
}

#[tokio::test]
async fn targets_and_figures_of_ones_own_are_met() {
    let site = Site::sqlite();
    song(&site);
    for (args, lufs, ceiling, bits) in [
        ("", -14.0, -1.0, 24),
        ("--target apple-music --bits 16", -16.0, -1.0, 16),
        ("--target amazon --bits 32f", -14.0, -2.0, 32),
        ("--lufs -18", -18.0, -1.0, 24),
        ("--lufs -12 --ceiling -1.5", -12.0, -1.5, 24),
    ] {
        let said = master(&site, &format!("in.wav -o out.wav {args}"))
            .await
            .well();
        assert!(said.contains("LUFS") && said.contains("dBTP"), "{said}");
        let wave = wave(&site, "out.wav");
        assert_eq!((wave.bits, wave.frames()), (bits, 12 * 44_100));
        wave.loudness().meets(lufs, ceiling);
    }
    assert!(
        !exists(&site, "data"),
        "a local master needs no data folder"
    );
}

#[tokio::test]
async fn a_report_a_reference_and_flac_by_the_outputs_name() {
    let site = Site::sqlite();
    song(&site);
    site.file("ref.wav", &Music::of_seconds(6.0).seeded(9).wav());
    let args = "in.wav -o out.flac --bits 16 --reference ref.wav --report report.json";
    master(&site, args).await.well();
    let report: Value =
        serde_json::from_slice(&std::fs::read(site.folder().join("report.json")).unwrap()).unwrap();
    assert_eq!(
        (&report["version"], &report["output"]["format"]),
        (&1.into(), &"flac".into())
    );
    assert_eq!(report["target_reached"], true);

    let flac = Command::new("flac")
        .args(["-d", "-s", "out.flac"])
        .current_dir(site.folder())
        .status();
    assert!(flac.unwrap().success());
    let decoded = wave(&site, "out.wav");
    assert_eq!((decoded.bits, decoded.frames()), (16, 12 * 44_100));
    decoded.loudness().meets(-14.0, -1.0);

    master(&site, "in.wav -o named.wav --format flac")
        .await
        .well();
    assert!(
        std::fs::read(site.folder().join("named.wav"))
            .unwrap()
            .starts_with(b"fLaC")
    );
}

#[tokio::test]
async fn several_files_a_preset_and_weighted_references_in_one_run() {
    let site = Site::sqlite();
    song(&site);
    for seed in [8, 9] {
        let name = format!("{seed}.wav");
        site.file(&name, &Music::of_seconds(6.0).seeded(seed).wav());
    }
    let args = "in.wav -o out.wav -o cd.flac,bits=16,dither=shaped -o teaser.ogg,excerpt=5 \
                --preset pop --amount saturation=10 --codec-safe --target natural --ceiling -2 \
                --reference 8.wav --reference 9.wav:2.5 --report report.json";
    let said = master(&site, args).await.well();
    assert!(said.contains("cd.flac") && said.contains("Pop"), "{said}");
    let read = |name: &str| std::fs::read(site.folder().join(name)).unwrap();
    assert!(read("cd.flac").starts_with(b"fLaC") && read("teaser.ogg").starts_with(b"OggS"));
    assert!(wave(&site, "out.wav").loudness().true_peak_dbtp < -1.9);
    let report: Value = serde_json::from_slice(&read("report.json")).unwrap();
    assert_eq!(report["outputs"].as_array().unwrap().len(), 3);
    assert_eq!(report["preset"]["name"], "pop");
}

#[tokio::test]
async fn analyze_tells_and_draws() {
    let site = Site::sqlite();
    song(&site);
    let all = [
        "analyze",
        "in.wav",
        "--json",
        "--peaks",
        "p.dat",
        "--spectrogram",
        "s.png",
    ];
    let found: Value = serde_json::from_str(&site.run(&all).await.well()).unwrap();
    assert_eq!(found["faults"][0]["code"], "very_short");
    let read = |name: &str| std::fs::read(site.folder().join(name)).unwrap();
    assert!(read("s.png").starts_with(b"\x89PNG"));
    assert_eq!(read("p.dat")[..8], [2, 0, 0, 0, 1, 0, 0, 0]);
    let json = ["analyze", "in.wav", "--peaks", "p.json"];
    let said = site.run(&json).await.well();
    assert!(
        said.contains("integrated loudness") && said.contains("very_short"),
        "{said}"
    );
    let peaks: Value = serde_json::from_slice(&read("p.json")).unwrap();
    assert_eq!(peaks["version"], 2);
    let over = ["analyze", "in.wav", "--peaks", "./in.wav"];
    assert!(
        site.run(&over)
            .await
            .refused()
            .contains("replace its own track")
    );
    site.file("text.wav", b"not a song");
    let refused = site.run(&["analyze", "text.wav"]).await.refused();
    assert!(refused.contains("not_audio"), "{refused}");
}

#[tokio::test]
async fn bad_input_is_refused_in_plain_words_and_leaves_nothing() {
    let site = Site::sqlite();
    song(&site);
    let whole = Music::of_seconds(4.0).wav();
    site.file("text.wav", b"This is a shopping list, not a song.\n");
    site.file("cut.wav", &whole[..whole.len() / 2]);
    site.file("empty.wav", b"");
    site.file("silence.wav", &silence(5.0));
    std::fs::create_dir(site.folder().join("folder")).unwrap();
    for name in ["ref.wav", "song.wav.part"] {
        site.file(name, &whole);
    }
    for (args, words) in [
        ("missing.wav -o out.wav", "missing.wav"),
        ("text.wav -o out.wav", "not_audio"),
        ("cut.wav -o out.wav", "truncated"),
        ("empty.wav -o out.wav", "empty_file"),
        ("folder -o out.wav", "not a file"),
        ("in.wav -o in.wav", "replace its own track"),
        ("in.wav -o ./folder/../in.wav", "replace its own track"),
        ("in.wav -o nowhere/out.wav", "no such folder"),
        ("in.wav -o folder", "is a folder"),
        (
            "in.wav -o out.wav --report nowhere/r.json",
            "no such folder",
        ),
        ("in.wav -o out.wav --report folder", "is a folder"),
        (
            "in.wav -o ref.wav --reference ref.wav",
            "the master would replace its reference",
        ),
        (
            "in.wav -o out.wav --report in.wav",
            "the report would replace its own track",
        ),
        (
            "in.wav -o out.wav --reference ref.wav --report ./ref.wav",
            "the report would replace its reference",
        ),
        (
            "in.wav -o out.wav --report folder/../out.wav",
            "the report would replace the master",
        ),
        (
            "song.wav.part -o song.wav",
            "the unfinished master would replace its own track",
        ),
        ("in.wav -o out.wav --target spotfy", "spotify"),
        ("in.wav -o out.wav --reference missing.wav", "missing.wav"),
        ("in.wav -o out.wav --reference text.wav", "text.wav"),
        ("in.wav -o out.flac --bits 32f", "not_in_this_format"),
        ("in.wav -o out.wav --lufs 3", "target.integrated_lufs"),
        (
            "in.wav -o out.wav --lufs -9 --ceiling 1",
            "target.ceiling_dbtp",
        ),
        ("in.wav -o out.wav --target cd --lufs -9", "--lufs"),
        ("in.wav -o out.wav --ceiling -10", "ceiling_dbtp"),
        ("in.wav -o out.wav --preset loud", "unknown_preset"),
        ("in.wav -o out.wav --amount eq=5", "no_such_stage"),
        ("in.wav -o out.wav --amount flanger=5", "flanger"),
        ("in.wav -o out.wav --target reference", "reference_needed"),
        ("in.wav -o out.wav,bits=8", "32f"),
        (
            "in.wav -o out.wav -o ./out.wav,bits=16",
            "replace the master",
        ),
        (
            "in.wav -o out.wav --reference ref.wav:0",
            "references[0].weight",
        ),
        ("in.wav -o out.wav --bits 8", "32f"),
        ("in.wav", "--output"),
    ] {
        let said = master(&site, args).await.refused();
        assert!(said.contains(words), "{args}: {said}");
        assert!(
            !exists(&site, "out.wav") && !exists(&site, "out.flac"),
            "{args}"
        );
    }
    for name in ["ref.wav", "song.wav.part"] {
        assert_eq!(std::fs::read(site.folder().join(name)).unwrap(), whole);
    }
    assert_eq!(
        std::fs::read(site.folder().join("in.wav")).unwrap(),
        Music::of_seconds(12.0).wav()
    );
}

/// Silence has no loudness to bring anywhere: it is either told so, or kept silent with a note.
#[tokio::test]
async fn silence_is_told_of() {
    let site = Site::sqlite();
    site.file("silence.wav", &silence(5.0));
    let finished = master(&site, "silence.wav -o out.wav").await;
    if finished.code == Some(0) {
        assert!(finished.stdout.contains("note:"), "{finished:?}");
        assert!(
            wave(&site, "out.wav")
                .samples
                .iter()
                .all(|sample| sample.abs() < 1e-4)
        );
    } else {
        assert!(finished.stderr.contains("silen"), "{finished:?}");
        assert!(!exists(&site, "out.wav"));
    }
}

#[tokio::test]
async fn measure_prints_one_object_a_line() {
    const FIELDS: [&str; 10] = [
        "file",
        "sample_rate",
        "channels",
        "duration_seconds",
        "integrated_lufs",
        "lra_lu",
        "max_momentary_lufs",
        "max_short_term_lufs",
        "true_peak_dbtp",
        "sample_peak_dbfs",
    ];
    let site = Site::sqlite();
    song(&site);
    site.file("silence.wav", &silence(5.0));
    let said = site
        .run(&["measure", "in.wav", "silence.wav", "--json"])
        .await
        .well();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let names = line.as_object().unwrap().keys().map(String::as_str);
        assert!(
            FIELDS
                .iter()
                .all(|field| names.clone().any(|name| name == *field)),
            "{line}"
        );
        assert_eq!(names.count(), FIELDS.len());
    }
    assert_eq!(
        (&lines[0]["file"], &lines[0]["sample_rate"]),
        (&"in.wav".into(), &44_100.into())
    );
    assert_eq!(lines[0]["duration_seconds"], 12.0);
    let independent = wave(&site, "in.wav").loudness();
    let told = |name: &str| lines[0][name].as_f64().unwrap();
    assert!((told("integrated_lufs") - independent.integrated_lufs).abs() < 0.05);
    assert!((told("true_peak_dbtp") - independent.true_peak_dbtp).abs() < 0.3);
    assert!(lines[1]["integrated_lufs"].is_null() && lines[1]["true_peak_dbtp"].is_null());

    site.file("text.wav", b"not a song");
    let mixed = site.run(&["measure", "text.wav", "in.wav", "--json"]).await;
    assert_eq!((mixed.code, mixed.stdout.lines().count()), (Some(1), 1));
    assert!(mixed.stderr.contains("text.wav"), "{}", mixed.stderr);
    let block = site.run(&["measure", "in.wav"]).await.well();
    assert!(block.contains("integrated loudness"));
}
