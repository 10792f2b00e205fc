//! The environment layer: `MAXBOOSTER__SECTION__KEY`, typed by the default's type.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::Value;

use crate::error::ConfigError;
use crate::layer::{Leaf, Leaves, type_name};
use crate::nearest::nearest;

/// Every variable that starts so is a setting.
const PREFIX: &str = "MAXBOOSTER__";

/// The variable of a dotted key.
pub(crate) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// Reads the environment's settings. `known` gives each key's type by an example.
pub(crate) fn read(
    env: &[(OsString, OsString)],
    known: &BTreeMap<String, Value>,
) -> Result<Leaves, ConfigError> {
    let names: BTreeMap<String, &String> = known.keys().map(|key| (variable(key), key)).collect();
    let mut leaves = Leaves::new();
    for (name, value) in env {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        let Some(key) = names.get(name) else {
            return Err(ConfigError::Unknown {
                place: "environment".to_owned(),
                given: name.to_owned(),
                nearest: nearest(name, names.keys().map(String::as_str)).map(str::to_owned),
            });
        };
        let place = format!("variable {name}");
        let wrong = |rule, found| ConfigError::WrongType {
            key: (*key).clone(),
            rule,
            found,
            place: place.clone(),
        };
        let Some(text) = value.to_str() else {
            return Err(wrong("a string", "not UTF-8"));
        };
        let Some(example) = known.get(*key) else {
            continue;
        };
        let value =
            typed(text, example).ok_or_else(|| wrong(type_name(example), "some other text"))?;
        leaves.insert((*key).clone(), Leaf { value, place });
    }
    Ok(leaves)
}

/// The text as a value of the example's type.
fn typed(text: &str, example: &Value) -> Option<Value> {
    match example {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text
            .trim()
            .replace('_', "")
            .parse()
            .ok()
            .map(Value::Integer),
        Value::Boolean(_) => text.trim().parse().ok().map(Value::Boolean),
        // No setting has another type; one that gets it is refused rather than guessed.
        _ => None,
    }
}
