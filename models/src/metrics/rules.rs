//! What each field of a metric's row must be.

use chrono::{Days, NaiveDate};
use db::Time;

use super::currency::is_currency;

/// The first day that a metric may be of: before it, none of the sources counted.
pub const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
/// The largest value either way. Every whole number up to it is exact.
pub const LARGEST_VALUE: f64 = 1e15;
const LONGEST_METRIC: usize = 63;
const LONGEST_SOURCE: usize = 40;
const LONGEST_TRACK: usize = 64;

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field; empty where it is the row as a whole.
    pub field: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}

impl Fault {
    /// A fault of a field.
    pub fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }
}

/// The last day that a row handed in then may be of: east of here the next day has begun.
pub fn latest_day(handed_in: Time) -> NaiveDate {
    let today = handed_in.utc().date_naive();
    today.checked_add_days(Days::new(1)).unwrap_or(today)
}

/// A day as `YYYY-MM-DD`, from [`FIRST_DAY`] to `latest`.
pub fn day(text: &str, latest: NaiveDate) -> Result<NaiveDate, Fault> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 4 | 7) {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    let day = shaped
        .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
        .flatten()
        .ok_or(Fault::new("date", "must be a day as in 2026-01-31"))?;
    if day < FIRST_DAY {
        return Err(Fault::new("date", "must not be before 2000-01-01"));
    }
    if day > latest {
        return Err(Fault::new("date", "must not be in the future"));
    }
    Ok(day)
}

/// A metric's word. Money says its currency.
pub fn metric(text: &str) -> Result<(), Fault> {
    let fault = |rule| Err(Fault::new("metric", rule));
    let word = (1..=LONGEST_METRIC).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !word {
        return fault(
            "must be a word of 1 to 63 lower-case letters, digits and _ that begins with a letter",
        );
    }
    if text.contains("_minor") && currency_of(text).is_none() {
        return fault(
            "money must end in _minor_ and the currency, as in revenue_minor_eur (ISO 4217)",
        );
    }
    Ok(())
}

/// The currency of a metric that is money in minor units.
pub fn currency_of(metric: &str) -> Option<&str> {
    let (what, currency) = metric.rsplit_once("_minor_")?;
    (!what.is_empty() && is_currency(currency)).then_some(currency)
}

/// A source's word.
pub fn source(text: &str) -> Result<(), Fault> {
    let slug = (1..=LONGEST_SOURCE).contains(&text.len())
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
        });
    if slug {
        return Ok(());
    }
    Err(Fault::new(
        "source",
        "must be a word of 1 to 40 lower-case letters, digits, _ and -",
    ))
}

/// A track's id, or nothing for the artist as a whole.
pub fn track(text: &str) -> Result<(), Fault> {
    if text.len() <= LONGEST_TRACK && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Fault::new(
        "track",
        "must be an id of at most 64 printable ASCII characters without spaces, or empty",
    ))
}

/// A value of a metric.
pub fn value(metric: &str, value: f64) -> Result<f64, Fault> {
    if !value.is_finite() || value.abs() > LARGEST_VALUE {
        return Err(Fault::new("value", "must lie within ±1e15"));
    }
    if currency_of(metric).is_some() && value.fract() != 0.0 {
        return Err(Fault::new(
            "value",
            "money must be a whole number of minor units",
        ));
    }
    // There is one zero.
    Ok(value + 0.0)
}

/// A value as text: a plain decimal number.
pub fn number(text: &str) -> Result<f64, Fault> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    text.parse()
        .ok()
        .filter(|_| plain)
        .ok_or(Fault::new("value", "must be a decimal number"))
}
