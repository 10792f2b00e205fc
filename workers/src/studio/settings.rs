//! What an artist asked, in the engine's words; and what of it can't be done, by field. The rules
//! are the engine's own: each field is set by itself, and the engine asked whether it is right.

use audio::master::{Loudness, OutputKind, Settings, Shaping, Target, Tone};
use audio::{AudioError, Preset, preset};
use jobs::studio::Broken;
use models::settings::{self as asked, ASSISTANT, Aim};

/// The engine's settings for what was asked.
pub fn of(asked: &asked::Settings) -> Result<Settings, Broken> {
    let mut trial = Trial::new(shaping(asked)?);
    let loudness = match (asked.target.integrated_lufs, Aim::of(&asked.target.name)) {
        (Some(lufs), _) => Loudness::Lufs(lufs),
        (None, Some(Aim::Reference)) => Loudness::Reference,
        (None, Some(Aim::Preset)) => Loudness::Preset,
        (None, Some(Aim::Natural) | None) => Loudness::Natural,
    };
    trial.set("target.integrated_lufs", OUT_OF_RANGE, |settings| {
        settings.target.name.clone_from(&asked.target.name);
        settings.target.loudness = loudness;
        settings.target.codec_safe = asked.codec_safe;
    })?;
    trial.set("ceiling_dbtp", OUT_OF_RANGE, |settings| {
        settings.target.ceiling_dbtp = asked.target.ceiling_dbtp;
    })?;
    trial.set("tone.amount_percent", OUT_OF_RANGE, |settings| {
        settings.tone.amount_percent = asked.tone.amount_percent;
    })?;
    trial.set("tone.bound_db", OUT_OF_RANGE, |settings| {
        settings.tone.bound_db = asked.tone.bound_db;
    })?;
    let mut outputs = Vec::with_capacity(asked.outputs.len());
    for (index, output) in asked.outputs.iter().enumerate() {
        outputs.push(trial.output(&format!("outputs[{index}]"), output)?);
    }
    Ok(Settings { outputs, ..trial.0 })
}

const OUT_OF_RANGE: &str = "out_of_range";
const NOT_IN_THIS_FORMAT: &str = "not_in_this_format";

/// Settings that are right, to be changed a field at a time.
struct Trial(Settings);

impl Trial {
    fn new(shaping: Shaping) -> Self {
        Self(Settings {
            target: Target {
                name: String::new(),
                loudness: Loudness::Natural,
                ceiling_dbtp: -1.0,
                codec_safe: false,
            },
            shaping,
            tone: Tone::default(),
            outputs: vec![WHOLE],
            album: None,
            seed: 0,
        })
    }

    fn set(
        &mut self,
        field: &str,
        code: &'static str,
        change: impl FnOnce(&mut Settings),
    ) -> Result<(), Broken> {
        change(&mut self.0);
        self.0.check().map_err(|error| broken(field, code, &error))
    }

    fn output(&mut self, place: &str, asked: &asked::Output) -> Result<OutputKind, Broken> {
        let kind: OutputKind = serde_json::to_value(asked)
            .and_then(serde_json::from_value)
            .map_err(|error| Broken {
                field: place.to_owned(),
                code: "invalid_field",
                rule: format!("{error}."),
            })?;
        let mut output = WHOLE;
        let mut change = |name: &str, code, change: &dyn Fn(&mut OutputKind)| {
            change(&mut output);
            self.set(&format!("{place}.{name}"), code, |it| {
                it.outputs = vec![output];
            })
        };
        change("excerpt_seconds", OUT_OF_RANGE, &|output| {
            output.excerpt_seconds = kind.excerpt_seconds;
        })?;
        change("sample_rate_hz", OUT_OF_RANGE, &|output| {
            output.sample_rate_hz = kind.sample_rate_hz;
        })?;
        change("bits", NOT_IN_THIS_FORMAT, &|output| {
            (output.format, output.bits) = (kind.format, kind.bits);
        })?;
        change("dither", NOT_IN_THIS_FORMAT, &|output| {
            output.dither = kind.dither;
        })?;
        Ok(kind)
    }
}

/// An output that nothing is wrong with.
const WHOLE: OutputKind = OutputKind {
    format: audio::master::Format::Wav,
    bits: audio::master::Bits::B24,
    dither: audio::master::Dither::Triangular,
    sample_rate_hz: None,
    excerpt_seconds: None,
};

fn shaping(asked: &asked::Settings) -> Result<Shaping, Broken> {
    if asked.preset == ASSISTANT {
        return if asked.amounts.is_empty() {
            Ok(Shaping::Assistant)
        } else {
            Err(Broken {
                field: "amounts".to_owned(),
                code: "not_with_assistant",
                rule: "The assistant chooses the amounts itself: name a preset to set them."
                    .to_owned(),
            })
        };
    }
    let mut preset = Preset::built_in(&asked.preset)
        .map_err(|error| broken("preset", "unknown_preset", &error))?;
    for (stage, percent) in &asked.amounts {
        let field = format!("amounts.{stage}");
        let Some(amount) = amount(&mut preset, stage) else {
            return Err(Broken {
                rule: no_such_stage(&preset, stage),
                field,
                code: "no_such_stage",
            });
        };
        *amount = *percent;
        preset
            .check()
            .map_err(|error| broken(&field, OUT_OF_RANGE, &error))?;
    }
    Ok(Shaping::Preset(Box::new(preset)))
}

fn no_such_stage(preset: &Preset, stage: &str) -> String {
    let there: Vec<_> = stages(preset).iter().map(|(stage, _)| *stage).collect();
    let there = if there.is_empty() {
        "it has none".to_owned()
    } else {
        format!("it has {}", there.join(", "))
    };
    format!("The preset {} has no stage {stage}: {there}.", preset.name)
}

/// The amount of a stage, where the preset has it.
fn amount<'a>(preset: &'a mut Preset, stage: &str) -> Option<&'a mut f64> {
    match stage {
        "declip" => Some(&mut preset.declip.as_mut()?.amount_percent),
        "eq" => Some(&mut preset.tone.as_mut()?.amount_percent),
        "low_mono" => Some(&mut preset.low_mono.as_mut()?.amount_percent),
        "multiband" => Some(&mut preset.multiband.as_mut()?.amount_percent),
        "saturation" => Some(&mut preset.saturation.as_mut()?.amount_percent),
        _ => None,
    }
}

/// The preset's stages in the order of the chain, each with its amount in percent.
pub fn stages(preset: &Preset) -> Vec<(&'static str, f64)> {
    let mut preset = preset.clone();
    ["declip", "eq", "low_mono", "multiband", "saturation"]
        .into_iter()
        .filter_map(|stage| amount(&mut preset, stage).map(|amount| (stage, *amount)))
        .collect()
}

/// The built-in presets.
pub fn presets() -> impl Iterator<Item = Preset> {
    // A unit test of the engine's reads every one of them.
    preset::BUILT_IN
        .iter()
        .filter_map(|(name, _)| Preset::built_in(name).ok())
}

fn broken(field: &str, code: &'static str, error: &AudioError) -> Broken {
    let rule = match error {
        AudioError::InvalidSettings(rule) => rule.clone(),
        other => other.to_string(),
    };
    let mut letters = rule.chars();
    let first = letters.next().map(char::to_uppercase);
    let rule = first.into_iter().flatten().chain(letters);
    Broken {
        field: field.to_owned(),
        code,
        rule: rule.chain(['.']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use models::settings::Output;

    use super::*;

    fn asked() -> asked::Settings {
        let asked = serde_json::json!({
            "version": 1,
            "target": { "name": "spotify", "integrated_lufs": -14.0, "ceiling_dbtp": -1.0 },
            "outputs": [{ "format": "wav", "bits": "24" }],
        });
        serde_json::from_value(asked).unwrap()
    }

    fn refused(change: impl FnOnce(&mut asked::Settings)) -> (String, &'static str) {
        let mut asked = asked();
        change(&mut asked);
        let broken = of(&asked).unwrap_err();
        assert!(broken.rule.ends_with('.'), "{}", broken.rule);
        (broken.field, broken.code)
    }

    #[test]
    fn the_default_preset_of_the_rows_is_the_engines() {
        assert_eq!(asked::DEFAULT_PRESET, preset::DEFAULT);
        let tone = asked::Tone::default();
        let engine = Tone::default();
        assert_eq!(
            (tone.amount_percent, tone.bound_db),
            (engine.amount_percent, engine.bound_db)
        );
        assert_eq!(of(&asked()).unwrap().outputs, [WHOLE]);
    }

    #[test]
    fn the_field_that_breaks_a_rule_is_named() {
        let preset = |asked: &mut asked::Settings, name: &str| name.clone_into(&mut asked.preset);
        let amount = |asked: &mut asked::Settings, stage: &str, percent| {
            asked.amounts.insert(stage.to_owned(), percent);
        };
        let (range, format) = (OUT_OF_RANGE, NOT_IN_THIS_FORMAT);
        let cases = [
            (
                refused(|it| it.target.integrated_lufs = Some(3.0)),
                ("target.integrated_lufs", range),
            ),
            (
                refused(|it| it.target.ceiling_dbtp = 1.0),
                ("ceiling_dbtp", range),
            ),
            (
                refused(|it| it.tone.amount_percent = 101.0),
                ("tone.amount_percent", range),
            ),
            (
                refused(|it| it.tone.bound_db = 7.0),
                ("tone.bound_db", range),
            ),
            (
                refused(|it| preset(it, "loud")),
                ("preset", "unknown_preset"),
            ),
            (
                refused(|it| {
                    preset(it, "jazz");
                    amount(it, "flanger", 5.0);
                }),
                ("amounts.flanger", "no_such_stage"),
            ),
            (
                refused(|it| amount(it, "declip", 5.0)),
                ("amounts.declip", "no_such_stage"),
            ),
            (
                refused(|it| {
                    preset(it, "pop");
                    amount(it, "declip", 101.0);
                }),
                ("amounts.declip", range),
            ),
            (
                refused(|it| {
                    preset(it, ASSISTANT);
                    amount(it, "eq", 5.0);
                }),
                ("amounts", "not_with_assistant"),
            ),
        ];
        for ((field, code), expected) in cases {
            assert_eq!((field.as_str(), code), expected);
        }
        let output = |change: fn(&mut Output)| {
            refused(|it| {
                it.outputs.push(it.outputs[0].clone());
                change(&mut it.outputs[1]);
            })
        };
        let cases = [
            (
                output(|it| it.excerpt_seconds = Some(0)),
                ("outputs[1].excerpt_seconds", range),
            ),
            (
                output(|it| it.sample_rate_hz = Some(1)),
                ("outputs[1].sample_rate_hz", range),
            ),
            (
                output(|it| {
                    "flac".clone_into(&mut it.format);
                    "32f".clone_into(&mut it.bits);
                }),
                ("outputs[1].bits", format),
            ),
            (
                output(|it| "shaped".clone_into(&mut it.dither)),
                ("outputs[1].dither", format),
            ),
            (
                output(|it| "8".clone_into(&mut it.bits)),
                ("outputs[1]", "invalid_field"),
            ),
        ];
        for ((field, code), expected) in cases {
            assert_eq!((field.as_str(), code), expected);
        }
    }

    #[test]
    fn amounts_take_the_place_of_the_presets_own() {
        let mut asked = asked();
        "pop".clone_into(&mut asked.preset);
        asked.amounts.insert("saturation".to_owned(), 12.5);
        let Shaping::Preset(preset) = of(&asked).unwrap().shaping else {
            panic!("no preset")
        };
        assert!(stages(&preset).contains(&("saturation", 12.5)));
        assert!(stages(&preset).contains(&("multiband", 50.0)));
    }
}
