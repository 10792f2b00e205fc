//! The file layer: TOML whose every key is known.

use std::collections::BTreeSet;
use std::path::Path;

use toml::Table;

use crate::error::ConfigError;
use crate::layer::{Leaves, flatten};
use crate::nearest::nearest;

/// Reads a configuration file. `known` holds every key that may be written.
pub(crate) fn read(path: &Path, known: &BTreeSet<String>) -> Result<Leaves, ConfigError> {
    let place = format!("file {}", path.display());
    let leaves = flatten(parse(&text(path)?, &place)?, &place);
    for key in leaves.keys() {
        if !known.contains(key) {
            return Err(ConfigError::Unknown {
                place,
                given: key.clone(),
                nearest: nearest(key, known.iter().map(String::as_str)).map(str::to_owned),
            });
        }
    }
    Ok(leaves)
}

/// The whole text of a file that was asked for.
pub(crate) fn text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// Parses TOML. The error names the line but does not quote it, because it may hold a secret.
pub(crate) fn parse(text: &str, place: &str) -> Result<Table, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        ConfigError::Syntax {
            place: place.to_owned(),
            line: before.matches('\n').count() + 1,
            message: error.message().to_owned(),
        }
    })
}
