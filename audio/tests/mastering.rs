//! Whole masters of synthesised music, judged by decoding what was written.

mod signals;

use audio::Control;
use audio::master::{Bits, Format, Loudness, OutputKind};
use signals::{
    decode, independent_lufs, master, master_with, music, reference_peak, residual_db, settings,
    si_sdr, wav,
};

fn channel(samples: &[f32], channel: usize) -> Vec<f32> {
    samples.iter().skip(channel).step_by(2).copied().collect()
}

#[test]
fn a_master_reaches_its_loudness_and_holds_its_ceiling_by_other_meters_too() {
    let source = music(44_100, 12.0, 0.35, 1);
    for (lufs, ceiling) in [(-14.0, -1.0), (-11.0, -1.0), (-16.0, -2.0)] {
        let settings = settings(lufs, ceiling, Format::Wav, Bits::B24);
        let (report, file) = master(wav(44_100, 2, &source), &settings).unwrap();
        let (_, samples) = decode(file).unwrap();
        let loudness = independent_lufs(44_100, 2, &samples);
        assert!(report.target_reached, "{:?}", report.notes);
        assert!((loudness - lufs).abs() <= 0.05, "{loudness} for {lufs}");
        for side in 0..2 {
            let peak = reference_peak(&channel(&samples, side));
            assert!(peak <= ceiling + 0.02, "{peak} for {ceiling}");
        }
        assert_eq!(samples.len(), source.len());
        assert_eq!(report.output.frames, source.len() as u64 / 2);
    }
}

#[test]
fn where_nothing_is_limited_a_master_is_a_gain_and_nothing_else() {
    let source = music(44_100, 12.0, 0.2, 11);
    let settings = settings(-23.0, -1.0, Format::Wav, Bits::B24);
    let (report, file) = master(wav(44_100, 2, &source), &settings).unwrap();
    assert!(report.gain_reduction.max_db == 0.0);
    assert!(si_sdr(&source, &decode(file).unwrap().1) > 100.0);
    let (before, after) = (report.before.lra_lu.unwrap(), report.after.lra_lu.unwrap());
    assert!((before - after).abs() < 0.01);
}

#[test]
fn a_limited_master_stays_close_to_a_gain_and_what_differs_is_slow() {
    let source = music(44_100, 20.0, 0.35, 12);
    for (lufs, least_si_sdr) in [(-14.0, 25.0), (-12.0, 16.0)] {
        let settings = settings(lufs, -1.0, Format::Wav, Bits::B24);
        let (report, file) = master(wav(44_100, 2, &source), &settings).unwrap();
        let (_, made) = decode(file).unwrap();
        let (si_sdr, residual) = (si_sdr(&source, &made), residual_db(44_100, &source, &made));
        assert!(report.gain_reduction.max_db > 0.5, "{lufs}");
        assert!(si_sdr >= least_si_sdr, "{lufs}: {si_sdr} {residual}");
        assert!(residual <= -40.0, "{lufs}: {si_sdr} {residual}");
    }
}

#[test]
fn every_output_is_written_and_holds_the_same_master() {
    let source = wav(48_000, 2, &music(48_000, 5.0, 0.5, 13));
    let kind = OutputKind::new;
    let mut settings = settings(-14.0, -1.0, Format::Wav, Bits::B24);
    settings.outputs = vec![
        kind(Format::Wav, Bits::B24),
        kind(Format::Flac, Bits::B24),
        kind(Format::Flac, Bits::B16),
        kind(Format::Wav, Bits::F32),
    ];
    let (report, files) =
        master_with(source, Vec::new(), &settings, &mut audio::Unwatched).unwrap();
    assert_eq!(report.outputs.len(), 4);
    let samples: Vec<Vec<f32>> = files
        .iter()
        .map(|file| decode(file.clone()).unwrap().1)
        .collect();
    assert!(samples[0] == samples[1]);
    let first = &samples[0];
    for (output, samples) in report.outputs.iter().zip(&samples) {
        assert!((output.integrated_lufs.unwrap() + 14.0).abs() <= 0.05);
        assert!(output.true_peak_dbtp.unwrap() <= -0.98);
        let off = |(one, two): (&f32, &f32)| (one - two).abs();
        let most = samples.iter().zip(first).map(off).fold(0.0, f32::max);
        assert!(most < 1.0e-4, "{}", output.bits);
    }
}

#[test]
fn the_loudness_may_be_the_tracks_own_or_that_of_a_reference() {
    let source = wav(44_100, 2, &music(44_100, 8.0, 0.3, 14));
    let quiet = wav(44_100, 2, &music(44_100, 8.0, 0.05, 15));
    let mut settings = settings(-14.0, -1.0, Format::Wav, Bits::B24);
    settings.target.loudness = Loudness::Natural;
    let (report, _) = master(source.clone(), &settings).unwrap();
    let own = report.before.integrated_lufs.unwrap();
    assert!((report.after.integrated_lufs.unwrap() - own).abs() <= 0.05);
    settings.target.loudness = Loudness::Reference;
    let refused = master(source.clone(), &settings).unwrap_err();
    assert_eq!(refused.code(), "invalid_settings");
    let (report, _) = master_with(
        source,
        vec![quiet.clone()],
        &settings,
        &mut audio::Unwatched,
    )
    .unwrap();
    let (_, samples) = decode(quiet).unwrap();
    let theirs = independent_lufs(44_100, 2, &samples);
    assert!((report.after.integrated_lufs.unwrap() - theirs).abs() <= 0.05);
}

#[test]
fn a_source_far_over_full_scale_comes_down_without_limiting() {
    let source = music(44_100, 8.0, 3.0, 2);
    let settings = settings(-14.0, -1.0, Format::Wav, Bits::B24);
    let (report, _) = master(wav(44_100, 2, &source), &settings).unwrap();
    assert!(report.gain_db < 0.0);
    assert!(report.target_reached);
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.code == "source_over_full_scale")
    );
}

#[test]
fn a_target_that_would_crush_the_music_is_not_reached_and_the_report_says_so() {
    // Lone loud bursts over a quiet ground: nothing but brute force makes this loud.
    let mut source = music(44_100, 12.0, 0.01, 3);
    for (n, sample) in source.iter_mut().enumerate() {
        if n % 44_100 < 8_000 {
            *sample *= 60.0;
        }
    }
    let settings = settings(-3.0, -1.0, Format::Wav, Bits::B24);
    let (report, _) = master(wav(44_100, 2, &source), &settings).unwrap();
    assert!(!report.target_reached);
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.code == "target_not_reached")
    );
    assert!(report.gain_reduction.mean_db <= 6.5);
    assert!(report.after.true_peak_dbtp.unwrap() <= -0.98);
}

#[test]
fn the_same_settings_give_the_same_bytes() {
    let source = wav(44_100, 2, &music(44_100, 4.0, 0.5, 4));
    for (format, bits) in [(Format::Wav, Bits::B16), (Format::Flac, Bits::B16)] {
        let settings = settings(-14.0, -1.0, format, bits);
        let (_, one) = master(source.clone(), &settings).unwrap();
        let (_, two) = master(source.clone(), &settings).unwrap();
        assert!(one == two);
    }
}

#[test]
fn flac_and_wav_hold_the_same_samples() {
    for rate in [44_100, 192_000] {
        for frames in [0.5, 0.7004] {
            let source = wav(rate, 2, &music(rate, frames, 0.5, 5));
            for bits in [Bits::B16, Bits::B24] {
                let in_wav = master(source.clone(), &settings(-14.0, -1.0, Format::Wav, bits));
                let in_flac = master(source.clone(), &settings(-14.0, -1.0, Format::Flac, bits));
                // The decoder checks the MD5 of the FLAC as it goes.
                let (opened, from_flac) = decode(in_flac.unwrap().1).unwrap();
                assert_eq!(opened.info().sample_rate_hz, rate);
                assert!(decode(in_wav.unwrap().1).unwrap().1 == from_flac);
            }
        }
    }
}

#[test]
fn floats_are_written_as_they_are_and_flac_refuses_them() {
    let source = wav(48_000, 1, &music(48_000, 2.0, 0.3, 6));
    let (report, file) = master(
        source.clone(),
        &settings(-20.0, -1.0, Format::Wav, Bits::F32),
    )
    .unwrap();
    let (opened, samples) = decode(file).unwrap();
    assert_eq!(opened.info().codec, "pcm_f32le");
    assert_eq!(samples.len() as u64, report.output.frames);
    let refused = master(source, &settings(-20.0, -1.0, Format::Flac, Bits::F32)).unwrap_err();
    assert_eq!(refused.code(), "invalid_settings");
}

#[test]
fn silence_short_sounds_impulses_and_squares_are_mastered_without_a_fault() {
    let silence = vec![0.0; 88_200];
    let short = music(44_100, 0.1, 0.5, 7);
    let mut impulse = vec![0.0; 88_200];
    impulse[40_000] = 1.0;
    let square: Vec<f32> = (0..88_200)
        .map(|n| if n / 100 % 2 == 0 { 1.0 } else { -1.0 })
        .collect();
    let one = vec![0.5; 2];
    for (name, samples) in [
        ("silence", silence),
        ("short", short),
        ("impulse", impulse),
        ("square", square),
        ("one frame", one),
    ] {
        for format in [Format::Wav, Format::Flac] {
            let settings = settings(-14.0, -1.0, format, Bits::B24);
            let (report, file) = master(wav(44_100, 2, &samples), &settings).expect(name);
            let (_, decoded) = decode(file).expect(name);
            assert_eq!(decoded.len(), samples.len(), "{name}");
            assert!(decoded.iter().all(|sample| sample.is_finite()), "{name}");
            let json = serde_json::to_string(&report).unwrap();
            assert!(!json.contains("NaN"), "{name}");
            if let Some(peak) = report.after.true_peak_dbtp {
                assert!(peak <= -0.98, "{name} {peak}");
            }
        }
    }
}

#[test]
fn samples_that_are_not_numbers_are_replaced_and_noted() {
    let mut samples = music(44_100, 3.0, 0.3, 8);
    samples[1_000] = f32::NAN;
    samples[2_001] = f32::INFINITY;
    samples[3_000] = 1.0e30;
    let settings = settings(-20.0, -1.0, Format::Wav, Bits::B16);
    let (report, file) = master(wav(44_100, 2, &samples), &settings).unwrap();
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.code == "invalid_samples")
    );
    assert!(
        decode(file)
            .unwrap()
            .1
            .iter()
            .all(|sample| sample.is_finite())
    );
}

#[test]
fn surround_is_mixed_down_and_the_report_says_how() {
    let stereo = music(48_000, 4.0, 0.3, 16);
    // The wave format without a mask: left, right, centre, low frequencies, surrounds.
    let samples: Vec<f32> = stereo
        .chunks(2)
        .flat_map(|pair| [pair[0], pair[1], 0.0, 0.9, 0.0, 0.0])
        .collect();
    let settings = settings(-20.0, -1.0, Format::Wav, Bits::B24);
    let (report, file) = master(wav(48_000, 6, &samples), &settings).unwrap();
    assert_eq!((report.input.channels, report.output.channels), (6, 2));
    assert_eq!(report.stages[0].stage, "downmix");
    assert_eq!(report.stages[0].details["from"], "5.1");
    assert!(si_sdr(&stereo, &decode(file).unwrap().1) > 80.0);
}

struct Watcher {
    fractions: Vec<f32>,
    cancel_at: f32,
}

impl Control for Watcher {
    fn stage(&mut self, _: audio::Stage, fraction: f32) {
        self.fractions.push(fraction);
    }

    fn cancelled(&self) -> bool {
        self.fractions
            .last()
            .is_some_and(|fraction| *fraction >= self.cancel_at)
    }
}

fn watched(cancel_at: f32) -> (Watcher, audio::Result<audio::Report>) {
    let mut watcher = Watcher {
        fractions: Vec::new(),
        cancel_at,
    };
    let file = wav(44_100, 2, &music(44_100, 6.0, 0.4, 9));
    let settings = settings(-10.0, -1.0, Format::Wav, Bits::B24);
    let result = master_with(file, Vec::new(), &settings, &mut watcher);
    let result = result.map(|(report, _)| report);
    (watcher, result)
}

#[test]
fn progress_only_goes_forward_and_ends_at_one() {
    let (watcher, result) = watched(2.0);
    result.unwrap();
    assert!(watcher.fractions.is_sorted());
    assert!((watcher.fractions.last().unwrap() - 1.0).abs() < f32::EPSILON);
}

#[test]
fn a_cancelled_run_ends_where_it_is() {
    for at in [0.1, 0.5, 0.9] {
        let (watcher, result) = watched(at);
        assert_eq!(result.unwrap_err().code(), "cancelled");
        assert!(watcher.fractions.last().unwrap() - at < 0.15);
    }
}

#[test]
fn a_reference_pulls_the_balance_towards_its_own() {
    let source = wav(44_100, 2, &music(44_100, 6.0, 0.4, 10));
    // The reference is the same music with its treble raised by a first difference.
    let flat = music(44_100, 6.0, 0.4, 10);
    let mut bright = flat.clone();
    for n in 2..bright.len() {
        bright[n] = flat[n] - 0.7 * flat[n - 2];
    }
    let settings = settings(-16.0, -1.0, Format::Wav, Bits::B24);
    let bright = wav(44_100, 2, &bright);
    let (report, _) = master_with(source, vec![bright], &settings, &mut audio::Unwatched).unwrap();
    let tilt = |bands: &[audio::Band]| {
        let at = |hz: f64| {
            bands
                .iter()
                .find(|band| (band.hz - hz).abs() < 1.0)
                .unwrap()
                .db
        };
        at(8_000.0) - at(250.0)
    };
    assert!(tilt(&report.after.spectrum) > tilt(&report.before.spectrum) + 4.0);
}

/// Mean distance of two spectra from 50 Hz to 16 kHz, whatever their level.
fn distance(one: &[audio::Band], two: &[audio::Band]) -> f64 {
    let offs: Vec<f64> = one
        .iter()
        .zip(two)
        .filter(|(band, _)| (50.0..=16_000.0).contains(&band.hz))
        .map(|(one, two)| one.db - two.db)
        .collect();
    let mean = offs.iter().sum::<f64>() / offs.len() as f64;
    offs.iter().map(|off| (off - mean).abs()).sum::<f64>() / offs.len() as f64
}

#[test]
fn a_reference_within_the_bound_is_met_band_by_band_and_in_loudness() {
    let source = music(44_100, 12.0, 0.2, 17);
    // The sum of two neighbours: 3.5 dB up below, 6 dB down at the top.
    let mut dark = music(44_100, 12.0, 0.1, 18);
    for n in (2..dark.len()).rev() {
        dark[n] += 0.5 * dark[n - 2];
    }
    let reference = signals::measure(44_100, &[audio::decode::Place::Front; 2], &dark);
    let mut settings = settings(-14.0, -1.0, Format::Wav, Bits::B24);
    settings.target.loudness = Loudness::Reference;
    let (source, dark) = (wav(44_100, 2, &source), wav(44_100, 2, &dark));
    let (report, _) = master_with(source, vec![dark], &settings, &mut audio::Unwatched).unwrap();
    let before = distance(&report.before.spectrum, &reference.spectrum);
    let after = distance(&report.after.spectrum, &reference.spectrum);
    assert!(before > 0.7 && after < 0.1, "{before} {after}");
    let loudness = report.after.integrated_lufs.unwrap();
    assert!((loudness - reference.integrated_lufs.unwrap()).abs() <= 0.05);
}

#[test]
fn a_reference_beyond_the_bound_is_approached_and_the_report_says_by_how_much_it_is_missed() {
    let source = music(44_100, 8.0, 0.2, 19);
    let mut thin = music(44_100, 8.0, 0.2, 20);
    for _ in 0..3 {
        for n in (2..thin.len()).rev() {
            thin[n] -= 0.95 * thin[n - 2];
        }
    }
    let settings = settings(-20.0, -1.0, Format::Wav, Bits::B24);
    let (source, thin) = (wav(44_100, 2, &source), wav(44_100, 2, &thin));
    let (report, _) = master_with(source, vec![thin], &settings, &mut audio::Unwatched).unwrap();
    let eq = report
        .stages
        .iter()
        .find(|stage| stage.stage == "eq")
        .unwrap();
    let curve = eq.details["curve"].as_array().unwrap();
    assert!(
        curve
            .iter()
            .all(|band| band["db"].as_f64().unwrap().abs() <= 6.0)
    );
    let kept_off = eq.details["kept_off"].as_array().unwrap();
    assert!(!kept_off.is_empty());
    assert!(
        kept_off
            .iter()
            .any(|band| band["db"].as_f64().unwrap().abs() > 3.0)
    );
}
