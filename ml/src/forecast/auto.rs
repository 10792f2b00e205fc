//! Chooses by itself: the mean of statistical methods for every series, Naive2 where there is little
//! to learn, and, where there are enough series, a global model trained on their own histories; each
//! weighed by how good it was on the end of what is known.

use super::blend::{Trial, best, blend, cautious};
use super::global::{Settings, Training, refuse_negative};
use super::interval::with_bounds;
use super::methods::Method;
use super::metrics::scale;
use super::series::{Forecast, Series};
use crate::{Control, MlError, Result};

/// The fewest series that a global model is trained on.
const FEWEST: usize = 50;
/// The fewest windows, all series together.
const FEWEST_WINDOWS: usize = 400;
/// Networks of the ensemble.
const MEMBERS: usize = 3;
/// Width of each.
const WIDTH: usize = 128;
/// Steps of each.
const STEPS: u32 = 400;
/// Earlier origins, a horizon apart, that methods are compared at.
const ORIGINS: usize = 3;

/// What was chosen: the rest is the mean of statistical methods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// How much Naive2 counts beside the statistical methods, 0 to 1.
    pub naive: f64,
    /// How much the global model counts beside both, 0 to 1.
    pub global: f64,
}

/// Forecasts all series. Nothing but their histories is looked at: what followed, where it is
/// given, is not. Series with values below 0 are forecast without the global model.
pub fn auto(
    series: &[Series],
    season: usize,
    horizon: usize,
    threads: usize,
    control: &mut dyn Control,
) -> Result<(Vec<Forecast>, Choice)> {
    let known: Vec<Series> = series.iter().map(Series::known).collect();
    let mut settings = Settings::new(horizon, season);
    (settings.members, settings.width, settings.steps) = (MEMBERS, WIDTH, STEPS);
    settings.threads = threads;
    let choice = choose(&known, &settings, control)?;
    let mut forecasts = local(&known, &settings, choice.naive, control)?;
    if choice.global > 0.0 {
        let mut takes = known.clone();
        takes.retain(Series::never_negative);
        let mut others = trained(&takes, &settings, control)?.into_iter();
        for (one, series) in forecasts.iter_mut().zip(&known) {
            if series.never_negative()
                && let Some(other) = others.next()
            {
                blend(one, &other, choice.global);
            }
        }
    }
    Ok((forecasts, choice))
}

/// Forecasts of all series by one model that is trained on their histories.
///
/// # Errors
///
/// [`MlError::Line`] for a series with values below 0; [`MlError::Data`] for too little to learn
/// from.
pub fn global(
    series: &[Series],
    season: usize,
    horizon: usize,
    threads: usize,
    control: &mut dyn Control,
) -> Result<Vec<Forecast>> {
    series.iter().try_for_each(refuse_negative)?;
    let known: Vec<Series> = series.iter().map(Series::known).collect();
    let mut settings = Settings::new(horizon, season);
    settings.threads = threads;
    trained(&known, &settings, control)
}

fn trained(
    known: &[Series],
    settings: &Settings,
    control: &mut dyn Control,
) -> Result<Vec<Forecast>> {
    let mut training = Training::new(known, settings)?;
    training.run(control)?;
    Ok(training.finish().forecast(known))
}

/// The statistical methods' mean, and Naive2 with this weight.
fn local(
    known: &[Series],
    settings: &Settings,
    naive: f64,
    control: &mut dyn Control,
) -> Result<Vec<Forecast>> {
    let (season, horizon, threads) = (settings.season, settings.horizon, settings.threads);
    let mut all = statistical(known, season, horizon, threads, control)?;
    if naive > 0.0 {
        let others = each(Method::Naive2, known, season, horizon, threads, control)?;
        for (one, other) in all.iter_mut().zip(&others) {
            blend(one, other, naive);
        }
    }
    Ok(all)
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

/// The weights with the least error on the ends of the histories, which no forecaster there saw.
fn choose(known: &[Series], settings: &Settings, control: &mut dyn Control) -> Result<Choice> {
    let (season, horizon, threads) = (settings.season, settings.horizon, settings.threads);
    let mut trials = Vec::new();
    for origin in 1..=ORIGINS {
        let cut = cut(known, season, horizon, origin * horizon);
        let seen: Vec<Series> = cut.iter().map(Series::known).collect();
        let ones = statistical(&seen, season, horizon, threads, control)?;
        let others = each(Method::Naive2, &seen, season, horizon, threads, control)?;
        let all = cut.into_iter().zip(ones).zip(others);
        trials.extend(all.map(|((series, one), other)| Trial { series, one, other }));
    }
    // What Naive2 does as well, as far as can be told, is left to it: the methods must earn their place.
    let naive = 1.0
        - cautious(
            &trials.into_iter().map(Trial::turned).collect::<Vec<_>>(),
            season,
        );
    let mut cut = cut(known, season, horizon, horizon);
    cut.retain(Series::never_negative);
    let seen: Vec<Series> = cut.iter().map(Series::known).collect();
    let least = (2 * season).max(4) + horizon;
    let windows: usize = seen
        .iter()
        .map(|each| each.history.len().saturating_sub(least))
        .sum();
    if cut.len() < FEWEST || windows < FEWEST_WINDOWS {
        return Ok(Choice { naive, global: 0.0 });
    }
    let others = match trained(&seen, settings, control) {
        Err(MlError::Data(_)) => return Ok(Choice { naive, global: 0.0 }),
        other => other?,
    };
    let ones = local(&seen, settings, naive, control)?;
    let all = cut.into_iter().zip(ones).zip(others);
    let trials: Vec<Trial> = all
        .map(|((series, one), other)| Trial { series, one, other })
        .collect();
    let global = best(&trials, season);
    Ok(Choice { naive, global })
}

/// Histories that end so many steps earlier, with the `horizon` values that followed. Those that
/// are too short for it are left out.
fn cut(known: &[Series], season: usize, horizon: usize, by: usize) -> Vec<Series> {
    let least = (2 * season).max(horizon).max(4);
    let cut = |each: &Series| {
        let end = each.history.len().checked_sub(by)?;
        let (history, followed) = each.history.split_at_checked(end)?;
        let usable = history.len() >= least && scale(history, season).is_some();
        usable.then(|| Series {
            history: history.to_vec(),
            followed: followed.iter().take(horizon).copied().collect(),
            ..each.clone()
        })
    };
    known.iter().filter_map(cut).collect()
}
