//! Predictions for synthesised signals.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples are f32, lengths are small"
)]

use std::f64::consts::TAU;

use super::*;

const RATE: u32 = 44_100;

fn run(rate: u32, channels: usize, samples: &[f32]) -> Vec<Prediction> {
    let mut candidates = Candidates::new(rate, channels);
    for block in samples.chunks(1_013 * channels) {
        candidates.push(block);
    }
    predict(candidates)
}

fn of<'a>(predictions: &'a [Prediction], codec: &str, kbps: u32) -> &'a Prediction {
    predictions
        .iter()
        .find(|found| found.codec == codec && found.bitrate_kbps == kbps)
        .unwrap()
}

fn sine(rate: u32, hz: f64, amplitude: f64, seconds: f64) -> Vec<f32> {
    (0..(seconds * f64::from(rate)) as u32)
        .map(|n| (amplitude * (TAU * hz * f64::from(n) / f64::from(rate)).sin()) as f32)
        .collect()
}

fn noise(frames: usize, amplitude: f64, seed: u64) -> Vec<f32> {
    let mut state = seed;
    (0..frames)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (((state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0) * amplitude) as f32
        })
        .collect()
}

fn check(predictions: &[Prediction]) {
    assert_eq!(predictions.len(), MODELS.len());
    for found in predictions {
        assert!(found.true_peak_dbtp.is_finite() && found.loudness_change_lu.is_finite());
        assert!(found.worst_dbtp >= found.true_peak_dbtp, "{found:?}");
    }
}

#[test]
fn silence_and_nothing_predict_nothing() {
    assert!(run(RATE, 2, &vec![0.0; 200_000]).is_empty());
    assert!(run(RATE, 2, &[]).is_empty());
    assert!((safe_ceiling(-1.0, &[], 0.0) + 1.0).abs() < 1e-12);
}

#[test]
fn a_sine_above_the_cut_off_is_gone_and_one_below_it_stays() {
    let high = run(RATE, 1, &sine(RATE, 18_900.0, 0.5, 2.0));
    check(&high);
    let low = run(RATE, 1, &sine(RATE, 1_000.0, 0.5, 2.0));
    check(&low);
    assert!(of(&high, "AAC", 128).loudness_change_lu < -20.0);
    assert!(of(&high, "AAC", 256).loudness_change_lu > -1.0);
    assert!(of(&low, "AAC", 128).loudness_change_lu > -0.5);
    let peak = 20.0 * 0.5_f64.log10();
    assert!((of(&low, "MP3", 320).true_peak_dbtp - peak).abs() < 0.5);
}

#[test]
fn a_louder_track_comes_out_as_much_louder() {
    let quiet = noise(100_000, 0.2, 1);
    let loud: Vec<f32> = quiet.iter().map(|sample| sample * 2.0).collect();
    for (quiet, loud) in run(RATE, 1, &quiet).iter().zip(run(RATE, 1, &loud)) {
        let step = loud.true_peak_dbtp - quiet.true_peak_dbtp;
        assert!((step - 6.0206).abs() < 0.01, "{step} {loud:?}");
        assert!((loud.worst_dbtp - quiet.worst_dbtp - step).abs() < 0.01);
    }
}

#[test]
fn many_peaks_at_the_ceiling_overshoot_more_than_one() {
    let one = noise(400_000, 0.3, 2);
    let dense: Vec<f32> = one
        .iter()
        .map(|sample| (sample * 6.0).clamp(-0.8, 0.8))
        .collect();
    let mut lone = one;
    for (sample, loud) in lone.iter_mut().zip(&dense).skip(200_000).take(600) {
        *sample = *loud;
    }
    let overshoot = |samples: &[f32]| {
        let found = run(RATE, 1, samples);
        of(&found, "Opus", 128).true_peak_dbtp - of(&found, "MP3", 320).true_peak_dbtp
    };
    assert!(overshoot(&dense) > overshoot(&lone));
}

#[test]
fn more_noise_is_predicted_for_a_lower_bit_rate() {
    let square: Vec<f32> = sine(RATE, 220.0, 4.0, 3.0)
        .iter()
        .map(|sample| sample.clamp(-0.85, 0.85))
        .collect();
    for samples in [square, noise(150_000, 0.8, 3)] {
        let found = run(RATE, 1, &samples);
        check(&found);
        let at = |codec, kbps| of(&found, codec, kbps).true_peak_dbtp;
        assert!(at("AAC", 128) > at("AAC", 256));
        assert!(at("Vorbis", 96) > at("Vorbis", 160));
        assert!(at("Vorbis", 160) > at("Vorbis", 320));
    }
}

#[test]
fn a_drift_below_hearing_raises_the_peak_after_opus() {
    // Half a hertz of infrasound carries a tone along its ceiling.
    let tone = sine(RATE, 440.0, 0.4, 12.0);
    let carried: Vec<f32> = tone
        .iter()
        .zip(sine(RATE, 0.5, 0.45, 12.0))
        .map(|(tone, drift)| tone + drift)
        .collect();
    let found = run(RATE, 1, &carried);
    // The drift goes: a peak at 0.85 comes down to 0.4.
    assert!(of(&found, "Opus", 128).true_peak_dbtp < -5.0);
    assert!(of(&found, "AAC", 256).true_peak_dbtp > -2.0);
}

#[test]
fn the_drift_works_against_a_peak_of_the_other_sign() {
    let mut steps = sine(RATE, 0.4, 0.6, 10.0);
    for (n, sample) in steps.iter_mut().enumerate() {
        if n % 20_000 < 30 && *sample > 0.3 {
            *sample = -0.85;
        }
    }
    let found = run(RATE, 1, &steps);
    let rise = of(&found, "Opus", 128).true_peak_dbtp - of(&found, "MP3", 320).true_peak_dbtp;
    assert!(rise > 3.0, "{rise}");
}

#[test]
fn clicks_full_scale_not_numbers_and_every_rate_are_borne() {
    for rate in [8_000, 22_050, 32_000, 48_000, 96_000, 192_000] {
        let mut samples = vec![0.0_f32; rate as usize * 2];
        samples[rate as usize] = 1.0;
        check(&run(rate, 2, &samples));
        samples[5] = f32::NAN;
        samples[7] = f32::INFINITY;
        let _ = run(rate, 2, &samples);
        check(&run(rate, 1, &[1.0; 10]));
    }
    for channels in [1, 2, 3, 6] {
        check(&run(RATE, channels, &noise(channels * 30_000, 0.9, 4)));
    }
}

#[test]
fn blocks_of_any_size_give_the_same() {
    let samples = noise(200_000, 0.7, 5);
    let whole = {
        let mut candidates = Candidates::new(RATE, 2);
        candidates.push(&samples);
        predict(candidates)
    };
    assert_eq!(run(RATE, 2, &samples), whole);
}

#[test]
fn the_safe_ceiling_goes_down_by_what_is_over() {
    let prediction = |worst_dbtp| Prediction {
        codec: "AAC".to_owned(),
        bitrate_kbps: 128,
        true_peak_dbtp: worst_dbtp - 0.5,
        worst_dbtp,
        loudness_change_lu: 0.0,
    };
    let ceiling = |worst: &[f64], goal| {
        let predictions: Vec<_> = worst.iter().map(|worst| prediction(*worst)).collect();
        safe_ceiling(-1.0, &predictions, goal)
    };
    assert!((ceiling(&[-0.3, -0.1], 0.0) + 1.0).abs() < 1e-12);
    assert!((ceiling(&[-0.3, 0.7], 0.0) + 1.7).abs() < 1e-12);
    assert!((ceiling(&[-0.3], -0.5) + 1.2).abs() < 1e-12);
}
