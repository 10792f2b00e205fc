//! The settings in force as text, each with the place it came from, for `check-config`.

use toml::Table;

use crate::config::Config;
use crate::layer::{Leaf, flatten};

impl Config {
    /// One line a setting: `key = value  # place`. Secrets that are set print as `***`.
    pub fn describe(&self) -> String {
        // Serialising masks secrets by their type; a section that failed to serialise would
        // leave its lines out rather than show a value unmasked.
        let masked = flatten(Table::try_from(self).unwrap_or_default(), "");
        let line = |(key, shown): (&String, &Leaf)| {
            let leaf = self.leaves().get(key)?;
            let empty = leaf.value.as_str().is_some_and(str::is_empty);
            let value = if empty { &leaf.value } else { &shown.value };
            Some(format!("{key} = {value}  # {}\n", leaf.place))
        };
        masked.iter().filter_map(line).collect()
    }
}
