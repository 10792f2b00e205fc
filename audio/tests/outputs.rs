//! What may be asked of a file: an excerpt, another sample rate, shaped dither, Vorbis; and a
//! ceiling that lossy coding does not pass.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "a panic here is a failed test"
)]

mod signals;

use audio::master::{Bits, Dither, Format, OutputKind};
use signals::{
    decode, independent_lufs, master, master_with, music, preset, reference_peak, settings, wav,
};

const RATE: u32 = 44_100;

/// Quiet music with a loud part from 40 to 50 seconds.
fn with_a_loud_part() -> Vec<f32> {
    let mut samples = music(RATE, 60.0, 0.1, 31);
    let loud = 40 * 2 * RATE as usize..50 * 2 * RATE as usize;
    for sample in &mut samples[loud] {
        *sample *= 3.0;
    }
    samples
}

#[test]
fn a_preview_is_the_loudest_part_faded_at_both_ends() {
    let source = with_a_loud_part();
    let mut settings = settings(-16.0, -1.0, Format::Wav, Bits::B24);
    settings.outputs.push(OutputKind::preview(10));
    let (report, files) = master_with(
        wav(RATE, 2, &source),
        Vec::new(),
        &settings,
        &mut audio::Unwatched,
    )
    .unwrap();
    let [whole, preview] = report.outputs.as_slice() else {
        panic!("two outputs: {:?}", report.outputs);
    };
    assert_eq!((whole.frames, preview.frames), (60 * 44_100, 10 * 44_100));
    assert_eq!(whole.excerpt_from_seconds, None);
    let from = preview.excerpt_from_seconds.unwrap();
    assert!((from - 40.0).abs() < 0.2, "{from}");
    assert!(files[1].starts_with(b"OggS"));

    let (source, samples) = decode(files[1].clone()).unwrap();
    assert_eq!(source.info().codec, "vorbis");
    assert_eq!(samples.len(), 2 * 10 * 44_100);
    let (_, master) = decode(files[0].clone()).unwrap();
    let first = (from * 44_100.0).round() as usize * 2;
    let middle = 2 * 44_100..2 * 8 * 44_100;
    let loudness = |samples: &[f32]| independent_lufs(RATE, 2, samples);
    let same = loudness(&master[first + middle.start..first + middle.end]);
    let ours = loudness(&samples[middle]);
    assert!((same - ours).abs() < 0.3, "{same} {ours}");
    let last = &samples[samples.len() - 200..];
    assert!(samples[..20].iter().chain(last).all(|it| it.abs() < 0.05));
}

#[test]
fn a_preview_alone_tells_whether_its_master_would_reach_the_target() {
    let source = wav(RATE, 2, &with_a_loud_part());
    let mut settings = settings(-16.0, -1.0, Format::Wav, Bits::B24);
    settings.outputs = vec![OutputKind::preview(10)];
    let (report, _) = master(source, &settings).unwrap();
    assert!(report.target_reached, "{:?}", report.notes);
}

#[test]
fn a_track_shorter_than_its_preview_is_given_whole() {
    let source = music(RATE, 4.0, 0.3, 32);
    let mut settings = settings(-16.0, -1.0, Format::Wav, Bits::B24);
    settings.outputs = vec![OutputKind {
        excerpt_seconds: Some(30),
        ..OutputKind::new(Format::Flac, Bits::B24)
    }];
    let (report, file) = master(wav(RATE, 2, &source), &settings).unwrap();
    assert_eq!(report.output.excerpt_from_seconds, Some(0.0));
    assert_eq!(decode(file).unwrap().1.len(), source.len());
}

#[test]
fn another_sample_rate_keeps_loudness_ceiling_and_length_in_time() {
    let source = music(48_000, 8.0, 0.5, 33);
    for rate in [44_100, 96_000, 32_000] {
        let mut settings = settings(-12.0, -1.0, Format::Wav, Bits::B24);
        settings.outputs = vec![OutputKind {
            sample_rate_hz: Some(rate),
            ..OutputKind::new(Format::Wav, Bits::B24)
        }];
        let (report, file) = master(wav(48_000, 2, &source), &settings).unwrap();
        let (decoded, samples) = decode(file).unwrap();
        assert_eq!(decoded.info().sample_rate_hz, rate);
        assert_eq!(samples.len(), 2 * 8 * rate as usize);
        assert_eq!(report.output.sample_rate_hz, rate);
        let loudness = independent_lufs(rate, 2, &samples);
        assert!((loudness + 12.0).abs() <= 0.05, "{loudness} at {rate}");
        for side in 0..2 {
            let side: Vec<f32> = samples.iter().skip(side).step_by(2).copied().collect();
            let peak = reference_peak(&side);
            assert!(peak <= -0.98, "{peak} at {rate}");
        }
    }
}

#[test]
fn shaped_dither_is_another_file_and_refused_where_it_is_not_made_for() {
    let source = music(RATE, 3.0, 0.3, 34);
    let kind = |dither| OutputKind {
        dither,
        ..OutputKind::new(Format::Wav, Bits::B16)
    };
    let mut settings = settings(-16.0, -1.0, Format::Wav, Bits::B16);
    settings.outputs = vec![kind(Dither::Triangular), kind(Dither::Shaped)];
    let made = |rate: u32| {
        let source = wav(rate, 2, &source);
        master_with(source, Vec::new(), &settings, &mut audio::Unwatched)
    };
    let (_, files) = made(44_100).unwrap();
    assert_ne!(files[0], files[1]);
    let refused = made(96_000).unwrap_err();
    assert_eq!(refused.code(), "invalid_settings");
}

#[test]
fn what_cannot_be_written_is_refused_before_any_work() {
    let source = wav(RATE, 2, &music(RATE, 1.0, 0.3, 35));
    let wav24 = OutputKind::new(Format::Wav, Bits::B24);
    let wrong = [
        OutputKind::new(Format::Flac, Bits::F32),
        OutputKind::new(Format::Vorbis, Bits::B16),
        OutputKind {
            dither: Dither::Shaped,
            ..wav24
        },
        OutputKind {
            sample_rate_hz: Some(4_000),
            ..wav24
        },
        OutputKind {
            excerpt_seconds: Some(0),
            ..wav24
        },
    ];
    for kind in wrong {
        let mut settings = settings(-16.0, -1.0, Format::Wav, Bits::B24);
        settings.outputs = vec![kind];
        let refused = master(source.clone(), &settings).unwrap_err();
        assert_eq!(refused.code(), "invalid_settings", "{kind:?}");
    }
}

#[test]
fn a_ceiling_for_codecs_is_lowered_and_told() {
    let source = wav(RATE, 2, &music(RATE, 12.0, 0.5, 36));
    let mut settings = settings(-9.0, -0.5, Format::Wav, Bits::B24);
    let (plain, _) = master(source.clone(), &settings).unwrap();
    let worst = |report: &audio::Report| {
        let codecs = report.codecs.iter().map(|codec| codec.worst_dbtp);
        codecs.fold(f64::NEG_INFINITY, f64::max)
    };
    assert!(worst(&plain) > 0.5, "a test that asks for nothing");
    let codes = |report: &audio::Report| -> Vec<String> {
        report.notes.iter().map(|note| note.code.clone()).collect()
    };
    assert!(codes(&plain).contains(&"codec_overshoot".to_owned()));
    settings.target.codec_safe = true;
    let (safe, _) = master(source, &settings).unwrap();
    assert!(codes(&safe).contains(&"ceiling_lowered".to_owned()));
    assert!(safe.target.ceiling_dbtp < -0.5);
    let peak = safe.after.true_peak_dbtp.unwrap();
    assert!(peak <= safe.target.ceiling_dbtp + 0.02, "{peak}");
    // Not all of what is feared is held off where that would take too much.
    assert!(worst(&safe) < worst(&plain) - 0.5);
    assert!(worst(&safe) <= 0.05 || safe.target.ceiling_dbtp <= -3.99);
}

#[test]
fn codecs_are_predicted_of_the_sound_and_not_of_what_a_lossy_file_makes_of_it() {
    let source = wav(RATE, 2, &music(RATE, 12.0, 0.5, 36));
    let mut settings = settings(-9.0, -0.5, Format::Wav, Bits::F32);
    settings.outputs[0].excerpt_seconds = Some(5);
    let (lossless, _) = master(source.clone(), &settings).unwrap();
    settings.outputs = vec![OutputKind::preview(5)];
    let (lossy, _) = master(source.clone(), &settings).unwrap();
    assert!(!lossy.codecs.is_empty());
    assert_eq!(lossless.codecs, lossy.codecs);
    // A preview of a master that leaves room leaves it too.
    settings.target.codec_safe = true;
    let (safe, _) = master(source, &settings).unwrap();
    assert!(safe.target.ceiling_dbtp < -0.5);
}

#[test]
fn a_preset_shapes_the_sound_and_the_assistant_says_why() {
    let source = wav(RATE, 2, &music(RATE, 12.0, 0.3, 37));
    let mut settings = settings(-12.0, -1.0, Format::Wav, Bits::B24);
    settings.shaping = preset("rock");
    let (report, rock) = master(source.clone(), &settings).unwrap();
    let applied = |report: &audio::Report, stage: &str| {
        report
            .stages
            .iter()
            .any(|it| it.stage == stage && it.applied)
    };
    assert!(applied(&report, "eq") && applied(&report, "multiband"));
    assert!(report.choices.is_empty());
    assert_eq!(report.preset.as_ref().unwrap().name, "rock");
    assert!(report.target_reached, "{:?}", report.notes);

    settings.shaping = audio::master::Shaping::Assistant;
    settings.target.loudness = audio::master::Loudness::Preset;
    let (report, chosen) = master(source.clone(), &settings).unwrap();
    let about: Vec<&str> = report.choices.iter().map(|it| it.about.as_str()).collect();
    for subject in ["preset", "eq", "loudness"] {
        assert!(about.contains(&subject), "{about:?}");
    }
    assert!(report.choices.iter().all(|it| it.reason.ends_with('.')));
    assert_ne!(rock, chosen);
    let (_, again) = master(source, &settings).unwrap();
    assert!(chosen == again, "the same track, another master");
}
