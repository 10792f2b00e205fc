//! Levels of wide bands, and how loud a balance is, from a spectrum in third octaves.

use crate::meter::Band;

/// A full-scale sine, to which the spectrum relates, has half the power of full scale.
const SINE_DB: f64 = 3.01;

/// RMS level over the channels, in dBFS with full scale at 1, between two frequencies in hertz.
pub(crate) fn between(spectrum: &[Band], low_hz: f64, high_hz: f64) -> Option<f64> {
    let power: f64 = spectrum
        .iter()
        .filter(|band| band.hz >= low_hz && band.hz < high_hz)
        .map(|band| 10.0_f64.powf(band.db / 10.0))
        .sum();
    (power > 1e-12).then(|| 10.0 * power.log10() - SINE_DB)
}

/// How much louder the one balance is than the other, in LU, after K-weighting.
pub(crate) fn louder_by(one: &[Band], other: &[Band]) -> f64 {
    let power = |spectrum: &[Band]| -> f64 {
        spectrum
            .iter()
            .map(|band| 10.0_f64.powf((band.db + k_weight_db(band.hz)) / 10.0))
            .sum()
    };
    let (one, other) = (power(one), power(other));
    if one > 0.0 && other > 0.0 {
        10.0 * (one / other).log10()
    } else {
        0.0
    }
}

/// The K-weighting of BS.1770 as analogue sections: a second-order high-pass at 38 Hz and a
/// shelf of 4 dB around 1.7 kHz; within 0.3 dB of the digital ones.
fn k_weight_db(hz: f64) -> f64 {
    let low = (hz / 38.1).powi(2);
    let high_pass = low * low / ((1.0 - low).powi(2) + low * 4.0);
    let x = (hz / 1_682.0).powi(2);
    let shelf_db = 4.0 * x * x / (1.0 + x * x);
    10.0 * high_pass.log10() + shelf_db
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_band_holds_the_power_of_its_third_octaves() {
        let bands: Vec<Band> = [100.0, 125.0, 160.0, 1_000.0]
            .into_iter()
            .map(|hz| Band { hz, db: -20.0 })
            .collect();
        let level = between(&bands, 0.0, 150.0).unwrap();
        assert!((level + 20.0).abs() < 0.02, "{level}");
        assert_eq!(between(&bands, 2_000.0, 4_000.0), None);
    }

    #[test]
    fn bass_counts_little_and_treble_more() {
        let with = |hz: f64, db: f64| {
            vec![
                Band {
                    hz: 1_000.0,
                    db: -20.0,
                },
                Band { hz, db },
            ]
        };
        let more = |hz: f64| louder_by(&with(hz, -14.0), &with(hz, -20.0));
        assert!(more(31.5) < more(400.0) && more(400.0) < more(4_000.0));
        assert!((louder_by(&with(400.0, -20.0), &with(400.0, -20.0))).abs() < 1e-12);
    }
}
