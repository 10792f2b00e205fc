//! A series' next days.

use chrono::NaiveDate;
use serde::Serialize;

use super::outlook::{self, Evidence, FEWEST_DAYS, MOST_FILLED, Tested};
use super::report::{Answer, Method, Window};
use super::series::{DailySeries, Nature};

/// A forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// What sort of figure it is.
    pub nature: Nature,
    /// Day by day, as far as the history reaches.
    pub days: Vec<Day>,
    /// How it was made.
    pub method: Method,
    /// From what.
    pub window: Window,
    /// How good it was on days that it had not seen; null where none could be held out.
    pub held_out: Option<Evidence>,
}

/// A day to come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// The day.
    pub date: NaiveDate,
    /// What is expected.
    pub expected: f64,
    /// What one in ten is expected to lie under.
    pub low: f64,
    /// What one in ten is expected to lie over.
    pub high: f64,
}

/// The forecast of a series with its outlook.
pub fn predict(series: &DailySeries, tested: Option<&Tested>) -> Answer<Prediction> {
    let Some(tested) = tested else {
        return missing(series);
    };
    let count = series.values().len();
    let steps = tested.outlook.point.iter().zip(tested.outlook.bounds());
    let days = steps
        .enumerate()
        .map(|(step, (expected, [low, _, high]))| Day {
            date: series.day(count + step),
            expected: *expected,
            low: low.min(*expected),
            high: high.max(*expected),
        });
    Answer::Ready(Prediction {
        nature: series.nature(),
        days: days.collect(),
        method: tested.method.clone(),
        window: series.window(),
        held_out: tested.held_out.clone(),
    })
}

/// Why a series has no outlook.
pub fn missing<T>(series: &DailySeries) -> Answer<T> {
    let days = series.values().len();
    if days < FEWEST_DAYS {
        return Answer::missing("days of history", outlook::needed(1), days);
    }
    let window = series.window();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let needed = ((1.0 - MOST_FILLED) * days as f64).ceil() as usize;
    Answer::missing("days with a value", needed, days - window.filled_days)
}
