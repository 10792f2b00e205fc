//! Chooses by itself: the mean of statistical methods for every series, and, where there are enough
//! series, a global model trained on their own histories, weighed by how good it was on the end of
//! what is known.

use super::global::{Settings, Training};
use super::interval::with_bounds;
use super::methods::{Method, naive};
use super::metrics::{mase, scale, smape};
use super::series::{Forecast, Series};
use crate::{Control, MlError, Result};

/// The fewest series that a global model is trained on.
const FEWEST: usize = 24;
/// The fewest windows, all series together.
const FEWEST_WINDOWS: usize = 400;
/// Networks of the ensemble.
const MEMBERS: usize = 4;
/// Steps of each.
const STEPS: u32 = 400;
/// Weights of the global model that are tried.
const WEIGHTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// How much the global model counts, 0 to 1.
    pub global: f64,
}

/// Forecasts all series. Nothing but their histories is looked at: what followed, where it is
/// given, is not.
pub fn auto(
    series: &[Series],
    season: usize,
    horizon: usize,
    threads: usize,
    control: &mut dyn Control,
) -> Result<(Vec<Forecast>, Choice)> {
    let known: Vec<Series> = series
        .iter()
        .map(|each| Series {
            followed: Vec::new(),
            ..each.clone()
        })
        .collect();
    let mut forecasts = statistical(&known, season, horizon, threads, control)?;
    let mut settings = Settings::new(horizon, season);
    settings.members = MEMBERS;
    settings.steps = STEPS;
    settings.threads = threads;
    let global = weight(&known, &settings, control)?;
    if global > 0.0 {
        let mut training = Training::new(&known, &settings)?;
        training.run(control)?;
        let others = training.finish().forecast(&known);
        for (one, other) in forecasts.iter_mut().zip(&others) {
            blend(one, other, global);
        }
    }
    Ok((forecasts, Choice { global }))
}

/// Each series by itself, in the series' order whatever the number of threads.
pub fn statistical(
    series: &[Series],
    season: usize,
    horizon: usize,
    threads: usize,
    control: &mut dyn Control,
) -> Result<Vec<Forecast>> {
    each(Method::Combined, series, season, horizon, threads, control)
}

/// One method on each series by itself, in the series' order whatever the number of threads.
pub fn each(
    method: Method,
    series: &[Series],
    season: usize,
    horizon: usize,
    threads: usize,
    control: &mut dyn Control,
) -> Result<Vec<Forecast>> {
    let threads = threads.max(1);
    let mut all = Vec::with_capacity(series.len());
    for part in series.chunks(16 * threads) {
        crate::control::step(control, all.len() as f64 / series.len() as f64)?;
        let one = |series: &[Series]| -> Vec<Forecast> {
            series
                .iter()
                .map(|series| with_bounds(method, series, season, horizon))
                .collect()
        };
        let found = std::thread::scope(|scope| {
            let share = part.len().div_ceil(threads);
            let running: Vec<_> = part
                .chunks(share)
                .map(|share| scope.spawn(move || one(share)))
                .collect();
            running
                .into_iter()
                .map(std::thread::ScopedJoinHandle::join)
                .collect::<Vec<_>>()
        });
        for found in found {
            all.extend(found.map_err(|_| MlError::Data("a method failed on a series".to_owned()))?);
        }
    }
    Ok(all)
}

/// How much a global model should count: the weight with the least error on the last `horizon`
/// values of every history, by models that did not see them. 0 where there is too little to learn
/// from.
fn weight(known: &[Series], settings: &Settings, control: &mut dyn Control) -> Result<f64> {
    let (season, horizon) = (settings.season, settings.horizon);
    let least = (2 * season).max(horizon).max(4);
    let cut: Vec<Series> = known
        .iter()
        .filter_map(|each| {
            let (history, followed) = each
                .history
                .split_at_checked(each.history.len().checked_sub(horizon)?)?;
            let usable = history.len() >= least && scale(history, season).is_some();
            usable.then(|| Series {
                history: history.to_vec(),
                followed: followed.to_vec(),
                ..each.clone()
            })
        })
        .collect();
    let unseen = |each: &Series| Series {
        followed: Vec::new(),
        ..each.clone()
    };
    let seen: Vec<Series> = cut.iter().map(unseen).collect();
    let windows: usize = seen
        .iter()
        .map(|each| each.history.len().saturating_sub(least + horizon))
        .sum();
    let negative = known
        .iter()
        .flat_map(|each| &each.history)
        .any(|value| *value < 0.0);
    if cut.len() < FEWEST || windows < FEWEST_WINDOWS || negative {
        return Ok(0.0);
    }
    let mut training = match Training::new(&seen, settings) {
        Err(MlError::Data(_) | MlError::Setting { .. }) => return Ok(0.0),
        other => other?,
    };
    training.run(control)?;
    let global = training.finish().forecast(&seen);
    let alone = statistical(&seen, season, horizon, settings.threads, control)?;
    let error = |weight: f64| -> f64 {
        let (mut percent, mut scaled, mut naive_percent, mut naive_scaled) = (0.0, 0.0, 0.0, 0.0);
        for ((series, global), alone) in cut.iter().zip(&global).zip(&alone) {
            let mut one = alone.clone();
            blend(&mut one, global, weight);
            let unit = scale(&series.history, season).unwrap_or(1.0);
            let naive = naive::naive2(&series.history, season, horizon);
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
    Ok(best.map_or(0.0, |(_, weight)| weight))
}

fn blend(one: &mut Forecast, other: &Forecast, weight: f64) {
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
