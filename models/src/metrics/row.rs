//! A row that was handed in, checked.

use chrono::NaiveDate;
use serde_json::Value;

use super::Key;
use super::rules::{self, Fault};

/// A row that keeps every rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it names.
    pub key: Key,
    /// How much; finite.
    pub value: f64,
}

impl Row {
    /// Checks the fields of a row; `track` is empty for the artist as a whole, and `latest` is the
    /// last day that it may be of.
    pub fn new(
        date: &str,
        metric: &str,
        source: &str,
        track: &str,
        value: f64,
        latest: NaiveDate,
    ) -> Result<Self, Fault> {
        let day = rules::day(date, latest)?;
        rules::metric(metric)?;
        rules::source(source)?;
        rules::track(track)?;
        let value = rules::value(metric, value)?;
        Ok(Self {
            key: Key {
                metric: metric.to_owned(),
                source: source.to_owned(),
                track: track.to_owned(),
                day,
            },
            value,
        })
    }

    /// The row of five texts, as a line of CSV has them.
    pub fn of_texts(
        date: &str,
        metric: &str,
        source: &str,
        track: &str,
        value: &str,
        latest: NaiveDate,
    ) -> Result<Self, Fault> {
        Self::new(date, metric, source, track, 0.0, latest)?;
        Self::new(date, metric, source, track, rules::number(value)?, latest)
    }

    /// The row of a JSON object with `date`, `metric`, `source`, `value`, and `track` where it is
    /// of one.
    pub fn of_json(given: &Value, latest: NaiveDate) -> Result<Self, Fault> {
        let Value::Object(fields) = given else {
            return Err(Fault::new("", "must be an object"));
        };
        let known = ["date", "metric", "source", "track", "value"];
        if fields.keys().any(|name| !known.contains(&name.as_str())) {
            return Err(Fault::new(
                "",
                "must have no field but date, metric, source, track and value",
            ));
        }
        let text = |name: &'static str| match fields.get(name) {
            Some(Value::String(text)) => Ok(text.as_str()),
            None | Some(Value::Null) if name == "track" => Ok(""),
            None => Err(Fault::new(name, "must be there")),
            Some(_) => Err(Fault::new(name, "must be a string")),
        };
        let value = match fields.get("value") {
            Some(Value::Number(number)) => number.as_f64().unwrap_or(f64::INFINITY),
            None => return Err(Fault::new("value", "must be there")),
            Some(_) => return Err(Fault::new("value", "must be a number")),
        };
        Self::new(
            text("date")?,
            text("metric")?,
            text("source")?,
            text("track")?,
            value,
            latest,
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn latest() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 28).unwrap()
    }

    #[test]
    fn a_good_row_is_taken_as_text_and_as_json() {
        let text = Row::of_texts("2026-11-28", "streams", "apple-music", "", "12.5", latest());
        let json = json!({"date": "2026-11-28", "metric": "streams", "source": "apple-music", "value": 12.5});
        let text = text.unwrap();
        assert_eq!(text, Row::of_json(&json, latest()).unwrap());
        assert_eq!((text.value, text.key.track.as_str()), (12.5, ""));
        let money = Row::of_texts(
            "2000-01-01",
            "revenue_minor_eur",
            "x",
            "DEA620000001",
            "-3e2",
            latest(),
        );
        assert!((money.unwrap().value + 300.0).abs() < 1e-9);
        let zero = Row::of_texts("2026-01-01", "saves", "x", "", "-0", latest()).unwrap();
        assert!(zero.value.is_sign_positive(), "one zero");
    }

    #[test]
    fn a_fault_names_its_field() {
        let long = "x".repeat(65);
        let cases = [
            (["2026-11-29", "streams", "a", "", "1"], "date"),
            (["1999-12-31", "streams", "a", "", "1"], "date"),
            (["2026-02-29", "streams", "a", "", "1"], "date"),
            (["2026-2-09", "streams", "a", "", "1"], "date"),
            (["+026-02-09", "streams", "a", "", "1"], "date"),
            (["", "streams", "a", "", "1"], "date"),
            (["2026-01-01", "Streams", "a", "", "1"], "metric"),
            (["2026-01-01", "", "a", "", "1"], "metric"),
            (["2026-01-01", "str\0eams", "a", "", "1"], "metric"),
            (["2026-01-01", "revenue_minor", "a", "", "1"], "metric"),
            (["2026-01-01", "revenue_minor_xyz", "a", "", "1"], "metric"),
            (["2026-01-01", "streams", "Spotify", "", "1"], "source"),
            (["2026-01-01", "streams", "", "", "1"], "source"),
            (["2026-01-01", "streams", "a", "a b", "1"], "track"),
            (["2026-01-01", "streams", "a", "é", "1"], "track"),
            (["2026-01-01", "streams", "a", &long, "1"], "track"),
            (["2026-01-01", "streams", "a", "", "nan"], "value"),
            (["2026-01-01", "streams", "a", "", "inf"], "value"),
            (["2026-01-01", "streams", "a", "", "1e999"], "value"),
            (["2026-01-01", "streams", "a", "", "1e16"], "value"),
            (["2026-01-01", "streams", "a", "", "1,000"], "value"),
            (["2026-01-01", "streams", "a", "", ""], "value"),
            (["2026-01-01", "revenue_minor_eur", "a", "", "1.5"], "value"),
        ];
        for ([date, metric, source, track, value], field) in cases {
            let fault = Row::of_texts(date, metric, source, track, value, latest());
            assert_eq!(fault.unwrap_err().field, field, "{date} {metric} {value}");
        }
        let row = json!({"date": "2026-01-01", "metric": "streams", "source": "a", "value": 1});
        let with = |name: &str, value: Value| {
            let mut row = row.clone();
            row[name] = value;
            Row::of_json(&row, latest()).unwrap_err().field
        };
        assert_eq!(with("value", json!("1")), "value");
        assert_eq!(with("value", Value::Null), "value");
        assert_eq!(with("date", json!(20_260_101)), "date");
        assert_eq!(with("note", json!("x")), "");
        assert_eq!(Row::of_json(&json!([1]), latest()).unwrap_err().field, "");
    }
}
