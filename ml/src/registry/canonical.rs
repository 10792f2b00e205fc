//! Canonical JSON: one value, one text. Keys are in the order of their bytes, and nothing stands
//! between the parts.

use serde::Serialize;
use serde_json::Value;

use crate::{MlError, Result};

/// A value's text.
///
/// # Errors
///
/// [`MlError::Data`] for what JSON can't say. A number that is not finite becomes `null`, as
/// everywhere in JSON; whoever reads it back finds it missing.
pub fn canonical(value: &impl Serialize) -> Result<String> {
    let unsaid = |error: serde_json::Error| MlError::Data(error.to_string());
    let value = sorted(serde_json::to_value(value).map_err(unsaid)?);
    serde_json::to_string(&value).map_err(unsaid)
}

/// The same value with its keys in order, whatever kind of map the JSON library was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|one, two| one.0.cmp(&two.0));
            let fields = fields.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(fields.collect())
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let text = r#"{"b": [{"d": 1, "c": null}], "a": 0.5}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            canonical(&value).unwrap(),
            r#"{"a":0.5,"b":[{"c":null,"d":1}]}"#
        );
    }
}
