//! What every answer is made of: where it comes from, and what is missing where there is none.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Number, Value};

use super::VERSION;
use super::own::{Named, Passed};
use crate::Result;

/// An answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Answer<T> {
    /// There is one.
    Ready(T),
    /// There is too little data for one.
    NotEnoughData {
        /// What would be needed.
        missing: Vec<Missing>,
    },
}

/// Something that there is too little of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// What.
    pub what: String,
    /// How much is needed.
    pub needed: usize,
    /// How much is there.
    pub there: usize,
}

impl<T> Answer<T> {
    /// No answer, for want of one thing.
    pub fn missing(what: impl Into<String>, needed: usize, there: usize) -> Self {
        Self::NotEnoughData {
            missing: vec![Missing {
                what: what.into(),
                needed,
                there,
            }],
        }
    }

    /// The answer, where there is one.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(answer) => Some(answer),
            Self::NotEnoughData { .. } => None,
        }
    }
}

/// How a figure was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Method {
    /// The method's name.
    pub name: &'static str,
    /// The version of this program's analytics.
    pub version: u32,
    /// The version of the artist's own model, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Named>,
    /// The artist's own champion, where there is one that this was not made by, and why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
}

impl Method {
    /// A method of this version.
    pub fn named(name: &'static str) -> Self {
        Self {
            name,
            version: VERSION,
            model: None,
            passed: None,
        }
    }
}

/// The days that a figure was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The first.
    pub first: NaiveDate,
    /// The last.
    pub last: NaiveDate,
    /// How many.
    pub days: usize,
    /// How many of them had no value and were drawn in between their neighbours.
    pub filled_days: usize,
}

/// As JSON, with figures of seven digits: nothing here is known better.
pub fn value(of: &impl Serialize) -> Result<Value> {
    let mut value = serde_json::to_value(of)?;
    shorten(&mut value);
    Ok(value)
}

fn shorten(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let short = number
                .as_f64()
                .and_then(|full| format!("{full:.6e}").parse().ok())
                .and_then(Number::from_f64);
            if let Some(short) = short {
                *number = short;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}
