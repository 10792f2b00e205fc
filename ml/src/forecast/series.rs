//! Series in, forecasts out: one JSON object a line.

use std::io::{BufRead, BufReader, Read, Write};

use serde::{Deserialize, Serialize};

use crate::{MlError, Result};

/// The longest line that is read, bytes.
const LONGEST_LINE: u64 = 16 << 20;
/// The longest history that is read.
const LONGEST_SERIES: usize = 1_000_000;
/// Most values of one file.
const MOST_VALUES: usize = 100_000_000;

/// One series of equally spaced values.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Series {
    /// Its name, not empty.
    pub id: String,
    /// What is known, the earliest first; at least one value, all finite.
    #[serde(rename = "train")]
    pub history: Vec<f64>,
    /// What followed, where that is known: never forecast from.
    #[serde(rename = "test", default)]
    pub followed: Vec<f64>,
    /// The group that it is measured in.
    #[serde(default)]
    pub group: Option<String>,
    /// Steps of a season.
    #[serde(rename = "m", default)]
    pub season: Option<usize>,
    /// Steps to forecast.
    #[serde(rename = "h", default)]
    pub horizon: Option<usize>,
    /// The day of the first value, as YYYY-MM-DD. With a season of 7 it gives the day of the week.
    #[serde(default)]
    pub start: Option<String>,
    /// The line that it was read from, counted from 1; 0 for one that was not read.
    #[serde(skip)]
    pub line: u64,
}

impl Series {
    /// A series with a name and values.
    pub fn new(id: impl Into<String>, history: Vec<f64>) -> Self {
        Self {
            id: id.into(),
            history,
            followed: Vec::new(),
            group: None,
            season: None,
            horizon: None,
            start: None,
            line: 0,
        }
    }

    /// Whether no value, known or following, is below 0: what a global model takes.
    pub fn never_negative(&self) -> bool {
        let mut values = self.history.iter().chain(&self.followed);
        values.all(|value| *value >= 0.0)
    }

    /// The same without what followed.
    #[must_use]
    pub fn known(&self) -> Self {
        Self {
            followed: Vec::new(),
            ..self.clone()
        }
    }

    fn check(&self, line: u64) -> Result<()> {
        let fault = |field: &str, rule: &str| Err(MlError::line(line, field, rule));
        if self.id.is_empty() {
            return fault("id", "must not be empty");
        }
        if self.history.is_empty() {
            return fault("train", "must have at least one value");
        }
        if self.history.len() > LONGEST_SERIES {
            let rule = format!("must have at most {LONGEST_SERIES} values");
            return fault("train", &rule);
        }
        // JSON has no infinities, but 1e999 would be read as one.
        for (field, values) in [("train", &self.history), ("test", &self.followed)] {
            if let Some(at) = values.iter().position(|value| value.abs() > 1e100) {
                return fault(&format!("{field}[{at}]"), "must lie within ±1e100");
            }
        }
        if self.season == Some(0) {
            return fault("m", "must be at least 1");
        }
        if self.horizon == Some(0) {
            return fault("h", "must be at least 1");
        }
        if let Some(start) = &self.start
            && day(start).is_none()
        {
            return fault("start", "must be a date as in 2026-01-31");
        }
        Ok(())
    }

    /// Where in a season of 7 days the first value stands, Monday being 0; none without a date.
    pub fn weekday(&self) -> Option<usize> {
        self.start.as_deref().and_then(day).map(|day| day % 7)
    }
}

/// Days since Monday, the first of March of the year 0 of the Gregorian calendar carried back; the
/// time of day after a date is not looked at.
fn day(text: &str) -> Option<usize> {
    let mut parts = text.get(..10)?.split('-');
    let year: usize = parts.next()?.parse().ok()?;
    let month: usize = parts.next()?.parse().ok()?;
    let date: usize = parts.next()?.parse().ok()?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&date) || year < 1 {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month < 3 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let leaps = year / 4 + year / 400 - year / 100;
    // The 1 March 0000 was a Wednesday.
    Some(365 * year + leaps + (153 * month + 2) / 5 + date - 1 + 2)
}

/// Reads series, line by line. Empty lines are passed over.
#[derive(Debug)]
pub struct Lines<R> {
    from: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads from here.
    pub fn new(from: R) -> Self {
        Self { from, line: 0 }
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let mut limited = Read::take(&mut self.from, LONGEST_LINE + 1);
        if limited.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        if bytes.len() as u64 > LONGEST_LINE {
            let rule = format!("must have at most {LONGEST_LINE} bytes");
            return Err(MlError::line(self.line, "the line", rule));
        }
        Ok(Some(bytes))
    }

    fn read(&mut self) -> Result<Option<Series>> {
        while let Some(bytes) = self.next_line()? {
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let mut series: Series =
                serde_json::from_slice(&bytes).map_err(|error| self.fault(&error))?;
            series.line = self.line;
            series.check(self.line)?;
            return Ok(Some(series));
        }
        Ok(None)
    }

    fn fault(&self, error: &serde_json::Error) -> MlError {
        let text = error.to_string();
        // serde names a missing field in backticks; its line is always the first of ours.
        let rule = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let field = ["id", "train", "test", "group", "start"]
            .into_iter()
            .find(|field| rule.contains(&format!("`{field}`")));
        let field = field.map_or_else(|| format!("column {}", error.column()), ToOwned::to_owned);
        MlError::line(self.line, field, rule)
    }
}

/// Reads all series of a file.
///
/// # Errors
///
/// [`MlError::Line`] for the first line that breaks a rule; [`MlError::Data`] for no series, or too
/// much of it all.
pub fn read_all(from: impl Read) -> Result<Vec<Series>> {
    let (mut all, mut values) = (Vec::new(), 0);
    for series in Lines::new(BufReader::new(from)) {
        let series = series?;
        values += series.history.len() + series.followed.len();
        if values > MOST_VALUES {
            return Err(MlError::Data(format!(
                "there are more than {MOST_VALUES} values"
            )));
        }
        all.push(series);
    }
    if all.is_empty() {
        return Err(MlError::Data("there is no series".to_owned()));
    }
    Ok(all)
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Series>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// What is expected of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// The series' name.
    pub id: String,
    /// The forecast, step by step.
    pub mean: Vec<f64>,
    /// What one in ten values is expected to lie under.
    pub q10: Vec<f64>,
    /// What one in ten values is expected to lie over.
    pub q90: Vec<f64>,
}

/// Writes one forecast as a line.
pub fn write_line(mut to: impl Write, forecast: &Forecast) -> Result<()> {
    serde_json::to_writer(&mut to, forecast).map_err(std::io::Error::from)?;
    to.write_all(b"\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<Series>> {
        Lines::new(text.as_bytes()).collect()
    }

    #[test]
    fn series_are_read_with_and_without_what_may_be_left_out() {
        let text = "{\"id\":\"a\",\"train\":[1,2.5],\"other\":{}}\n\n{\"id\":\"b\",\"train\":[0],\"m\":7,\"h\":14,\"test\":[3],\"start\":\"2026-11-23\"}";
        let all: Vec<Series> = read(text).into_iter().map(Result::unwrap).collect();
        let first = Series::new("a", vec![1.0, 2.5]);
        assert_eq!(all[0], Series { line: 1, ..first });
        assert_eq!((all[1].season, all[1].horizon), (Some(7), Some(14)));
        assert_eq!(all[1].followed, [3.0]);
        assert_eq!(all[1].weekday(), Some(0), "that was a Monday");
    }

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        for (date, weekday) in [
            ("2000-02-29", 1),
            ("1970-01-01", 3),
            ("2026-01-26", 0),
            ("2024-03-01", 4),
        ] {
            assert_eq!(day(date).unwrap() % 7, weekday, "{date}");
        }
    }

    #[test]
    fn a_fault_names_line_field_and_rule() {
        let cases = [
            ("{\"id\":\"\",\"train\":[1]}", "id", "must not be empty"),
            ("{\"train\":[1]}", "id", "missing field"),
            ("{\"id\":\"a\"}", "train", "missing field"),
            ("{\"id\":\"a\",\"train\":[]}", "train", "at least one"),
            ("{\"id\":\"a\",\"train\":[1,2e200]}", "train[1]", "within"),
            ("{\"id\":\"a\",\"train\":[1,null]}", "column", "null"),
            ("{\"id\":\"a\",\"train\":\"x\"}", "column", "sequence"),
            ("{\"id\":\"a\",\"train\":[1],\"m\":0}", "m", "at least 1"),
            (
                "{\"id\":\"a\",\"train\":[1],\"start\":\"May\"}",
                "start",
                "date",
            ),
            ("nonsense", "column", "expected"),
        ];
        for (wrong, field, rule) in cases {
            let text = format!("{{\"id\":\"good\",\"train\":[1]}}\n{wrong}\n");
            let refused = read(&text).remove(1).expect_err(wrong).to_string();
            assert!(refused.starts_with("line 2, "), "{refused}");
            assert!(
                refused.contains(field) && refused.contains(rule),
                "{wrong}: {refused}"
            );
        }
    }
}
