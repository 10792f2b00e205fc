//! How fast totals grow, week by week, and which phase that is.

use serde::Serialize;

use super::About;
use super::outlook::WEEK;
use super::report::{Answer, Method, Window};
use super::series::{DailySeries, Nature};

/// Weeks that a rate is measured over.
const WEEKS: usize = 12;
/// The fewest weeks that have one.
const FEWEST: usize = 8;
/// Weeks after an earlier rate that it is tested on.
const AFTER: usize = 4;
/// A rate within so much a week, for certain, is steady.
const STEADY: f64 = 0.01;
/// The normal quantile of a 90 % interval.
const NORMAL_95: f64 = 1.645;

/// Growth of every total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Growth {
    /// One a total.
    pub series: Vec<OfSeries>,
    /// How it was measured.
    pub method: Method,
}

/// Growth of one total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfSeries {
    /// The series.
    #[serde(flatten)]
    pub about: About,
    /// Change a week, 0.02 being 2 %.
    pub weekly_rate: f64,
    /// The lower end of its 90 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// What the interval says.
    pub phase: Phase,
    /// Whole weeks that it was measured over.
    pub weeks: usize,
    /// All days of the series.
    pub window: Window,
    /// How good earlier rates were; null where there are too few weeks.
    pub held_out: Option<HeldOut>,
}

/// A phase, by evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The whole interval lies above 0.
    Growing,
    /// The whole interval lies below 0.
    Declining,
    /// The whole interval lies within ±1 % a week.
    Steady,
    /// The interval says none of these.
    Unclear,
}

/// Rates that were measured earlier, held against the four weeks after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOut {
    /// Earlier weeks that were measured at.
    pub origins: usize,
    /// The mean error (of logarithms) of going on at the rate.
    pub error: f64,
    /// The same of no change.
    pub error_of_no_change: f64,
    /// How many of the rates whose interval left 0 out.
    pub clear: usize,
    /// And how many of those had the right direction.
    pub clear_and_right: usize,
}

/// Measures every total that is long enough.
pub fn measure(totals: &[DailySeries]) -> Answer<Growth> {
    let series: Vec<OfSeries> = totals.iter().filter_map(of_series).collect();
    if series.is_empty() {
        let longest = totals.iter().map(|one| one.values().len() / WEEK).max();
        return Answer::missing("whole weeks of history", FEWEST, longest.unwrap_or(0));
    }
    Answer::Ready(Growth {
        series,
        method: Method::named("Theil-Sen slope of log weeks, with Sen's 90 % interval"),
    })
}

/// The change of a series a week between the ends of its 90 % interval; none where it is too short.
pub(super) fn weekly_rate(series: &DailySeries) -> Option<[f64; 3]> {
    let all = weeks(series);
    if all.len() < FEWEST {
        return None;
    }
    let late = all.get(all.len().saturating_sub(WEEKS)..)?;
    let slope = slope(late)?;
    Some(slope.map(|slope| slope.exp() - 1.0))
}

fn of_series(series: &DailySeries) -> Option<OfSeries> {
    let [low, rate, high] = weekly_rate(series)?;
    let all = weeks(series);
    Some(OfSeries {
        about: series.about(),
        weekly_rate: rate,
        low,
        high,
        phase: phase(low, high),
        weeks: all.len().min(WEEKS),
        window: series.window(),
        held_out: test(&all),
    })
}

/// What an interval says.
pub(super) fn phase(low: f64, high: f64) -> Phase {
    if low > -STEADY && high < STEADY {
        Phase::Steady
    } else if low > 0.0 {
        Phase::Growing
    } else if high < 0.0 {
        Phase::Declining
    } else {
        Phase::Unclear
    }
}

/// Logarithms of one more than each whole week, the last of which ends with the series: its sum, or
/// of levels its last day. None where one is negative.
fn weeks(series: &DailySeries) -> Vec<f64> {
    let values = series.values();
    let whole = values.get(values.len() % WEEK..).unwrap_or_default();
    let weeks: Vec<f64> = whole
        .chunks_exact(WEEK)
        .map(|week| match series.nature() {
            Nature::Flow => week.iter().sum(),
            Nature::Level | Nature::Unique => week.last().copied().unwrap_or_default(),
        })
        .collect();
    if weeks.iter().any(|week| *week < 0.0) {
        return Vec::new();
    }
    weeks.into_iter().map(f64::ln_1p).collect()
}

/// The median slope of all pairs, between the ends of Sen's interval (Sen: Estimates of the
/// regression coefficient based on Kendall's tau, 1968).
fn slope(values: &[f64]) -> Option<[f64; 3]> {
    let mut slopes = Vec::with_capacity(values.len() * values.len() / 2);
    for (at, later) in values.iter().enumerate() {
        for (before, sooner) in values.iter().enumerate().take(at) {
            slopes.push((later - sooner) / (at - before) as f64);
        }
    }
    slopes.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    let spread = NORMAL_95 * (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    let pairs = slopes.len() as f64;
    let at = |place: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a place within the list"
        )]
        let place = place.clamp(0.0, pairs - 1.0) as usize;
        slopes.get(place).copied()
    };
    let middle = super::outlook::quantile(&slopes, 0.5);
    let low = at(((pairs - spread) / 2.0).floor() - 1.0)?;
    let high = at(f64::midpoint(pairs, spread).ceil())?;
    Some([low.min(middle), middle, high.max(middle)])
}

fn test(all: &[f64]) -> Option<HeldOut> {
    let mut held_out = HeldOut {
        origins: 0,
        error: 0.0,
        error_of_no_change: 0.0,
        clear: 0,
        clear_and_right: 0,
    };
    for end in FEWEST..=all.len().saturating_sub(AFTER) {
        let known = all.get(end.saturating_sub(WEEKS)..end)?;
        let followed = all.get(end..end + AFTER)?;
        let [low, rate, high] = slope(known)?;
        // The last four weeks stand for the level: one week is noise.
        let last = known.get(known.len() - AFTER..)?;
        let level = last.iter().sum::<f64>() / AFTER as f64;
        let came = followed.iter().sum::<f64>() / AFTER as f64;
        held_out.origins += 1;
        held_out.error += (level + rate * AFTER as f64 - came).abs();
        held_out.error_of_no_change += (level - came).abs();
        if low > 0.0 || high < 0.0 {
            held_out.clear += 1;
            held_out.clear_and_right += usize::from(rate * (came - level) > 0.0);
        }
    }
    let origins = held_out.origins as f64;
    held_out.error /= origins;
    held_out.error_of_no_change /= origins;
    (held_out.origins > 0).then_some(held_out)
}
