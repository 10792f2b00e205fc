//! Means of two forecasts, and how much each should count.

use super::methods::naive;
use super::metrics::{mase, scale, smape};
use super::series::{Forecast, Series};

/// Weights that are tried.
const WEIGHTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// One series' two forecasts of what followed.
pub(super) struct Trial {
    pub(super) series: Series,
    pub(super) one: Forecast,
    pub(super) other: Forecast,
}

/// Moves a forecast towards another by a share of the way.
pub(super) fn blend(one: &mut Forecast, other: &Forecast, weight: f64) {
    let pairs = [
        (&mut one.mean, &other.mean),
        (&mut one.q10, &other.q10),
        (&mut one.q90, &other.q90),
    ];
    for (values, others) in pairs {
        for (value, other) in values.iter_mut().zip(others) {
            *value += weight * (other - *value);
        }
    }
}

impl Trial {
    /// The same with the forecasts' parts exchanged.
    pub(super) fn turned(self) -> Self {
        Self {
            series: self.series,
            one: self.other,
            other: self.one,
        }
    }
}

/// Each trial's error with this weight of the other forecast: sMAPE and MASE, each over the mean of
/// Naive2's.
fn errors(trials: &[Trial], season: usize, weight: f64) -> Vec<f64> {
    let count = trials.len().max(1) as f64;
    let (mut percent, mut scaled) = (0.0, 0.0);
    let mut all = Vec::with_capacity(trials.len());
    for Trial { series, one, other } in trials {
        let mut one = one.clone();
        blend(&mut one, other, weight);
        let unit = scale(&series.history, season).unwrap_or(1.0);
        let naive = naive::naive2(&series.history, season, series.followed.len());
        percent += smape(&series.followed, &naive) / count;
        scaled += mase(&series.followed, &naive, unit) / count;
        let errors = (
            smape(&series.followed, &one.mean),
            mase(&series.followed, &one.mean, unit),
        );
        all.push(errors);
    }
    all.into_iter()
        .map(|(smape, mase)| smape / percent.max(1e-12) + mase / scaled.max(1e-12))
        .collect()
}

/// The weight of the other forecasts with which the mean's errors are least; 0 where there is
/// nothing to go by.
pub(super) fn best(trials: &[Trial], season: usize) -> f64 {
    let total = |weight: f64| errors(trials, season, weight).iter().sum::<f64>();
    let best = WEIGHTS
        .into_iter()
        .map(|weight| (total(weight), weight))
        .min_by(|one, other| one.0.total_cmp(&other.0));
    best.map_or(0.0, |(_, weight)| weight)
}

/// As [`best`], but a mean is taken only where it is better than either forecast alone by more than
/// one standard error; and of these the first where it is as good as the other, as far as can be told.
pub(super) fn cautious(trials: &[Trial], season: usize) -> f64 {
    let best = best(trials, season);
    let least = errors(trials, season, best);
    let good_enough = |weight: &f64| {
        let more: Vec<f64> = errors(trials, season, *weight)
            .iter()
            .zip(&least)
            .map(|(error, least)| error - least)
            .collect();
        let count = more.len().max(1) as f64;
        let mean = more.iter().sum::<f64>() / count;
        let square = more.iter().map(|more| (more - mean).powi(2)).sum::<f64>();
        mean <= (square / count / count).sqrt()
    };
    [0.0, 1.0].into_iter().find(good_enough).unwrap_or(best)
}
