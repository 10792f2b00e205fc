//! Peak to short-term loudness ratio (PSR): how much peaks stand out, moment by moment.
//!
//! Defined as the highest peak of the last three seconds less the short-term loudness of the
//! same three seconds (I. Shepherd, E. Grimm et al., "Loudness in music distribution", AES 142,
//! 2017). Below about 8 dB music sounds squashed.

use serde::{Deserialize, Serialize};

/// PSR of one track, in dB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Psr {
    /// The lowest: the most squashed three seconds.
    pub min_db: f64,
    /// The median over time.
    pub median_db: f64,
}

/// Three seconds of 100 ms.
const WINDOW: usize = 30;
/// Quieter moments have no PSR: the absolute gate of BS.1770-5.
const GATE_LUFS: f64 = -70.0;

/// PSR from the highest magnitude of each 100 ms (amplitude, sample or true peak, all channels)
/// and the short-term loudness values in LUFS at the same pace: `short_term_lufs[i]` covers
/// `peaks[i..i + 30]`. `None` for less than three seconds or nothing above -70 LUFS.
pub fn psr(peaks: &[f32], short_term_lufs: &[f64]) -> Option<Psr> {
    let mut ratios: Vec<f64> = peaks
        .windows(WINDOW)
        .zip(short_term_lufs)
        .filter(|(_, loudness)| **loudness > GATE_LUFS)
        .map(|(window, loudness)| {
            let peak = window.iter().copied().fold(0.0, f32::max);
            20.0 * f64::from(peak).log10() - loudness
        })
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.len() / 2;
    let median_db = match (ratios.get(middle.wrapping_sub(1)), ratios.get(middle)) {
        (Some(lower), Some(upper)) if ratios.len().is_multiple_of(2) => (lower + upper) / 2.0,
        (_, Some(middle)) => *middle,
        _ => return None,
    };
    Some(Psr {
        min_db: *ratios.first()?,
        median_db,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_stand_over_the_loudness_of_their_own_three_seconds() {
        let mut peaks = vec![0.5_f32; 100];
        peaks[50] = 1.0;
        let mut loudness = vec![-16.0; 71];
        loudness[70] = -12.0;
        let found = psr(&peaks, &loudness).unwrap();
        // 0.5 is -6.02 dBFS; the full-scale peak is in windows 21 to 50 of 71.
        assert!((found.min_db - (12.0 - 6.0206)).abs() < 1e-3);
        assert!((found.median_db - (16.0 - 6.0206)).abs() < 1e-3);
    }

    #[test]
    fn an_even_number_of_values_has_the_mean_of_both_middles() {
        let found = psr(&[1.0; 31], &[-10.0, -14.0]).unwrap();
        assert!((found.median_db - 12.0).abs() < 1e-9);
    }

    #[test]
    fn short_or_silent_tracks_have_none() {
        assert_eq!(psr(&[1.0; 29], &[-10.0; 29]), None);
        assert_eq!(psr(&[0.0; 100], &[f64::NEG_INFINITY; 71]), None);
        assert_eq!(psr(&[], &[]), None);
    }
}
