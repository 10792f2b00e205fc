//! The distribution of the highest of many peaks, each with normal noise on it.
//!
//! With `n` peaks of heights `h`, noise of deviation `s` on each and all of it independent, the
//! highest stays under `t` with probability Π Φ((t - h) / s).

use std::sync::LazyLock;

/// The peaks of one channel of one passage, which share their noise.
#[derive(Debug, Clone)]
pub(super) struct Noisy {
    pub(super) heights: Vec<f64>,
    pub(super) deviation: f64,
}

/// The height, as an amplitude, that the highest peak stays under with even odds. `passages`
/// are known in full; of the `others` only how many they are (first) and how much higher than
/// the known ones in decibels (second), and they are taken to be like them otherwise. None
/// when there are no peaks.
pub(super) fn median_of_highest(passages: &[Vec<Noisy>], others: &[(f64, f64)]) -> Option<f64> {
    let highest = passages
        .iter()
        .flatten()
        .flat_map(|noisy| &noisy.heights)
        .copied()
        .fold(0.0, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let others: Vec<(f64, f64)> = others
        .iter()
        .map(|(count, db)| (count / passages.len() as f64, 10.0_f64.powf(-db / 20.0)))
        .collect();
    let ln_odds = |level: f64| {
        let shared: f64 = others
            .iter()
            .map(|(share, scale)| share * ln_all_under(passages, level * scale))
            .sum();
        ln_all_under(passages, level) + shared
    };
    let even = 0.5_f64.ln();
    let (mut low, mut high) = (-6.0, 18.0);
    for _ in 0..18 {
        let middle = f64::midpoint(low, high);
        if ln_odds(highest * 10.0_f64.powf(middle / 20.0)) < even {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(highest * 10.0_f64.powf(f64::midpoint(low, high) / 20.0))
}

/// Logarithm of the probability that no peak reaches a level.
fn ln_all_under(passages: &[Vec<Noisy>], level: f64) -> f64 {
    let mut sum = 0.0;
    for noisy in passages.iter().flatten() {
        let per_deviation = 1.0 / noisy.deviation.max(1e-9);
        for height in &noisy.heights {
            let z = (level - height) * per_deviation;
            if z < REACH {
                sum += ln_phi(z);
            }
        }
    }
    sum
}

/// Beyond this many deviations the odds are nil, or certain.
const REACH: f64 = 6.0;
const STEPS_PER_DEVIATION: usize = 64;

/// Logarithm of the standard normal distribution function, within -6 and 6.
static LN_PHI: LazyLock<Vec<f64>> = LazyLock::new(|| {
    const FINE: usize = 16;
    let density = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let step = 1.0 / (STEPS_PER_DEVIATION * FINE) as f64;
    // The tail below the table, by its asymptotic series.
    let square = REACH * REACH;
    let mut sum = density(REACH) / REACH
        * (1.0 - 1.0 / square + 3.0 / square.powi(2) - 15.0 / square.powi(3));
    let mut z = -REACH;
    let mut table = vec![sum.ln()];
    for _ in 0..12 * STEPS_PER_DEVIATION {
        for _ in 0..FINE {
            // Simpson's rule.
            sum += step / 6.0 * (density(z) + 4.0 * density(z + step / 2.0) + density(z + step));
            z += step;
        }
        table.push(sum.min(1.0).ln());
    }
    table
});

fn ln_phi(z: f64) -> f64 {
    let place = (z.clamp(-REACH, REACH) + REACH) * STEPS_PER_DEVIATION as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "held within the table"
    )]
    let index = place as usize;
    match LN_PHI.get(index..) {
        Some([one, next, ..]) => one + (next - one) * (place - index as f64),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, probability) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (-1.0, 0.158_655_253_931_457_05),
            (1.644_853_626_951_472_2, 0.95),
            (-3.0, 0.001_349_898_031_630_094_6),
            (-5.0, 2.866_515_718_791_939_4e-7),
        ] {
            let error = (ln_phi(z) - f64::ln(probability)).abs();
            assert!(error < 2e-4, "{z}: {error}");
        }
    }

    #[test]
    fn the_highest_of_many_normal_values_is_where_theory_has_it() {
        // The median of the highest of n standard normal values solves Φ(t)^n = 1/2.
        for (count, expected) in [(1_usize, 0.0), (100, 2.4620), (10_000, 3.8111)] {
            let noisy = Noisy {
                heights: vec![1.0; count],
                deviation: 0.01,
            };
            let found = median_of_highest(&[vec![noisy]], &[]).unwrap();
            assert!(
                ((found - 1.0) / 0.01 - expected).abs() < 0.02,
                "{count}: {found}"
            );
        }
    }

    #[test]
    fn passages_that_are_only_counted_weigh_as_much_as_known_ones() {
        let noisy = |count| {
            vec![Noisy {
                heights: vec![1.0; count],
                deviation: 0.05,
            }]
        };
        let known = median_of_highest(&[noisy(50), noisy(50), noisy(50), noisy(50)], &[]);
        let counted = median_of_highest(&[noisy(50), noisy(50)], &[(2.0, 0.0)]);
        assert!((known.unwrap() - counted.unwrap()).abs() < 1e-4);
        let lower = median_of_highest(&[noisy(50), noisy(50)], &[(2.0, -20.0)]);
        assert_eq!(lower, median_of_highest(&[noisy(50), noisy(50)], &[]));
    }
}
