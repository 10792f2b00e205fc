//! Mastering targets: how loud a master is to be, and how high it may peak, for whom.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::nearest::nearest;
use crate::{TARGETS_TOML, file};

/// Integrated loudness that makes sense for music, in LUFS.
pub const LUFS: std::ops::RangeInclusive<f64> = -36.0..=-5.0;
/// True-peak ceilings that make sense, in dBTP.
pub const DBTP: std::ops::RangeInclusive<f64> = -9.0..=0.0;
/// The ceiling of figures of one's own that name none, in dBTP.
pub const DEFAULT_DBTP: f64 = -1.0;

/// Names of targets whose figures come from elsewhere: from the track, from references, from a
/// preset or the assistant, from the caller.
const RESERVED: [&str; 4] = ["natural", "reference", "preset", "custom"];

/// One mastering target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The word given to `--target` and to the API: lower-case letters, digits and `-`.
    pub name: String,
    /// The name shown to people.
    pub title: String,
    /// Integrated loudness by ITU-R BS.1770 in LUFS, -36 to -5.
    pub integrated_lufs: f64,
    /// Highest true peak in dBTP, -9 to 0.
    pub ceiling_dbtp: f64,
    /// Why these figures, with their source.
    pub note: String,
}

impl Target {
    fn validate(&self, place: &str) -> Result<(), ConfigError> {
        let name_is_right = !self.name.is_empty()
            && self
                .name
                .chars()
                .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
        let rule = if !name_is_right {
            "name: must be lower-case letters, digits and -"
        } else if RESERVED.contains(&self.name.as_str()) {
            "name: natural, reference, preset and custom mean something else"
        } else if !LUFS.contains(&self.integrated_lufs) {
            "integrated_lufs: must be from -36 to -5 LUFS"
        } else if !DBTP.contains(&self.ceiling_dbtp) {
            "ceiling_dbtp: must be from -9 to 0 dBTP"
        } else {
            return Ok(());
        };
        Err(ConfigError::BadTarget {
            place: place.to_owned(),
            name: self.name.clone(),
            rule: rule.to_owned(),
        })
    }
}

/// All targets, in the order of their files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Targets(Vec<Target>);

/// A targets file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    target: Vec<Target>,
}

impl Targets {
    /// The built-in targets, extended by those of a file; one of the same name replaces.
    pub fn load(extension: Option<&Path>) -> Result<Self, ConfigError> {
        let mut targets = Self::default();
        targets.extend(TARGETS_TOML, "targets.toml")?;
        if let Some(path) = extension {
            let text = file::text(path)?;
            targets.extend(&text, &format!("file {}", path.display()))?;
        }
        Ok(targets)
    }

    /// The target of a name; the error of an unknown one names the nearest.
    pub fn get(&self, name: &str) -> Result<&Target, ConfigError> {
        self.iter()
            .find(|target| target.name == name)
            .ok_or_else(|| ConfigError::UnknownTarget {
                given: name.to_owned(),
                nearest: nearest(name, self.iter().map(|target| target.name.as_str()))
                    .map(str::to_owned),
            })
    }

    /// Every target, in the order of its file.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.0.iter()
    }

    fn extend(&mut self, text: &str, place: &str) -> Result<(), ConfigError> {
        let table = file::parse(text, place)?;
        let listing: Listing =
            table
                .try_into()
                .map_err(|error: toml::de::Error| ConfigError::BadTarget {
                    place: place.to_owned(),
                    name: "list".to_owned(),
                    rule: error.to_string().trim().replace('\n', " "),
                })?;
        for target in listing.target {
            target.validate(place)?;
            match self.0.iter_mut().find(|known| known.name == target.name) {
                Some(known) => *known = target,
                None => self.0.push(target),
            }
        }
        Ok(())
    }
}
