//! The forecasts that others are measured by.
#![expect(
    clippy::indexing_slicing,
    reason = "phases are taken modulo the season, and lengths are checked"
)]

use super::seasonal::{Form, indices, is_seasonal};

/// The last value over and over; 0 for no history.
pub fn naive(history: &[f64], horizon: usize) -> Vec<f64> {
    vec![history.last().copied().unwrap_or(0.0); horizon]
}

/// The last season over and over; the last value where there is no whole season.
pub fn seasonal_naive(history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    if season < 2 || history.len() < season {
        return naive(history, horizon);
    }
    let last = &history[history.len() - season..];
    (0..horizon).map(|step| last[step % season]).collect()
}

/// M4's Naive2: the last value without its season, with the season put back on, where a test finds
/// one.
pub fn naive2(history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    let found = is_seasonal(history, season)
        .then(|| indices(history, season, Form::Multiplicative))
        .flatten();
    let (Some(indices), Some(last)) = (found, history.last()) else {
        return naive(history, horizon);
    };
    let count = history.len();
    let base = last / indices[(count - 1) % season];
    (0..horizon)
        .map(|step| base * indices[(count + step) % season])
        .collect()
}
