//! How good a forecaster is on days that it has not seen, beside the statistical methods that would
//! forecast in its place.

use std::collections::BTreeMap;

use super::lesson::Lesson;
use crate::analytics::outlook::{Outlook, WEEK};
use crate::forecast::auto::statistical;
use crate::forecast::global::Forecaster;
use crate::forecast::metrics::{Outcome, Tally, scale};
use crate::forecast::{Forecast, Series};
use crate::{Control, Result};

/// The figure's name: error over that of Naive2, as in M4.
pub const OWA: &str = "owa";
/// The same of the statistical methods, on the same days.
pub const OWA_OF_STATISTICAL: &str = "owa_of_statistical";
/// The mean absolute error, in units of the series' mean change over a week.
pub const MASE: &str = "mase";
/// The same of the statistical methods, on the same days.
pub const MASE_OF_STATISTICAL: &str = "mase_of_statistical";
/// The name of how far it looks ahead.
pub const HORIZON_DAYS: &str = "horizon_days";
/// The fewest held-out days of a series that is judged.
const FEWEST: usize = WEEK;
/// Series whose sums are judged.
const MOST_SUMS: usize = 48;

/// Judges a forecaster that was trained without the held-out days.
pub fn judge(
    lesson: &Lesson,
    forecaster: &Forecaster,
    control: &mut dyn Control,
) -> Result<BTreeMap<String, f64>> {
    let mut cut = lesson.held_out();
    cut.retain(|one| one.followed.len() >= FEWEST && scale(&one.history, WEEK).is_some());
    let known: Vec<Series> = cut.iter().map(Series::known).collect();
    let own = forecaster.forecast(&known);
    let others = statistical(&known, WEEK, lesson.horizon, 1, control)?;
    let (mut of_own, mut of_others, mut better) = (Tally::default(), Tally::default(), 0_u32);
    for ((series, own), other) in cut.iter().zip(&own).zip(&others) {
        let (mut one, mut two) = (Tally::default(), Tally::default());
        one.add(&outcome(series, own))?;
        two.add(&outcome(series, other))?;
        better += u32::from(one.mase() < two.mase());
        of_own.join(&one);
        of_others.join(&two);
    }
    let sums = sums_within(&cut, &own, control)?;
    let figures = [
        ("series", of_own.count as f64),
        (HORIZON_DAYS, lesson.horizon as f64),
        (OWA, of_own.owa()),
        (OWA_OF_STATISTICAL, of_others.owa()),
        (MASE, of_own.mase()),
        (MASE_OF_STATISTICAL, of_others.mase()),
        ("smape", of_own.smape()),
        ("coverage_80", of_own.coverage()),
        ("coverage_80_of_statistical", of_others.coverage()),
        ("coverage_80_of_sums", sums),
        (
            "share_of_series_better",
            f64::from(better) / of_own.count.max(1) as f64,
        ),
    ];
    // A figure that can't be told (Naive2 without an error) is left out.
    let told = figures.into_iter().filter(|(_, figure)| figure.is_finite());
    Ok(told
        .map(|(name, figure)| (name.to_owned(), figure))
        .collect())
}

fn outcome<'a>(series: &'a Series, forecast: &'a Forecast) -> Outcome<'a> {
    let steps = series.followed.len();
    let within = |values: &'a [f64]| values.get(..steps).unwrap_or(values);
    Outcome {
        history: &series.history,
        actual: &series.followed,
        mean: within(&forecast.mean),
        low: within(&forecast.q10),
        high: within(&forecast.q90),
        season: WEEK,
    }
}

/// The share of sums over the held-out days that lay within their 80 % interval, made as it is when
/// the forecaster serves.
fn sums_within(cut: &[Series], own: &[Forecast], control: &mut dyn Control) -> Result<f64> {
    let (mut within, mut count) = (0_u32, 0_u32);
    for (series, forecast) in cut.iter().zip(own).take(MOST_SUMS) {
        crate::control::step(control, 1.0)?;
        let steps = series.followed.len();
        let led = Outlook::of(&series.history, steps).led_by(forecast);
        let [low, _, high] = led.sums(steps);
        let came: f64 = series.followed.iter().sum();
        count += 1;
        within += u32::from((low..=high).contains(&came));
    }
    Ok(f64::from(within) / f64::from(count))
}
