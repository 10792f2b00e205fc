//! Bounds around a method's forecasts, from how far off it was at earlier origins (conformal
//! prediction on rolling origins).

use super::methods::{Method, paths};
use super::series::{Forecast, Series};

/// Earlier origins that are looked at.
const ORIGINS: usize = 40;
/// The error of a step that nothing is known of, as a share of the value.
const UNKNOWN: f64 = 0.2;

/// Forecast of one series by itself, with bounds.
pub fn with_bounds(method: Method, series: &Series, season: usize, horizon: usize) -> Forecast {
    let history = &series.history;
    let origins = origins(history.len(), season);
    let mut all = paths(method, history, season, &origins, horizon);
    let mean = all.pop().unwrap_or_default();
    let spread = Spread::new(history, &origins, &all, horizon);
    let bounds: (Vec<f64>, Vec<f64>) = mean
        .iter()
        .enumerate()
        .map(|(step, mean)| spread.bounds(*mean, step))
        .unzip();
    Forecast {
        id: series.id.clone(),
        mean,
        q10: bounds.0,
        q90: bounds.1,
    }
}

/// Up to forty earlier origins and the end.
fn origins(count: usize, season: usize) -> Vec<usize> {
    let first = (2 * season)
        .max(4)
        .max(count / 4)
        .max(count.saturating_sub(ORIGINS))
        .min(count);
    (first.max(1)..=count).collect()
}

/// How errors grow with the steps ahead, and how they are spread.
struct Spread {
    /// Whether errors are differences of logarithms.
    relative: bool,
    /// Variance of an error k steps ahead: the first number and k times the second.
    variance: (f64, f64),
    /// Quantiles of errors over their deviation.
    quantiles: (f64, f64),
}

impl Spread {
    fn new(history: &[f64], origins: &[usize], all: &[Vec<f64>], horizon: usize) -> Self {
        let relative = history.iter().all(|value| *value > 0.0);
        let mut errors = Vec::new();
        for (path, origin) in all.iter().zip(origins) {
            let followed = history.iter().skip(*origin);
            for ((step, forecast), actual) in path.iter().enumerate().zip(followed) {
                let off = if relative {
                    (actual / forecast.max(1e-12)).ln().clamp(-5.0, 5.0)
                } else {
                    actual - forecast
                };
                errors.push((step as f64 + 1.0, off));
            }
        }
        let variance = growth(&errors);
        let deviation = |ahead: f64| (variance.0 + variance.1 * ahead).sqrt().max(1e-12);
        let mut scaled: Vec<f64> = errors
            .iter()
            .map(|(ahead, off)| off / deviation(*ahead))
            .collect();
        scaled.sort_by(f64::total_cmp);
        // Errors of neighbouring origins are much alike: few of them are news.
        let news = all.len() as f64 / (1.0 + horizon as f64 / 4.0);
        let wider = 1.0 + 1.0 / (1.0 + news);
        let quantile = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a length is a place within it"
            )]
            let at = (share * scaled.len() as f64) as usize;
            scaled.get(at.min(scaled.len().saturating_sub(1))).copied()
        };
        let few = scaled.len() < 10;
        let low = quantile(0.1).filter(|_| !few).unwrap_or(-1.28).min(-0.2);
        let high = quantile(0.9).filter(|_| !few).unwrap_or(1.28).max(0.2);
        let size =
            history.iter().map(|value| value.abs()).sum::<f64>() / history.len().max(1) as f64;
        let unknown = if relative { UNKNOWN } else { UNKNOWN * size };
        Self {
            relative,
            variance: if few {
                (0.0, unknown * unknown)
            } else {
                variance
            },
            quantiles: (low * wider, high * wider),
        }
    }

    fn bounds(&self, mean: f64, step: usize) -> (f64, f64) {
        let deviation = (self.variance.0 + self.variance.1 * (step as f64 + 1.0)).sqrt();
        let (low, high) = (self.quantiles.0 * deviation, self.quantiles.1 * deviation);
        if self.relative {
            (mean * low.exp(), mean * high.exp())
        } else {
            (mean + low, mean + high)
        }
    }
}

/// The line of squared errors by steps ahead, neither number negative.
fn growth(errors: &[(f64, f64)]) -> (f64, f64) {
    let count = errors.len().max(1) as f64;
    let ahead = errors.iter().map(|(ahead, _)| ahead).sum::<f64>() / count;
    let square = errors.iter().map(|(_, off)| off * off).sum::<f64>() / count;
    let (mut along, mut across) = (0.0, 0.0);
    for (step, off) in errors {
        along += (step - ahead) * (off * off - square);
        across += (step - ahead).powi(2);
    }
    let slope = if across > 0.0 {
        (along / across).max(0.0)
    } else {
        0.0
    };
    let base = square - slope * ahead;
    if base < 0.0 {
        (0.0, square / ahead)
    } else {
        (base, slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn eight_in_ten_values_lie_within_the_bounds() {
        let mut random = Random::new(5);
        let (mut inside, mut count) = (0, 0);
        for _ in 0..150 {
            let mut level = 3.0;
            let values: Vec<f64> = (0..130)
                .map(|_| {
                    level += 0.03 * random.normal();
                    (level + 0.05 * random.normal()).exp()
                })
                .collect();
            let series = Series::new("walk", values[..120].to_vec());
            let found = with_bounds(Method::Theta, &series, 1, 10);
            for (step, actual) in values[120..].iter().enumerate() {
                count += 1;
                inside += u32::from((found.q10[step]..=found.q90[step]).contains(actual));
            }
        }
        let coverage = f64::from(inside) / f64::from(count);
        assert!((0.74..0.86).contains(&coverage), "{coverage}");
    }

    #[test]
    fn bounds_hold_the_forecast_between_them() {
        for values in [
            vec![4.0],
            vec![0.0; 50],
            vec![2.0, -1.0, 3.0, 5.0, -2.0, 0.0],
        ] {
            let found = with_bounds(Method::Combined, &Series::new("a", values), 7, 5);
            for ((low, mean), high) in found.q10.iter().zip(&found.mean).zip(&found.q90) {
                assert!(low <= mean && mean <= high, "{found:?}");
            }
        }
    }
}
