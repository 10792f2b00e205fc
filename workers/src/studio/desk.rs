//! The studio's answers to the intake: what can be asked, what is wrong with a wish, and a report
//! as a page.

use jobs::studio::{Broken, PresetAbout, Studio};
use models::settings::Settings;
use serde_json::Value;

use super::settings;

/// Answers by the engine's own rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Desk;

impl Studio for Desk {
    fn presets(&self) -> Vec<PresetAbout> {
        let about = |preset: audio::Preset| PresetAbout {
            stages: settings::stages(&preset),
            integrated_lufs: preset.loudness.as_ref().and_then(|it| it.integrated_lufs),
            ceiling_dbtp: preset.loudness.as_ref().and_then(|it| it.ceiling_dbtp),
            name: preset.name,
            title: preset.title,
            summary: preset.summary,
        };
        settings::presets().map(about).collect()
    }

    fn check(&self, asked: &Settings) -> Result<(), Broken> {
        settings::of(asked).map(drop)
    }

    fn page(&self, report: &Value, title: &str) -> Result<String, serde_json::Error> {
        let report = serde::Deserialize::deserialize(report)?;
        Ok(audio::page::render(&report, title))
    }
}
