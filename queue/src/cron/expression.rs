//! A whole expression.
//!
//! The fields are read here and not by the `cron` crate, which counts weekdays from 1, joins the
//! two day fields always by AND, does not tell whether a field began with `*` (on which the rules
//! for changing clocks stand), and passes over times that a zone skips.

use super::CronError;
use super::calendar::Calendar;
use super::field::{DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND};

/// The names for whole expressions.
const NAMED: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// Reads an expression of five or six fields, or a name for one.
pub(super) fn parse(text: &str) -> Result<Calendar, CronError> {
    let text = text.trim();
    let named = NAMED
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    let fields: Vec<&str> = named
        .map_or(text, |(_, meaning)| meaning)
        .split_whitespace()
        .collect();
    let (second, minute, hour, day, month, weekday) = match *fields.as_slice() {
        [minute, hour, day, month, weekday] => ("0", minute, hour, day, month, weekday),
        [second, minute, hour, day, month, weekday] => (second, minute, hour, day, month, weekday),
        _ => return Err(wrong_shape(text, fields.len())),
    };
    let calendar = Calendar {
        seconds: SECOND.parse(second)?,
        minutes: MINUTE.parse(minute)?,
        hours: HOUR.parse(hour)?,
        days: DAY_OF_MONTH.parse(day)?,
        months: MONTH.parse(month)?,
        weekdays: DAY_OF_WEEK.parse(weekday)?.of_week(),
    };
    if calendar.has_a_day() {
        Ok(calendar)
    } else {
        let message = format!("no month that {month} names has a day {day}");
        Err(CronError::new(DAY_OF_MONTH.name, message))
    }
}

fn wrong_shape(text: &str, fields: usize) -> CronError {
    let message = if text.starts_with('@') {
        let names = NAMED.map(|(name, _)| name).join(", ");
        format!("`{text}` is none of {names}")
    } else {
        format!("it has {fields} fields, and needs 5 from minute to day of week, or 6 from second")
    };
    CronError::new("expression", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_has_five_fields_or_six_or_a_name() {
        assert_eq!(parse("@weekly"), parse("0 0 0 * * SUN"));
        assert_eq!(parse(" 0  0 * *\t0 "), parse("@weekly"));
        let error = |text| parse(text).unwrap_err().to_string();
        assert_eq!(
            error("* * * *"),
            "expression: it has 4 fields, and needs 5 from minute to day of week, or 6 from second"
        );
        assert!(error("@reboot").starts_with("expression: `@reboot` is none of @hourly, "));
        assert!(error("").contains("0 fields"));
    }

    #[test]
    fn days_that_no_calendar_has_are_refused() {
        let error = |text| parse(text).unwrap_err().to_string();
        assert_eq!(
            error("0 0 30 2 *"),
            "day of month: no month that 2 names has a day 30"
        );
        assert_eq!(
            error("0 0 31 feb,4,6,9,11 *"),
            "day of month: no month that feb,4,6,9,11 names has a day 31"
        );
        assert!(parse("0 0 29 2 *").is_ok());
        assert!(parse("0 0 31 2-3 *").is_ok());
        assert!(parse("0 0 30 2 MON").is_ok(), "Mondays there are");
    }
}
