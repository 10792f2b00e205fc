//! What must hold of every series.

use proptest::prelude::*;

use super::{Detector, Verdict};

fn verdicts(values: &[f64]) -> Vec<Verdict> {
    let mut detector = Detector::new();
    (0..)
        .zip(values)
        .map(|(point, value)| detector.step(point * 300, *value))
        .collect()
}

/// A day of 288 points, its noise without a period.
fn daily(points: u32) -> Vec<f64> {
    (0..points)
        .map(|point| {
            let phase = f64::from(point % 288) / 288.0 * std::f64::consts::TAU;
            let noise = f64::from(point.wrapping_mul(2_654_435_761) >> 16) / 65_536.0;
            50.0 + 20.0 * phase.sin() + noise
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_prefix_is_scored_as_within_the_whole(
        values in prop::collection::vec(prop_oneof![-1e3..1e3, Just(0.0), -1e300..1e300], 1..500),
        cut in 0_usize..500,
    ) {
        let cut = cut.min(values.len());
        let whole = verdicts(&values);
        prop_assert_eq!(&verdicts(&values[..cut])[..], &whole[..cut]);
        for verdict in whole {
            prop_assert!((0.0..=1.0).contains(&verdict.score), "{:?}", verdict);
            prop_assert!(verdict.surprise >= 0.0 && verdict.surprise.is_finite());
        }
    }
}

#[test]
fn scores_do_not_depend_on_the_metrics_scale() {
    let mut values = daily(3000);
    values[2500] += 60.0;
    let usual = verdicts(&values);
    // Powers of two, so that no digit is lost.
    for scale in [1.0 / 1024.0, 4096.0] {
        let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
        for (one, two) in usual.iter().zip(verdicts(&scaled)) {
            assert!((one.score - two.score).abs() < 1e-9, "{one:?} {two:?}");
        }
    }
}

#[test]
fn a_spike_a_silent_day_and_a_step_are_found_and_a_usual_day_is_not() {
    let usual = daily(4000);
    let loudest = |values: &[f64], from: usize, to: usize| {
        let found = &verdicts(values)[from..to];
        found
            .iter()
            .map(|verdict| verdict.score)
            .fold(0.0, f64::max)
    };
    assert!(loudest(&usual, 3000, 4000) < 0.5);
    let mut spike = usual.clone();
    spike[3400] += 80.0;
    assert!(loudest(&spike, 3400, 3402) > 0.8);
    let mut silent = usual.clone();
    silent[3400..3688].fill(50.0);
    assert!(loudest(&silent, 3400, 3688) > 0.6);
    let mut step = usual;
    for value in &mut step[3400..] {
        *value += 60.0;
    }
    assert!(loudest(&step, 3400, 3440) > 0.7);
}

#[test]
fn the_expected_value_follows_the_season_and_the_interval_holds_what_is_usual() {
    let values = daily(4000);
    let found = verdicts(&values);
    let later = values.iter().zip(&found).skip(2000);
    let inside = later
        .clone()
        .filter(|(value, verdict)| (verdict.low..=verdict.high).contains(*value))
        .count();
    assert!((1850..=1980).contains(&inside), "{inside} of 2000");
    for (value, verdict) in later {
        assert!(
            (verdict.expected - value).abs() < 2.0,
            "{value} {verdict:?}"
        );
    }
}

#[test]
fn a_flat_series_is_never_an_anomaly_and_its_first_move_is() {
    let mut values = vec![3.0; 800];
    values[700] = 3.5;
    let found = verdicts(&values);
    assert!(found[..700].iter().all(|verdict| verdict.score < 0.1));
    assert!(found[700].score > 0.8, "{:?}", found[700]);
}
