//! Seasonality: whether there is any, and its classical decomposition.
#![expect(
    clippy::indexing_slicing,
    reason = "lengths are checked on entry, and phases are taken modulo the season"
)]

/// How a season acts on the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It is added.
    Additive,
    /// It multiplies.
    Multiplicative,
}

impl Form {
    /// A value without its season.
    pub fn remove(self, value: f64, index: f64) -> f64 {
        match self {
            Self::Additive => value - index,
            Self::Multiplicative => value / index,
        }
    }

    /// A value with its season.
    pub fn restore(self, value: f64, index: f64) -> f64 {
        match self {
            Self::Additive => value + index,
            Self::Multiplicative => value * index,
        }
    }
}

/// Autocorrelations at lags 1, …, `most`.
pub fn autocorrelations(values: &[f64], most: usize) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let off: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let power: f64 = off.iter().map(|off| off * off).sum();
    let at = |lag: usize| {
        let later = off.get(lag..).unwrap_or_default();
        later
            .iter()
            .zip(&off)
            .map(|(later, sooner)| later * sooner)
            .sum::<f64>()
            / power
    };
    (1..=most).map(at).collect()
}

/// The 90 % test of M4's Naive2: at least three seasons, and the autocorrelation at one season is
/// beyond what the shorter ones explain.
pub fn is_seasonal(values: &[f64], season: usize) -> bool {
    if season < 2 || values.len() < 3 * season {
        return false;
    }
    let all = autocorrelations(values, season);
    let sum: f64 = all[..season - 1].iter().map(|value| value * value).sum();
    let limit = 1.645 * ((1.0 + 2.0 * sum) / values.len() as f64).sqrt();
    all[season - 1].abs() > limit
}

/// The mean of each value's season around it; none where that goes over the ends.
fn moving_average(values: &[f64], season: usize) -> Vec<Option<f64>> {
    let half = season / 2;
    let mean = |at: usize| {
        if at < half || at + half >= values.len() {
            return None;
        }
        let around = &values[at - half..=at + half];
        let sum: f64 = around.iter().sum();
        let ends = if season.is_multiple_of(2) {
            f64::midpoint(around[0], around[season])
        } else {
            0.0
        };
        Some((sum - ends) / season as f64)
    };
    (0..values.len()).map(mean).collect()
}

/// Seasonal indices by phase, the first value's phase being 0: mean 1 where they multiply, mean 0
/// where they are added. None for fewer than two seasons, or where a multiplicative index would be
/// 0, negative or not finite.
pub fn indices(values: &[f64], season: usize, form: Form) -> Option<Vec<f64>> {
    if season < 2 || values.len() < 2 * season {
        return None;
    }
    let averages = moving_average(values, season);
    let (mut sums, mut counts) = (vec![0.0; season], vec![0_u32; season]);
    for (at, (value, average)) in values.iter().zip(averages).enumerate() {
        if let Some(average) = average {
            sums[at % season] += form.remove(*value, average);
            counts[at % season] += 1;
        }
    }
    let mut all: Vec<f64> = sums
        .iter()
        .zip(counts)
        .map(|(sum, count)| sum / f64::from(count))
        .collect();
    let mean = all.iter().sum::<f64>() / season as f64;
    for index in &mut all {
        *index = form.remove(*index, mean);
    }
    let sound = |index: &f64| index.is_finite() && (form == Form::Additive || *index > 0.01);
    all.iter().all(sound).then_some(all)
}
