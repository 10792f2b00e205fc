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

/// The weight of the other forecasts with which the mean's errors, over those of Naive2, are least;
/// 0 where there is nothing to go by.
pub(super) fn weights(trials: &[Trial], season: usize) -> f64 {
    let error = |weight: f64| -> f64 {
        let (mut percent, mut scaled, mut naive_percent, mut naive_scaled) = (0.0, 0.0, 0.0, 0.0);
        for Trial { series, one, other } in trials {
            let mut one = one.clone();
            blend(&mut one, other, weight);
            let unit = scale(&series.history, season).unwrap_or(1.0);
            let naive = naive::naive2(&series.history, season, series.followed.len());
            percent += smape(&series.followed, &one.mean);
            scaled += mase(&series.followed, &one.mean, unit);
            naive_percent += smape(&series.followed, &naive);
            naive_scaled += mase(&series.followed, &naive, unit);
        }
        percent / naive_percent.max(1e-12) + scaled / naive_scaled.max(1e-12)
    };
    let best = WEIGHTS
        .into_iter()
        .map(|weight| (error(weight), weight))
        .min_by(|one, other| one.0.total_cmp(&other.0));
    best.map_or(0.0, |(_, weight)| weight)
}
