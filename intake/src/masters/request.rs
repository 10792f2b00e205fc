//! What a caller asks of mastering, checked field by field. What the engine can't do, the engine
//! itself says; here are the rules of asking.

use ::jobs::studio::{Broken, Studio};
use config::{TARGET_DBTP, TARGET_DEFAULT_DBTP, TARGET_LUFS};
use models::TrackId;
use models::settings::{self, Aim, Settings};
use uuid::Uuid;

use super::choice::{Amounts, Bits, Format, Output, Target, Tone};
use super::wish::wish;
use crate::error::Problem;

/// Most files of one master, and most references.
const MOST: usize = 8;
/// The largest weight of a reference.
const MOST_WEIGHT: f64 = 1000.0;

wish! {
    /// What to make of a track.
    pub struct MasterRequest {
        /// The track to master.
        pub track_id: Uuid,
        /// The file format; `wav` when absent. Short for one of `outputs`, as `bits` is.
        #[serde(default)]
        pub format: Option<Format>,
        /// Bits a sample; when absent `24`, or `32f` for vorbis, which has no other.
        #[serde(default)]
        pub bits: Option<Bits>,
        /// The files to write, no two the same. The report is of the first.
        #[serde(default)]
        #[schema(min_items = 1, max_items = 8)]
        pub outputs: Option<Vec<Output>>,
    }
}

impl MasterRequest {
    /// A track for a target, and nothing out of the ordinary.
    pub fn new(track_id: Uuid, target: Target) -> Self {
        Self {
            track_id,
            target,
            ceiling_dbtp: None,
            codec_safe: false,
            preset: None,
            amounts: Amounts::default(),
            reference_track_id: None,
            references: None,
            tone: Tone::default(),
            format: None,
            bits: None,
            outputs: None,
        }
    }

    /// The checked wish, with the target's figures looked up.
    pub fn check(
        &self,
        targets: &config::Targets,
        studio: &dyn Studio,
    ) -> Result<Settings, Problem> {
        let references = self.references()?;
        let preset = self.preset.as_deref().unwrap_or(settings::DEFAULT_PRESET);
        let target = self.target(targets, studio, preset)?;
        if Aim::of(&target.name) == Some(Aim::Reference) && references.is_empty() {
            return Err(Problem::invalid(
                "references",
                "reference_needed",
                "The target reference takes its loudness from references: name one at least.",
            ));
        }
        let settings = Settings {
            version: settings::VERSION,
            target,
            codec_safe: self.codec_safe,
            preset: preset.to_owned(),
            amounts: self.amounts.given(),
            references,
            tone: settings::Tone {
                amount_percent: self.tone.amount_percent,
                bound_db: self.tone.bound_db,
            },
            outputs: self.outputs()?,
        };
        studio
            .check(&settings)
            .map_err(|broken| self.refused(broken))?;
        Ok(settings)
    }

    /// The field by which a reference was asked for.
    pub fn reference_field(&self, index: usize) -> String {
        if self.reference_track_id.is_some() {
            "reference_track_id".to_owned()
        } else {
            format!("references[{index}].track_id")
        }
    }

    /// The studio's refusal, by the field that the caller wrote.
    fn refused(&self, broken: Broken) -> Problem {
        let short = self.outputs.is_none();
        let field = match broken.field.strip_prefix("outputs[0].") {
            Some(field) if short => field.to_owned(),
            _ => broken.field,
        };
        Problem::invalid(field, broken.code, broken.rule)
    }

    fn target(
        &self,
        targets: &config::Targets,
        studio: &dyn Studio,
        preset: &str,
    ) -> Result<settings::Target, Problem> {
        if let Some(ceiling) = self.ceiling_dbtp {
            within("ceiling_dbtp", ceiling, &TARGET_DBTP, "dBTP")?;
        }
        let (name, integrated_lufs, ceiling) = match &self.target {
            Target::Named(name) => match Aim::of(name) {
                Some(Aim::Preset) => (name.clone(), None, suggested(studio, preset)),
                Some(Aim::Natural | Aim::Reference) => (name.clone(), None, None),
                None => {
                    let target = targets.get(name).map_err(|error| {
                        Problem::invalid("target", "unknown_target", error.to_string())
                    })?;
                    let lufs = Some(target.integrated_lufs);
                    (name.clone(), lufs, Some(target.ceiling_dbtp))
                }
            },
            Target::Custom(custom) => {
                let lufs = custom.integrated_lufs;
                within("target.integrated_lufs", lufs, &TARGET_LUFS, "LUFS")?;
                if let Some(ceiling) = custom.ceiling_dbtp {
                    within("target.ceiling_dbtp", ceiling, &TARGET_DBTP, "dBTP")?;
                    if self.ceiling_dbtp.is_some() {
                        return Err(not_together("ceiling_dbtp", "target.ceiling_dbtp"));
                    }
                }
                ("custom".to_owned(), Some(lufs), custom.ceiling_dbtp)
            }
        };
        Ok(settings::Target {
            name,
            integrated_lufs,
            ceiling_dbtp: self.ceiling_dbtp.or(ceiling).unwrap_or(TARGET_DEFAULT_DBTP),
        })
    }

    fn references(&self) -> Result<Vec<settings::Reference>, Problem> {
        let reference = |id: Uuid, weight| settings::Reference {
            track_id: TrackId(id),
            weight,
        };
        match (&self.references, self.reference_track_id) {
            (Some(_), Some(_)) => Err(not_together("references", "reference_track_id")),
            (None, Some(id)) => Ok(vec![reference(id, 1.0)]),
            (None, None) => Ok(Vec::new()),
            (Some(asked), None) => {
                a_few("references", asked.len())?;
                for (index, asked) in asked.iter().enumerate() {
                    if !(asked.weight > 0.0 && asked.weight <= MOST_WEIGHT) {
                        let field = format!("references[{index}].weight");
                        let rule = format!("{field} must be above 0 and {MOST_WEIGHT} at most.");
                        return Err(Problem::invalid(field, "out_of_range", rule));
                    }
                }
                let asked = asked.iter();
                Ok(asked.map(|it| reference(it.track_id, it.weight)).collect())
            }
        }
    }

    fn outputs(&self) -> Result<Vec<settings::Output>, Problem> {
        let Some(asked) = &self.outputs else {
            let one = Output {
                format: self.format.unwrap_or_default(),
                bits: self.bits,
                ..Output::default()
            };
            return Ok(vec![one.asked()]);
        };
        if self.format.is_some() {
            return Err(not_together("outputs", "format"));
        }
        if self.bits.is_some() {
            return Err(not_together("outputs", "bits"));
        }
        a_few("outputs", asked.len())?;
        let mut outputs = Vec::with_capacity(asked.len());
        for (index, output) in asked.iter().enumerate() {
            let output = output.asked();
            if outputs.contains(&output) {
                return Err(Problem::invalid(
                    format!("outputs[{index}]"),
                    "duplicate_output",
                    "This file was asked for already: it would be the same, byte for byte.",
                ));
            }
            outputs.push(output);
        }
        Ok(outputs)
    }
}

/// The ceiling that a preset suggests.
fn suggested(studio: &dyn Studio, preset: &str) -> Option<f64> {
    let presets = studio.presets();
    let found = presets.iter().find(|about| about.name == preset);
    found?.ceiling_dbtp
}

fn not_together(field: &'static str, other: &str) -> Problem {
    Problem::invalid(
        field,
        "not_together",
        format!("{field} and {other} say the same thing: send one of them."),
    )
}

fn a_few(field: &'static str, count: usize) -> Result<(), Problem> {
    if (1..=MOST).contains(&count) {
        return Ok(());
    }
    let rule = format!("{field} must have 1 to {MOST} items, or be absent.");
    Err(Problem::invalid(field, "out_of_range", rule))
}

fn within(
    field: &'static str,
    value: f64,
    range: &std::ops::RangeInclusive<f64>,
    unit: &str,
) -> Result<(), Problem> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Problem::invalid(
        field,
        "out_of_range",
        format!(
            "{field} must be {} to {} {unit}.",
            range.start(),
            range.end()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use jobs::studio::PresetAbout;
    use serde_json::{Value, json};

    use super::*;

    /// A studio with one preset; it refuses FLAC with 32f.
    struct Stub;

    impl Studio for Stub {
        fn presets(&self) -> Vec<PresetAbout> {
            vec![PresetAbout {
                name: "pop".to_owned(),
                title: "Pop".to_owned(),
                summary: "Pop.".to_owned(),
                integrated_lufs: Some(-11.0),
                ceiling_dbtp: Some(-1.5),
                stages: vec![("eq", 40.0)],
            }]
        }

        fn check(&self, settings: &Settings) -> Result<(), Broken> {
            let wrong = |it: &settings::Output| it.format == "flac" && it.bits == "32f";
            match settings.outputs.iter().position(wrong) {
                Some(index) => Err(Broken {
                    field: format!("outputs[{index}].bits"),
                    code: "not_in_this_format",
                    rule: "Not in FLAC.".to_owned(),
                }),
                None => Ok(()),
            }
        }

        fn page(&self, _: &Value, title: &str) -> Result<String, serde_json::Error> {
            Ok(title.to_owned())
        }
    }

    fn checked(body: Value) -> Result<Settings, Problem> {
        let request: MasterRequest = serde_json::from_value(body).expect("a well-formed body");
        let targets = config::Targets::load(None).expect("the built-in targets");
        request.check(&targets, &Stub)
    }

    fn body(target: impl Into<Value>, with: &Value) -> Value {
        let mut body = json!({ "track_id": Uuid::nil(), "target": target.into() });
        for (name, value) in with.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    }

    fn refused(with: &Value) -> (String, String) {
        let problem = checked(body("cd", with)).expect_err("a refusal");
        (
            problem.field.unwrap_or_default().into(),
            problem.code.into(),
        )
    }

    #[test]
    fn a_named_target_gets_its_figures_from_the_data() {
        let settings = checked(body("spotify", &json!({}))).unwrap();
        assert_eq!(settings.target.integrated_lufs, Some(-14.0));
        assert!((settings.target.ceiling_dbtp + 1.0).abs() < 1e-9);
        let output = settings.outputs.first().unwrap();
        assert_eq!(
            (output.format.as_str(), output.bits.as_str()),
            ("wav", "24")
        );
        let vorbis = checked(body("cd", &json!({ "format": "vorbis" }))).unwrap();
        assert_eq!(vorbis.outputs.first().unwrap().bits, "32f");
    }

    #[test]
    fn the_ceiling_is_the_callers_else_the_presets_else_the_usual_one() {
        let ceiling =
            |target: &str, with| checked(body(target, &with)).unwrap().target.ceiling_dbtp;
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-9, "{one} {other}");
        near(ceiling("spotify", json!({ "ceiling_dbtp": -2.0 })), -2.0);
        near(ceiling("preset", json!({ "preset": "pop" })), -1.5);
        near(ceiling("preset", json!({ "preset": "assistant" })), -1.0);
        near(ceiling("natural", json!({})), -1.0);
    }

    #[test]
    fn an_unknown_target_is_refused_and_the_nearest_named() {
        let problem = checked(body("spotfy", &json!({}))).unwrap_err();
        assert_eq!(problem.code, "unknown_target");
        assert!(problem.detail.contains("spotify"), "{}", problem.detail);
    }

    #[test]
    fn figures_out_of_range_name_the_field() {
        let loud = json!({ "integrated_lufs": 3.0 });
        let problem = checked(body(loud, &json!({}))).unwrap_err();
        assert_eq!(problem.field.as_deref(), Some("target.integrated_lufs"));
        let twice = json!({ "integrated_lufs": -9.0, "ceiling_dbtp": -1.0 });
        let problem = checked(body(twice, &json!({ "ceiling_dbtp": -2.0 }))).unwrap_err();
        assert_eq!(problem.code, "not_together");
        let asked =
            |weight: f64| json!({ "references": [{ "track_id": Uuid::nil(), "weight": weight }] });
        for weight in [0.0, -1.0, 1001.0] {
            let expected = ("references[0].weight".to_owned(), "out_of_range".to_owned());
            assert_eq!(refused(&asked(weight)), expected);
        }
        let no_references = json!({ "references": [] });
        assert_eq!(refused(&no_references).0, "references");
        let too_many = json!({ "outputs": vec![json!({}); 9] });
        assert_eq!(refused(&too_many).0, "outputs");
    }

    #[test]
    fn what_the_studio_refuses_is_named_as_the_caller_wrote_it() {
        let short = refused(&json!({ "format": "flac", "bits": "32f" }));
        assert_eq!(short, ("bits".to_owned(), "not_in_this_format".to_owned()));
        let outputs = json!([{ "format": "flac", "bits": "32f" }]);
        let long = refused(&json!({ "outputs": outputs }));
        assert_eq!(long.0, "outputs[0].bits");
    }

    #[test]
    fn short_and_long_forms_are_not_mixed_and_nothing_is_asked_twice() {
        let reference = json!([{ "track_id": Uuid::nil() }]);
        let cases = [
            (json!({ "outputs": [{}], "format": "wav" }), "outputs"),
            (json!({ "outputs": [{}], "bits": "16" }), "outputs"),
            (
                json!({ "references": reference, "reference_track_id": Uuid::nil() }),
                "references",
            ),
        ];
        for (with, field) in cases {
            assert_eq!(
                refused(&with),
                (field.to_owned(), "not_together".to_owned())
            );
        }
        let twice = json!({ "outputs": [{ "format": "wav" }, { "bits": "24" }] });
        let expected = ("outputs[1]".to_owned(), "duplicate_output".to_owned());
        assert_eq!(refused(&twice), expected);
        let problem = checked(body("reference", &json!({}))).unwrap_err();
        assert_eq!(problem.code, "reference_needed");
    }
}
