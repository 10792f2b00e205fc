//! The Theta method and its dynamic optimised form (Fiorucci, Pellegrini, Louzada, Petropoulos,
//! Koehler: Models for optimising the theta method and their relationship to state space models,
//! 2016). Both want a history without season.

use super::simplex::{Bound, minimise};

const EVALUATIONS: usize = 160;
const LARGEST_THETA: f64 = 60.0;

/// A theta model fitted to a history without season.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    level: f64,
    alpha: f64,
    theta: f64,
}

#[derive(Debug, Clone, Copy)]
struct State {
    level: f64,
    mean: f64,
    intercept: f64,
    slope: f64,
    known: f64,
    /// (1 − α) to the power of the values known.
    fade: f64,
}

impl Fit {
    fn start(&self) -> State {
        State {
            level: self.level,
            mean: 0.0,
            intercept: 0.0,
            slope: 0.0,
            known: 0.0,
            fade: 1.0,
        }
    }

    fn expected(&self, state: &State) -> f64 {
        let next = state.fade * (1.0 - self.alpha);
        let drift = state.fade * state.intercept + (1.0 - next) / self.alpha * state.slope;
        state.level + (1.0 - 1.0 / self.theta) * drift
    }

    /// Takes one value in; returns what was expected.
    fn update(&self, state: &mut State, value: f64) -> f64 {
        let expected = if state.known < 1.0 {
            value
        } else {
            self.expected(state)
        };
        state.level = self.alpha * value + (1.0 - self.alpha) * state.level;
        let count = state.known + 1.0;
        // The least-squares line through what is known, kept up value by value.
        state.slope = if count > 1.0 {
            ((count - 2.0) * state.slope + 6.0 * (value - state.mean) / count) / (count + 1.0)
        } else {
            0.0
        };
        state.mean = (state.known * state.mean + value) / count;
        state.intercept = state.mean - state.slope * (count + 1.0) / 2.0;
        state.known = count;
        state.fade *= 1.0 - self.alpha;
        expected
    }

    fn squares(&self, history: &[f64]) -> f64 {
        let mut state = self.start();
        let mut sum = 0.0;
        for (at, value) in history.iter().enumerate() {
            let error = value - self.update(&mut state, *value);
            // The line through the first values says nothing yet.
            if at > 2 {
                sum += error * error;
            }
        }
        sum
    }

    /// Forecasts from each origin (how many values are known there), with the parameters of the
    /// whole history.
    pub fn forecasts(&self, history: &[f64], origins: &[usize], horizon: usize) -> Vec<Vec<f64>> {
        let mut state = self.start();
        let mut rest = history.iter();
        let mut known = 0;
        let from = |origin: &usize| {
            for value in rest.by_ref().take(origin.saturating_sub(known)) {
                self.update(&mut state, *value);
            }
            known = *origin;
            let mut ahead = state;
            let step = |_| {
                let expected = self.expected(&ahead);
                self.update(&mut ahead, expected)
            };
            (0..horizon).map(step).collect()
        };
        origins.iter().map(from).collect()
    }
}

/// Fits the classical method (θ = 2); with `free`, the weight of the trend is searched too.
pub fn fit(history: &[f64], free: bool) -> Option<Fit> {
    let first = *history.first()?;
    if history.len() < 4 {
        return None;
    }
    let mean = history.iter().sum::<f64>() / history.len() as f64;
    let reach = (first - mean).abs() + 1e-9;
    let mut bounds = vec![
        Bound {
            low: first - reach,
            high: first + reach,
            start: first,
        },
        Bound {
            low: 0.05,
            high: 0.99,
            start: 0.5,
        },
    ];
    if free {
        bounds.push(Bound {
            low: 0.0,
            high: LARGEST_THETA.ln(),
            start: 2.0_f64.ln(),
        });
    }
    let of = |parameters: &[f64]| Fit {
        level: parameters.first().copied().unwrap_or(first),
        alpha: parameters.get(1).copied().unwrap_or(0.5),
        theta: parameters.get(2).map_or(2.0, |log| log.exp()),
    };
    let best = minimise(&bounds, EVALUATIONS, |parameters| {
        of(parameters).squares(history)
    });
    Some(of(&best))
}
