//! What an artist's daily metrics say: forecasts, revenue, anomalies, milestones, growth, findings,
//! and when to release.
//!
//! Every figure comes with its method, the data that it was made from, an interval, and how good the
//! method was on days that it had not seen. Where there is too little data the answer says what is
//! missing and nothing else.

mod anomalies;
#[cfg(test)]
mod audience_tests;
mod clusters;
mod correlation;
mod fanbase;
pub mod forecaster;
mod growth;
mod insights;
mod milestones;
mod music;
mod outlook;
mod own;
mod predict;
mod releases;
mod report;
mod revenue;
mod series;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde_json::Value;

pub use music::MeasuredTrack;
pub use own::{Named, Own, Passed};
pub use series::{DailySeries, Nature};

use crate::{Control, MlError, Result};

/// The version of everything here: it grows when an answer to the same data changes.
pub const VERSION: u32 = 2;

/// Series that are looked at one by one, the largest of late first; totals come on top.
const MOST_SERIES: usize = 48;

/// One result.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// What was computed: `predict_metric`, `forecast_revenue`, `detect_anomalies`, `milestones`,
    /// `career_growth`, `insights`, `release_strategy`, `fanbase` or `music_insights`.
    pub kind: &'static str,
    /// The series that it is about, where a kind has one result a series.
    pub about: Option<About>,
    /// The result, with a `status`: `ready` or `not_enough_data`.
    pub result: Value,
}

/// A series by its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct About {
    /// What is counted.
    pub metric: String,
    /// Who counted; empty for all sources together.
    pub source: String,
    /// The track; empty for the artist as a whole.
    pub track: String,
}

/// What everything is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// All series of one artist, in any order, no two of one name.
    pub series: &'a [DailySeries],
    /// The day that ages are counted from.
    pub today: NaiveDate,
    /// What forecasts where it can.
    pub own: &'a Own,
    /// The artist's tracks as they were measured.
    pub tracks: &'a [MeasuredTrack],
}

/// Computes everything.
pub fn compute(given: &Given<'_>, control: &mut dyn Control) -> Result<Vec<Computed>> {
    let Given {
        series,
        today,
        own,
        tracks,
    } = *given;
    let totals = series::totals(series);
    let largest = series::largest(series, MOST_SERIES);
    let mut all = Vec::new();

    let forecast: Vec<&DailySeries> = totals.iter().chain(largest.iter().copied()).collect();
    let expected = own.expect(&forecast);
    let mut outlooks = Vec::with_capacity(forecast.len());
    for (done, one) in forecast.iter().enumerate() {
        crate::control::step(control, 0.7 * done as f64 / forecast.len().max(1) as f64)?;
        let outlook = outlook::Tested::of(one, &expected);
        all.push(Computed {
            kind: "predict_metric",
            about: Some(one.about()),
            result: report::value(&predict::predict(one, outlook.as_ref()))?,
        });
        outlooks.push(outlook);
    }
    let of_totals: Vec<_> = totals.iter().zip(&outlooks).collect();

    let revenue = revenue::forecast(&of_totals);
    let milestones = milestones::find(&of_totals);
    crate::control::step(control, 0.7)?;
    let anomalies = anomalies::detect(&largest, control)?;
    crate::control::step(control, 0.95)?;
    let growth = growth::measure(&totals);
    let releases = releases::strategy(series, &totals);
    let fanbase = fanbase::segments(series);
    let music = music::insights(series, tracks);
    let insights = insights::rank(&anomalies, &growth, &milestones, series, today);
    let results = [
        ("forecast_revenue", report::value(&revenue)?),
        ("milestones", report::value(&milestones)?),
        ("detect_anomalies", report::value(&anomalies)?),
        ("career_growth", report::value(&growth)?),
        ("release_strategy", report::value(&releases)?),
        ("insights", report::value(&insights)?),
        ("fanbase", report::value(&fanbase)?),
        ("music_insights", report::value(&music)?),
    ];
    all.extend(results.map(|(kind, result)| Computed {
        kind,
        about: None,
        result,
    }));
    Ok(all)
}

impl From<serde_json::Error> for MlError {
    fn from(error: serde_json::Error) -> Self {
        Self::Data(error.to_string())
    }
}
