//! Exponential smoothing in its state-space form (Hyndman, Koehler, Ord, Snyder: Forecasting with
//! Exponential Smoothing, 2008): trend none, additive or damped, season none, additive or
//! multiplicative, errors additive or multiplicative, chosen by the corrected Akaike criterion.
#![expect(
    clippy::indexing_slicing,
    reason = "phases are taken modulo the season, and parameters are as many as the kind has"
)]

use super::seasonal::{Form, indices};
use super::simplex::{Bound, minimise};

/// The longest season that is smoothed; beyond, take the season out first.
pub const LONGEST_SEASON: usize = 24;
const EVALUATIONS: usize = 220;
/// Members less probable than this beside the best are left out: they cost time and change nothing.
const LEAST_WEIGHT: f64 = 0.01;

/// How the level moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// It stays.
    None,
    /// By a slope.
    Additive,
    /// By a slope that fades.
    Damped,
}

/// One member of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its trend.
    pub trend: Trend,
    /// Its season, if any.
    pub season: Option<Form>,
    /// Whether errors grow with the level.
    pub multiplicative_error: bool,
}

#[derive(Debug, Clone)]
struct State {
    level: f64,
    slope: f64,
    season: Vec<f64>,
}

/// A member fitted to a history.
#[derive(Debug, Clone)]
pub struct Fit {
    kind: Kind,
    alpha: f64,
    beta: f64,
    gamma: f64,
    phi: f64,
    start: State,
    /// Corrected Akaike criterion; smaller is better.
    pub aicc: f64,
}

impl Fit {
    fn from(kind: Kind, parameters: &[f64], season: &[f64]) -> Self {
        let mut next = parameters.iter().copied();
        let mut take = |wanted: bool| {
            if wanted {
                next.next().unwrap_or(0.0)
            } else {
                0.0
            }
        };
        let level = take(true);
        let alpha = take(true);
        let trended = kind.trend != Trend::None;
        let slope = take(trended);
        let beta = alpha * take(trended);
        let phi = if kind.trend == Trend::Damped {
            take(true)
        } else {
            1.0
        };
        let gamma = (1.0 - alpha) * take(kind.season.is_some());
        let season = season.to_vec();
        Self {
            kind,
            alpha,
            beta,
            gamma,
            phi,
            start: State {
                level,
                slope,
                season,
            },
            aicc: f64::INFINITY,
        }
    }

    fn expected(&self, state: &State, at: usize) -> (f64, f64) {
        let base = state.level + self.phi * state.slope;
        match self.kind.season {
            Some(form) => {
                let index = state.season[at % state.season.len()];
                (form.restore(base, index), base)
            }
            None => (base, base),
        }
    }

    /// Takes one value in; returns what was expected.
    fn update(&self, state: &mut State, at: usize, value: f64) -> f64 {
        let (expected, base) = self.expected(state, at);
        let error = value - expected;
        let scaled = match self.kind.season {
            None => error,
            Some(form) => {
                let period = state.season.len();
                let index = &mut state.season[at % period];
                match form {
                    Form::Additive => {
                        *index += self.gamma * error;
                        error
                    }
                    Form::Multiplicative => {
                        let scaled = error / *index;
                        *index += self.gamma * error / base;
                        scaled
                    }
                }
            }
        };
        state.level = base + self.alpha * scaled;
        state.slope = self.phi * state.slope + self.beta * scaled;
        expected
    }

    /// Minus twice the log-likelihood, but for a constant.
    fn misfit(&self, history: &[f64]) -> f64 {
        let mut state = self.start.clone();
        let (mut squares, mut sizes) = (0.0, 0.0);
        for (at, value) in history.iter().enumerate() {
            let expected = self.update(&mut state, at, *value);
            let error = value - expected;
            if self.kind.multiplicative_error {
                squares += (error / expected).powi(2);
                sizes += expected.abs().ln();
            } else {
                squares += error * error;
            }
        }
        history.len() as f64 * squares.max(1e-300).ln() + 2.0 * sizes
    }

    /// Forecasts from each origin (how many values are known there), with the parameters of the
    /// whole history.
    pub fn forecasts(&self, history: &[f64], origins: &[usize], horizon: usize) -> Vec<Vec<f64>> {
        let mut state = self.start.clone();
        let mut known = 0;
        let from = |origin: &usize| {
            while known < *origin {
                self.update(&mut state, known, history[known]);
                known += 1;
            }
            self.ahead(&state, known, horizon)
        };
        origins.iter().map(from).collect()
    }

    fn ahead(&self, state: &State, known: usize, horizon: usize) -> Vec<f64> {
        let (mut damping, mut base) = (1.0, state.level);
        let step = |step: usize| {
            damping *= self.phi;
            base += damping * state.slope;
            match self.kind.season {
                Some(form) => form.restore(base, state.season[(known + step) % state.season.len()]),
                None => base,
            }
        };
        (0..horizon).map(step).collect()
    }
}

/// Level and slope of a line through the first values.
fn line(values: &[f64]) -> (f64, f64) {
    let count = values.len().min(10) as f64;
    let first = &values[..values.len().min(10)];
    let mean = first.iter().sum::<f64>() / count;
    let middle = (count - 1.0) / 2.0;
    let (mut up, mut across) = (0.0, 0.0);
    for (at, value) in first.iter().enumerate() {
        let off = at as f64 - middle;
        up += off * (value - mean);
        across += off * off;
    }
    let slope = if across > 0.0 { up / across } else { 0.0 };
    (mean - slope * (middle + 1.0), slope)
}

/// Fits one member; none where the history is too short for it or does not suit it.
pub fn fit(history: &[f64], season: usize, kind: Kind) -> Option<Fit> {
    let positive = history.iter().all(|value| *value > 0.0);
    let multiplies = kind.multiplicative_error || kind.season == Some(Form::Multiplicative);
    if history.len() < 4 || (multiplies && !positive) || season > LONGEST_SEASON {
        return None;
    }
    let pattern = match kind.season {
        Some(form) => indices(history, season, form)?,
        None => Vec::new(),
    };
    let bare: Vec<f64> = match kind.season {
        Some(form) => {
            let cycle = pattern.iter().cycle();
            history
                .iter()
                .zip(cycle)
                .map(|(value, index)| form.remove(*value, *index))
                .collect()
        }
        None => history.to_vec(),
    };
    let (level, slope) = line(&bare);
    let level = if kind.trend == Trend::None {
        bare.iter().take(5).sum::<f64>() / bare.len().min(5) as f64
    } else {
        level
    };
    let spread = bare
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .sum::<f64>()
        / bare.len() as f64;
    let reach = 4.0 * spread + 1e-9 + slope.abs();
    let bound = |low: f64, high: f64, start: f64| Bound { low, high, start };
    let mut bounds = vec![
        bound(level - reach, level + reach, level),
        bound(1e-3, 0.999, 0.3),
    ];
    if kind.trend != Trend::None {
        bounds.push(bound(slope - reach, slope + reach, slope));
        bounds.push(bound(1e-3, 0.999, 0.1));
    }
    if kind.trend == Trend::Damped {
        bounds.push(bound(0.8, 0.98, 0.95));
    }
    if kind.season.is_some() {
        bounds.push(bound(1e-3, 0.999, 0.05));
    }
    let free = bounds.len() + 1 + pattern.len().saturating_sub(1);
    let left = history
        .len()
        .checked_sub(free + 1)
        .filter(|left| *left > 0)?;
    let cost = |parameters: &[f64]| Fit::from(kind, parameters, &pattern).misfit(history);
    let best = minimise(&bounds, EVALUATIONS, cost);
    let mut fit = Fit::from(kind, &best, &pattern);
    let free = free as f64;
    fit.aicc = fit.misfit(history) + 2.0 * free + 2.0 * free * (free + 1.0) / left as f64;
    fit.aicc.is_finite().then_some(fit)
}

/// The members that suit a history with their weights, which are Akaike's: a member counts by how
/// probable it is beside the best. Their mean errs less than the best alone, since short histories
/// do not tell which that is (Kolassa: Combining exponential smoothing forecasts using Akaike
/// weights, International Journal of Forecasting 27, 2011). None for fewer than four values or so.
pub fn choose(history: &[f64], season: usize) -> Vec<(f64, Fit)> {
    let seasons: &[Option<Form>] = if season > 1 && season <= LONGEST_SEASON {
        &[None, Some(Form::Additive), Some(Form::Multiplicative)]
    } else {
        &[None]
    };
    let mut fits = Vec::new();
    for form in seasons {
        for trend in [Trend::None, Trend::Additive, Trend::Damped] {
            for multiplicative_error in [false, true] {
                // An additive error beside a multiplicative season is numerically unsound.
                if *form == Some(Form::Multiplicative) && !multiplicative_error {
                    continue;
                }
                let kind = Kind {
                    trend,
                    season: *form,
                    multiplicative_error,
                };
                fits.extend(fit(history, season, kind));
            }
        }
    }
    weighed(fits)
}

fn weighed(fits: Vec<Fit>) -> Vec<(f64, Fit)> {
    let best = fits
        .iter()
        .map(|fit| fit.aicc)
        .fold(f64::INFINITY, f64::min);
    let probability = |fit: &Fit| (0.5 * (best - fit.aicc)).exp();
    let mut weighed: Vec<(f64, Fit)> = fits
        .into_iter()
        .map(|fit| (probability(&fit), fit))
        .collect();
    weighed.retain(|(weight, _)| *weight >= LEAST_WEIGHT);
    let sum: f64 = weighed.iter().map(|(weight, _)| weight).sum();
    for (weight, _) in &mut weighed {
        *weight /= sum;
    }
    weighed
}
