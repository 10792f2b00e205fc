//! Methods by name, each forecasting from several origins, and their mean.

use super::seasonal::{Form, indices, is_seasonal};
use super::{ets, intermittent, naive, theta};

/// A way to forecast one series by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The last value with the season put back on.
    Naive2,
    /// The last season again.
    SeasonalNaive,
    /// Exponential smoothing, the member chosen by criterion.
    Ets,
    /// The classical Theta method.
    Theta,
    /// The dynamic optimised theta method.
    Dot,
    /// Mean demand of Syntetos and Boylan.
    Croston,
    /// Mean demand of Teunter, Syntetos and Babai.
    Tsb,
    /// The mean of ETS, Theta and DOT; for demand that is mostly 0, of the two for that.
    Combined,
}

/// Forecasts of `horizon` steps from each origin (how many values are known there, in rising order
/// and at least 1). What a method learns – parameters, seasonal indices – it learns from the whole
/// history; levels come from what is known at the origin. A history that is never negative gets
/// forecasts that are not either.
pub fn paths(
    method: Method,
    history: &[f64],
    season: usize,
    origins: &[usize],
    horizon: usize,
) -> Vec<Vec<f64>> {
    let mut all = match method {
        Method::Naive2 => each(history, origins, |known| {
            naive2(history, known, season, horizon)
        }),
        Method::SeasonalNaive => each(history, origins, |known| {
            naive::seasonal_naive(known, season, horizon)
        }),
        Method::Croston => rates(&intermittent::croston(history), origins, horizon),
        Method::Tsb => rates(&intermittent::tsb(history), origins, horizon),
        Method::Ets => smoothed(history, season, origins, horizon),
        Method::Theta | Method::Dot => {
            let free = method == Method::Dot;
            deseasonalised(history, season, origins, horizon, |bare| {
                theta::fit(bare, free).map(|fit| fit.forecasts(bare, origins, horizon))
            })
        }
        Method::Combined if intermittent::is_intermittent(history) => mean(
            &[Method::Croston, Method::Tsb],
            history,
            season,
            origins,
            horizon,
        ),
        Method::Combined => mean(
            &[Method::Ets, Method::Theta, Method::Dot],
            history,
            season,
            origins,
            horizon,
        ),
    };
    let most = history
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    let least = if history.iter().all(|value| *value >= 0.0) {
        0.0
    } else {
        f64::NEG_INFINITY
    };
    for value in all.iter_mut().flatten() {
        // What runs away is held at a size that no history of this kind reaches.
        *value = if value.is_finite() {
            value.clamp(least.max(-1e3 * most), 1e3 * most)
        } else {
            0.0
        };
    }
    all
}

fn each(
    history: &[f64],
    origins: &[usize],
    forecast: impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<Vec<f64>> {
    origins
        .iter()
        .map(|origin| forecast(history.get(..*origin).unwrap_or(history)))
        .collect()
}

fn rates(rates: &[f64], origins: &[usize], horizon: usize) -> Vec<Vec<f64>> {
    let at = |origin: &usize| vec![rates.get(*origin).copied().unwrap_or(0.0); horizon];
    origins.iter().map(at).collect()
}

/// At the end of the history, M4's Naive2; elsewhere with the whole history's indices.
fn naive2(history: &[f64], known: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    if known.len() == history.len() {
        return naive::naive2(history, season, horizon);
    }
    let origin = [known.len()];
    let last = |bare: &[f64]| Some(vec![naive::naive(bare.get(..known.len())?, horizon)]);
    deseasonalised(history, season, &origin, horizon, last)
        .pop()
        .unwrap_or_default()
}

/// Takes the season out where there is one, forecasts, and puts it back on. Where `forecast` has
/// no answer, the last value stands.
fn deseasonalised(
    history: &[f64],
    season: usize,
    origins: &[usize],
    horizon: usize,
    forecast: impl FnOnce(&[f64]) -> Option<Vec<Vec<f64>>>,
) -> Vec<Vec<f64>> {
    let form = if history.iter().all(|value| *value > 0.0) {
        Form::Multiplicative
    } else {
        Form::Additive
    };
    let pattern = is_seasonal(history, season)
        .then(|| indices(history, season, form))
        .flatten();
    let pattern = pattern.unwrap_or_default();
    let bare: Vec<f64> = if pattern.is_empty() {
        history.to_vec()
    } else {
        let cycle = pattern.iter().cycle();
        history
            .iter()
            .zip(cycle)
            .map(|(value, index)| form.remove(*value, *index))
            .collect()
    };
    let mut all = forecast(&bare)
        .unwrap_or_else(|| each(&bare, origins, |known| naive::naive(known, horizon)));
    for (path, origin) in all.iter_mut().zip(origins) {
        let cycle = pattern.iter().cycle().skip(if pattern.is_empty() {
            0
        } else {
            origin % pattern.len()
        });
        for (value, index) in path.iter_mut().zip(cycle) {
            *value = form.restore(*value, *index);
        }
    }
    all
}

fn smoothed(history: &[f64], season: usize, origins: &[usize], horizon: usize) -> Vec<Vec<f64>> {
    // A season that is too long to be smoothed is taken out first, as one found by the test is.
    let members = if season <= ets::LONGEST_SEASON {
        ets::choose(history, season)
    } else {
        Vec::new()
    };
    if !members.is_empty() {
        return weighed(&members, history, origins, horizon);
    }
    deseasonalised(history, season, origins, horizon, |bare| {
        let members = ets::choose(bare, 1);
        (!members.is_empty()).then(|| weighed(&members, bare, origins, horizon))
    })
}

/// The mean of members' forecasts by their weights.
fn weighed(
    members: &[(f64, ets::Fit)],
    history: &[f64],
    origins: &[usize],
    horizon: usize,
) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; horizon]; origins.len()];
    for (weight, fit) in members {
        let paths = fit.forecasts(history, origins, horizon);
        for (sum, value) in sums.iter_mut().flatten().zip(paths.iter().flatten()) {
            *sum += weight * value;
        }
    }
    sums
}

fn mean(
    methods: &[Method],
    history: &[f64],
    season: usize,
    origins: &[usize],
    horizon: usize,
) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; horizon]; origins.len()];
    for method in methods {
        let paths = paths(*method, history, season, origins, horizon);
        for (sum, value) in sums.iter_mut().flatten().zip(paths.iter().flatten()) {
            *sum += value / methods.len() as f64;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Method; 8] = [
        Method::Naive2,
        Method::SeasonalNaive,
        Method::Ets,
        Method::Theta,
        Method::Dot,
        Method::Croston,
        Method::Tsb,
        Method::Combined,
    ];

    #[test]
    fn every_method_answers_every_history() {
        let rising: Vec<f64> = (0..60_u8)
            .map(|at| 10.0 + f64::from(at) * f64::from(at % 7))
            .collect();
        let histories = [
            vec![3.0],
            vec![0.0; 30],
            vec![5.0; 40],
            vec![-1.0, 2.0, -3.0, 1.0, 0.0],
            rising,
        ];
        for method in ALL {
            for history in &histories {
                for season in [1, 4, 7, 24, 52] {
                    let origins = [1, history.len()];
                    let found = paths(method, history, season, &origins, 9);
                    let sound = found
                        .iter()
                        .all(|path| path.len() == 9 && path.iter().all(|value| value.is_finite()));
                    assert!(
                        sound && found.len() == 2,
                        "{method:?} {season} {history:?}: {found:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_plain_season_on_a_line_goes_on() {
        let value = |at: u32| (100.0 + f64::from(at)) * [0.8, 1.0, 1.3, 0.9][(at % 4) as usize];
        let history: Vec<f64> = (0..60).map(value).collect();
        for method in [Method::Ets, Method::Theta, Method::Dot, Method::Combined] {
            let found = paths(method, &history, 4, &[60], 8).remove(0);
            for (step, found) in (60..).zip(found) {
                let off = (found / value(step) - 1.0).abs();
                assert!(
                    off < 0.05,
                    "{method:?} at {step}: {found} for {}",
                    value(step)
                );
            }
        }
    }
}
