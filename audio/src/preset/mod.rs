//! Presets: which stages of the chain are on, how far, and with which figures. They are data, in
//! TOML; `transparent` is the default and turns everything off.

pub(crate) mod build;
pub(crate) mod levels;
mod section;

use serde::{Deserialize, Serialize};

pub use crate::stage::filter::Phase;
pub use section::{Declip, DynamicsBand, Loudness, LowMono, Multiband, Saturation, Tone};

use crate::{AudioError, Result};

/// The preset that is taken when none is named.
pub const DEFAULT: &str = "transparent";

/// Every preset that comes with the program: its name and its TOML.
pub const BUILT_IN: &[(&str, &str)] = &[
    (
        "transparent",
        include_str!("../../../config/presets/transparent.toml"),
    ),
    (
        "balanced",
        include_str!("../../../config/presets/balanced.toml"),
    ),
    ("pop", include_str!("../../../config/presets/pop.toml")),
    ("rock", include_str!("../../../config/presets/rock.toml")),
    ("metal", include_str!("../../../config/presets/metal.toml")),
    (
        "hip_hop",
        include_str!("../../../config/presets/hip_hop.toml"),
    ),
    (
        "electronic",
        include_str!("../../../config/presets/electronic.toml"),
    ),
    (
        "acoustic_folk",
        include_str!("../../../config/presets/acoustic_folk.toml"),
    ),
    ("jazz", include_str!("../../../config/presets/jazz.toml")),
    (
        "classical",
        include_str!("../../../config/presets/classical.toml"),
    ),
    (
        "spoken_word",
        include_str!("../../../config/presets/spoken_word.toml"),
    ),
];

/// One preset. A stage whose section is missing is off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The word it is chosen by: lower-case letters, digits and `_`.
    pub name: String,
    /// The name shown to people.
    pub title: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// Balance towards a curve.
    pub tone: Option<Tone>,
    /// Mono bass.
    pub low_mono: Option<LowMono>,
    /// Dynamics in bands.
    pub multiband: Option<Multiband>,
    /// Rounding of the highest peaks.
    pub saturation: Option<Saturation>,
    /// Repair of clipped peaks.
    pub declip: Option<Declip>,
    /// Loudness and ceiling that the preset suggests.
    pub loudness: Option<Loudness>,
}

impl Preset {
    /// Reads a preset from TOML and checks every figure.
    ///
    /// # Errors
    /// `invalid_settings`, naming the field and the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self> {
        let preset: Self = toml::from_str(text).map_err(|error| {
            AudioError::InvalidSettings(format!("preset: {}", error.to_string().trim()))
        })?;
        preset.check()?;
        Ok(preset)
    }

    /// The built-in preset of a name.
    ///
    /// # Errors
    /// `invalid_settings`, naming those that there are.
    pub fn built_in(name: &str) -> Result<Self> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        let Some((_, text)) = found else {
            let known: Vec<&str> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            return Err(AudioError::InvalidSettings(format!(
                "there is no preset {name}: choose one of {}",
                known.join(", ")
            )));
        };
        Self::parse(text)
    }

    /// Refuses figures outside their ranges.
    ///
    /// # Errors
    /// `invalid_settings`, naming the field and the rule that it breaks.
    pub fn check(&self) -> Result<()> {
        self.broken_rule().map_or(Ok(()), |rule| {
            let name = &self.name;
            Err(AudioError::InvalidSettings(format!(
                "preset {name}: {rule}"
            )))
        })
    }

    fn broken_rule(&self) -> Option<String> {
        let of_letters = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_');
        if self.name.is_empty() || !self.name.chars().all(of_letters) {
            return Some("name: must be lower-case letters, digits and _".to_owned());
        }
        if self.title.trim().is_empty() || self.summary.trim().is_empty() {
            return Some("title, summary: must not be empty".to_owned());
        }
        let sections = [
            self.tone.as_ref().and_then(Tone::broken_rule),
            self.low_mono.as_ref().and_then(LowMono::broken_rule),
            self.multiband.as_ref().and_then(Multiband::broken_rule),
            self.saturation.as_ref().and_then(Saturation::broken_rule),
            self.declip.as_ref().and_then(Declip::broken_rule),
            self.loudness.as_ref().and_then(Loudness::broken_rule),
        ];
        sections.into_iter().flatten().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_preset_is_right_and_goes_by_its_own_name() {
        for (name, _) in BUILT_IN {
            let preset = Preset::built_in(name).unwrap();
            assert_eq!(preset.name, *name);
        }
        assert!(BUILT_IN.iter().any(|(name, _)| *name == DEFAULT));
    }

    #[test]
    fn the_default_turns_everything_off() {
        let preset = Preset::built_in(DEFAULT).unwrap();
        let off = Preset {
            tone: None,
            low_mono: None,
            multiband: None,
            saturation: None,
            declip: None,
            loudness: None,
            ..preset.clone()
        };
        assert_eq!(preset, off);
    }

    #[test]
    fn a_field_out_of_range_or_unknown_is_named_with_its_rule() {
        let text =
            |section: &str| format!("name = \"x\"\ntitle = \"X\"\nsummary = \"x\"\n{section}");
        let cases = [
            (
                "[declip]\namount_percent = 101",
                "declip.amount_percent: must be from 0 to 100 %",
            ),
            (
                "[declip]\namount_percent = nan",
                "declip.amount_percent: must be from 0 to 100 %",
            ),
            ("[declip]\namount = 10", "unknown field `amount`"),
            (
                "[low_mono]\namount_percent = 50\nbelow_hz = 5",
                "low_mono.below_hz: must be from 40 to 300 Hz",
            ),
            (
                "[loudness]\nintegrated_lufs = 3",
                "loudness.integrated_lufs: must be from -36 to -5 LUFS",
            ),
            (
                "[tone]\namount_percent = 50\ncurve = [[100, 0], [50, 0]]",
                "tone.curve: must have 8 to 40 points",
            ),
            ("[surprise]\nx = 1", "unknown field `surprise`"),
        ];
        for (section, rule) in cases {
            let error = Preset::parse(&text(section)).unwrap_err();
            assert_eq!(error.code(), "invalid_settings");
            assert!(error.to_string().contains(rule), "{error}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_there_are() {
        let error = Preset::built_in("loud").unwrap_err().to_string();
        assert!(error.contains("transparent, balanced"), "{error}");
    }
}
