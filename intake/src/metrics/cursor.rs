//! Where the next page of metrics starts: a series and a day, as one opaque word.

use chrono::NaiveDate;
use models::metrics::{Key, MetricRow};

use crate::error::Problem;

/// The word for going on behind a row.
pub fn write(row: &MetricRow) -> String {
    let parts = [&row.metric, &row.source, &row.track, &row.day.to_string()];
    hex::encode(parts.map(String::as_str).join(" "))
}

/// What a word says.
pub fn read(cursor: &str) -> Result<Key, Problem> {
    parse(cursor).ok_or_else(|| {
        Problem::invalid(
            "cursor",
            "bad_cursor",
            "cursor must be the next_cursor of an earlier page.",
        )
    })
}

fn parse(cursor: &str) -> Option<Key> {
    let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
    // No part has a space or a control character in it, and a database takes no NUL.
    let mut parts = text
        .split(' ')
        .filter(|part| !part.contains(char::is_control));
    let mut next = || parts.next();
    let key = Key {
        metric: next()?.to_owned(),
        source: next()?.to_owned(),
        track: next()?.to_owned(),
        day: NaiveDate::parse_from_str(next()?, "%Y-%m-%d").ok()?,
    };
    next().is_none().then_some(key)
}

#[cfg(test)]
mod tests {
    use db::Time;

    use super::*;

    #[test]
    fn a_cursor_reads_back_and_anything_else_is_refused() {
        let row = MetricRow {
            metric: "streams".into(),
            source: "spotify".into(),
            track: String::new(),
            day: NaiveDate::from_ymd_opt(2026, 11, 28).unwrap(),
            value: 1.0,
            imported_by: None,
            updated_at: Time::from_micros(0),
        };
        assert_eq!(read(&write(&row)).unwrap(), row.key());
        for wrong in [
            "",
            "zz",
            "00",
            &hex::encode("a b c"),
            &hex::encode("a b c 2026-01-01 x"),
        ] {
            assert_eq!(read(wrong).unwrap_err().code, "bad_cursor", "{wrong}");
        }
    }
}
