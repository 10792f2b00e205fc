//! Settings as flat `section.key` leaves, each with the place it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use crate::error::ConfigError;
use crate::file;
use crate::sources::Sources;

/// One setting's value and where it was given.
#[derive(Clone)]
pub(crate) struct Leaf {
    pub(crate) value: Value,
    /// `default`, `file PATH` or `variable NAME`.
    pub(crate) place: String,
}

/// Only the place is shown: the value of a leaf may be a secret.
impl std::fmt::Debug for Leaf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)
    }
}

/// Leaves by dotted key.
pub(crate) type Leaves = BTreeMap<String, Leaf>;

/// Flattens a table, so that layers can be laid over each other key by key.
pub(crate) fn flatten(table: Table, place: &str) -> Leaves {
    let mut leaves = Leaves::new();
    // A list of what is still to be opened instead of recursion: a file's depth is bounded by
    // the parser, but this way nothing depends on it.
    let mut open: Vec<(String, Table)> = vec![(String::new(), table)];
    while let Some((prefix, table)) = open.pop() {
        for (name, value) in table {
            let key = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}.{name}")
            };
            match value {
                Value::Table(inner) => open.push((key, inner)),
                value => {
                    leaves.insert(
                        key,
                        Leaf {
                            value,
                            place: place.to_owned(),
                        },
                    );
                }
            }
        }
    }
    leaves
}

/// Builds the nested table back from its leaves.
pub(crate) fn nest(leaves: &Leaves) -> Table {
    let mut root = Table::new();
    for (key, leaf) in leaves {
        let mut parts: Vec<&str> = key.split('.').collect();
        let Some(name) = parts.pop() else { continue };
        let mut table = Some(&mut root);
        for part in parts {
            table = table.and_then(|t| {
                t.entry(part)
                    .or_insert_with(|| Value::Table(Table::new()))
                    .as_table_mut()
            });
        }
        if let Some(table) = table {
            table.insert(name.to_owned(), leaf.value.clone());
        }
    }
    root
}

/// Replaces each `<secret>_file` in a layer by the content of the file it names.
pub(crate) fn read_secret_files(
    layer: &mut Leaves,
    secrets: &BTreeSet<String>,
    sources: &Sources,
) -> Result<(), ConfigError> {
    for key in secrets {
        let Some(leaf) = layer.remove(&format!("{key}_file")) else {
            continue;
        };
        if layer.contains_key(key) {
            return Err(ConfigError::GivenTwice {
                key: key.clone(),
                place: leaf.place,
            });
        }
        let Value::String(path) = &leaf.value else {
            return Err(wrong_type(&format!("{key}_file"), "a string", &leaf));
        };
        let path = sources.resolve(Path::new(path));
        let value = Value::String(file::text(&path)?.trim().to_owned());
        let place = format!("{}, from file {}", leaf.place, path.display());
        layer.insert(key.clone(), Leaf { value, place });
    }
    Ok(())
}

/// The error of a leaf whose type is not the default's.
pub(crate) fn wrong_type(key: &str, rule: &'static str, leaf: &Leaf) -> ConfigError {
    ConfigError::WrongType {
        key: key.to_owned(),
        rule,
        found: type_name(&leaf.value),
        place: leaf.place.clone(),
    }
}

/// A type's name as a person would say it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
