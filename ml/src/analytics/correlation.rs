//! How two lists of numbers go together.

/// Pearson's correlation of pairs; none for fewer than three, or where one side never moves.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let count = pairs.len() as f64;
    let mean_one = pairs.iter().map(|pair| pair.0).sum::<f64>() / count;
    let mean_other = pairs.iter().map(|pair| pair.1).sum::<f64>() / count;
    let (mut both, mut one, mut other) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let (a, b) = (pair.0 - mean_one, pair.1 - mean_other);
        both += a * b;
        one += a * a;
        other += b * b;
    }
    let found = both / (one * other).sqrt();
    found.is_finite().then(|| found.clamp(-1.0, 1.0))
}

/// Spearman's: that of the ranks, ties sharing theirs.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let ones = ranks(pairs.iter().map(|pair| pair.0));
    let others = ranks(pairs.iter().map(|pair| pair.1));
    let ranked: Vec<_> = ones.into_iter().zip(others).collect();
    pearson(&ranked)
}

/// The 90 % interval of a correlation of so many pairs, by Fisher's transformation.
pub fn interval(correlation: f64, count: usize) -> [f64; 2] {
    let reach = 1.645 / ((count as f64) - 3.0).max(0.1).sqrt();
    let middle = correlation.clamp(-0.999_999, 0.999_999).atanh();
    [(middle - reach).tanh(), (middle + reach).tanh()]
}

/// Ranks from 0, ties sharing theirs.
pub fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let same = values
            .iter()
            .filter(|other| other.total_cmp(value).is_eq())
            .count();
        below as f64 + (same as f64 - 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_see_what_lines_do_not() {
        let cubes: Vec<_> = (0..9).map(f64::from).map(|at| (at, at.powi(5))).collect();
        assert!((spearman(&cubes).unwrap() - 1.0).abs() < 1e-12);
        assert!(pearson(&cubes).unwrap() < 0.95);
        assert!(pearson(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]).is_none());
        let [low, high] = interval(0.5, 20);
        assert!((0.1..0.2).contains(&low) && (0.7..0.8).contains(&high));
    }
}
