//! Series as files: `timestamp,value` in, `timestamp,score` out.

use std::io::{Read, Write};

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::Detector;
use crate::table::Table;
use crate::{MlError, Result};

/// A metric's points in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// The timestamps as they were written.
    pub stamps: Vec<String>,
    /// The same in seconds since 1970, read as UTC where they don't say otherwise.
    pub times: Vec<i64>,
    /// The values, finite.
    pub values: Vec<f64>,
}

impl Series {
    /// Reads CSV with the columns `timestamp` and `value`. A timestamp is a date, a date and time
    /// (with `T` or a space between), RFC 3339, or seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`MlError::Line`] for a value that is no finite number and a timestamp in another form.
    pub fn read(reader: impl Read) -> Result<Self> {
        let table = Table::read(reader)?;
        let place = |column: &str| {
            table
                .place(column)
                .ok_or_else(|| MlError::line(1, column, "there must be a column of this name"))
        };
        let (stamp, value) = (place("timestamp")?, place("value")?);
        let mut series = Self::default();
        for row in table.rows() {
            let text = row.cell(stamp);
            let time = seconds(text).ok_or_else(|| {
                let rule = "must be a time, as in 2026-11-24 03:46:07";
                MlError::line(row.line, "timestamp", rule)
            })?;
            let number: Option<f64> = row.cell(value).parse().ok();
            let number = number
                .filter(|number| number.is_finite())
                .ok_or_else(|| MlError::line(row.line, "value", "must be a finite number"))?;
            series.stamps.push(text.to_owned());
            series.times.push(time);
            series.values.push(number);
        }
        Ok(series)
    }

    /// Every point's score, by a detector that saw nothing but the points before it.
    pub fn scores(&self) -> Vec<f64> {
        let mut detector = Detector::new();
        let points = self.times.iter().zip(&self.values);
        points
            .map(|(time, value)| detector.step(*time, *value).score)
            .collect()
    }

    /// Writes `timestamp,score`, the timestamps as they were read.
    pub fn write(&self, scores: &[f64], file: &mut dyn Write) -> Result<()> {
        let mut rows = csv::Writer::from_writer(file);
        rows.write_record(["timestamp", "score"]).map_err(io)?;
        for (stamp, score) in self.stamps.iter().zip(scores) {
            rows.write_record([stamp.as_str(), &score.to_string()])
                .map_err(io)?;
        }
        Ok(rows.flush()?)
    }
}

fn io(error: csv::Error) -> MlError {
    MlError::Io(error.into())
}

/// Seconds since 1970 of a timestamp in one of the forms of [`Series::read`].
pub fn seconds(text: &str) -> Option<i64> {
    for form in [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return Some(time.and_utc().timestamp());
        }
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "fractions of a second are left out"
    )]
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| number.abs() < 1e15)
        .map(|number| number as i64);
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_in_every_form() {
        for text in [
            "2014-04-10 07:15:00",
            "2014-04-10 07:15:00.000000",
            "2014-04-10T07:15:00",
            "2014-04-10T09:15:00+02:00",
            "1397114100",
            "1397114100.25",
        ] {
            assert_eq!(seconds(text), Some(1_397_114_100), "{text}");
        }
        assert_eq!(seconds("2014-04-10"), Some(1_397_088_000));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn a_bad_line_is_named() {
        let read = |text: &str| Series::read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            read("timestamp,value\n2014-04-10,1\n2014-04-11,NaN\n"),
            "line 3, value: must be a finite number"
        );
        assert!(read("timestamp,value\nnow,1\n").starts_with("line 2, timestamp:"));
        assert!(read("timestamp,count\n").starts_with("line 1, value:"));
    }

    #[test]
    fn scores_are_written_beside_the_timestamps_as_they_came() {
        let text = "value,timestamp\n5,2014-04-10\n6,2014-04-11\n";
        let series = Series::read(text.as_bytes()).unwrap();
        let mut out = Vec::new();
        series.write(&series.scores(), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "timestamp,score\n2014-04-10,0\n2014-04-11,0\n"
        );
    }
}
