//! How likely chance alone is to show what was seen.

use statrs::distribution::{ChiSquared, ContinuousCDF as _};

/// Terms of a series; it has converged long before.
const TERMS: u32 = 500;

/// The chance that two samples of one distribution differ by `distance` or more (Kolmogorov and
/// Smirnov), `effective` being n·m / (n + m); Stephens' approximation, good from 8 rows on.
pub fn kolmogorov(distance: f64, effective: f64) -> f64 {
    let root = effective.sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * distance;
    if lambda < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for term in 1..=TERMS {
        let term = f64::from(term);
        let part = (-2.0 * term * term * lambda * lambda).exp();
        sum += if term % 2.0 > 0.5 { part } else { -part };
        if part < 1e-16 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// The chance that a chi-squared variable of so many degrees of freedom is `value` or more.
pub fn chi_squared(value: f64, freedom: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    ChiSquared::new(freedom).map_or(1.0, |known| known.sf(value))
}

/// Holm's adjustment: the chance that any of these tests shows so little by chance alone.
pub fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    let of = |place: usize| chances.get(place).copied().unwrap_or(1.0);
    order.sort_by(|one, two| of(*one).total_cmp(&of(*two)));
    let mut adjusted = vec![1.0; chances.len()];
    let mut least = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        let left = (chances.len() - rank) as f64;
        least = least.max((left * of(place)).min(1.0));
        if let Some(adjusted) = adjusted.get_mut(place) {
            *adjusted = least;
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, known: f64) {
        assert!((found - known).abs() < 1e-6, "{found} is not {known}");
    }

    #[test]
    fn tails_are_those_of_the_tables() {
        // Chi-squared at its 5 % points, and where it has a closed form.
        near(chi_squared(3.841_458_820_694, 1.0), 0.05);
        near(chi_squared(16.918_977_604_62, 9.0), 0.05);
        near(chi_squared(4.0, 2.0), (-2.0_f64).exp());
        near(chi_squared(124.342_113_404, 100.0), 0.05);
        near(chi_squared(0.0, 3.0), 1.0);
        // Kolmogorov's limit: Q(1.3581) is 5 %, Q(1.6276) 1 %.
        let limit = |lambda: f64| kolmogorov(lambda / 1e6_f64.sqrt(), 1e6);
        assert!((limit(1.3581) - 0.05).abs() < 1e-4);
        assert!((limit(1.6276) - 0.01).abs() < 1e-4);
        near(kolmogorov(0.0, 100.0), 1.0);
    }

    #[test]
    fn holm_multiplies_the_smallest_by_all_and_never_falls() {
        let found = holm(&[0.04, 0.01, 0.03]);
        near(found[1], 0.03);
        near(found[2], 0.06);
        near(found[0], 0.06);
        assert!(holm(&[]).is_empty());
        near(holm(&[0.9, 0.8])[0], 1.0);
    }
}
