//! What the intake asks of the studio while a caller waits. It knows no sound itself: whoever puts
//! the program together hands it the studio as this trait, which `workers` implements.

use models::settings::Settings;
use serde_json::Value;

/// The studio's answers that need no job. All of them come at once.
pub trait Studio: Send + Sync {
    /// The presets that can be asked for by name.
    fn presets(&self) -> Vec<PresetAbout>;

    /// Refuses settings that can't be mastered by.
    fn check(&self, settings: &Settings) -> Result<(), Broken>;

    /// A master's report as a page to read: one HTML document that needs nothing else.
    fn page(&self, report: &Value, title: &str) -> Result<String, serde_json::Error>;
}

/// A rule that settings break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Broken {
    /// The field at fault, as a path in the settings.
    pub field: String,
    /// Stable machine code.
    pub code: &'static str,
    /// The rule, in plain words.
    pub rule: String,
}

/// What is told of a preset.
#[derive(Debug, Clone, PartialEq)]
pub struct PresetAbout {
    /// The word it is chosen by.
    pub name: String,
    /// The name shown to people.
    pub title: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// The loudness that it suggests, LUFS.
    pub integrated_lufs: Option<f64>,
    /// The highest true peak that it suggests, dBTP.
    pub ceiling_dbtp: Option<f64>,
    /// Its stages, in the order in which the sound goes through them, each with its amount in
    /// percent.
    pub stages: Vec<(&'static str, f64)>,
}
