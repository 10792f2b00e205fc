//! What a caller asks of mastering, checked field by field.

use config::{TARGET_DBTP, TARGET_DEFAULT_DBTP, TARGET_LUFS};
use models::masters::Wanted;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;

/// What to make of a track.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MasterRequest {
    /// The track to master.
    pub track_id: Uuid,
    /// The name of a target of `GET /v1/targets`, or loudness and ceiling of one's own.
    pub target: Target,
    /// A track of the artist's whose tone the master should come close to.
    #[serde(default)]
    pub reference_track_id: Option<Uuid>,
    /// The file format; `wav` when absent.
    #[serde(default)]
    pub format: Format,
    /// Bits a sample; `24` when absent.
    #[serde(default)]
    pub bits: Bits,
}

/// A target by name, or by figures.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(
    untagged,
    expecting = "target must be a name, or an object of integrated_lufs and ceiling_dbtp"
)]
pub enum Target {
    /// A name of `GET /v1/targets`.
    Named(String),
    /// Figures of one's own.
    Custom(CustomTarget),
}

/// Loudness and ceiling of one's own.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomTarget {
    /// Integrated loudness in LUFS, -36 to -5.
    #[schema(minimum = -36, maximum = -5)]
    pub integrated_lufs: f64,
    /// Highest true peak in dBTP, -9 to 0; -1 when absent.
    #[serde(default = "default_ceiling")]
    #[schema(minimum = -9, maximum = 0)]
    pub ceiling_dbtp: f64,
}

fn default_ceiling() -> f64 {
    TARGET_DEFAULT_DBTP
}

/// The file format of a master.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RIFF WAVE.
    #[default]
    Wav,
    /// FLAC; not with 32f.
    Flac,
}

impl Format {
    fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }
}

/// Bits a sample of a master.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum Bits {
    /// 16-bit integer, dithered.
    #[serde(rename = "16")]
    B16,
    /// 24-bit integer.
    #[default]
    #[serde(rename = "24")]
    B24,
    /// 32-bit float.
    #[serde(rename = "32f")]
    F32,
}

impl Bits {
    fn as_str(self) -> &'static str {
        match self {
            Self::B16 => "16",
            Self::B24 => "24",
            Self::F32 => "32f",
        }
    }
}

impl MasterRequest {
    /// The checked wish, with the target's figures looked up.
    pub fn check(self, targets: &config::Targets) -> Result<Wanted, Problem> {
        if self.format == Format::Flac && self.bits == Bits::F32 {
            return Err(Problem::invalid(
                "bits",
                "not_in_this_format",
                "FLAC holds 16 or 24 bits; choose wav for 32f.",
            ));
        }
        let (target_name, integrated_lufs, ceiling_dbtp) = match self.target {
            Target::Named(name) => {
                let target = targets.get(&name).map_err(|error| {
                    Problem::invalid("target", "unknown_target", error.to_string())
                })?;
                (name, target.integrated_lufs, target.ceiling_dbtp)
            }
            Target::Custom(custom) => {
                within(
                    "target.integrated_lufs",
                    custom.integrated_lufs,
                    &TARGET_LUFS,
                    "LUFS",
                )?;
                within(
                    "target.ceiling_dbtp",
                    custom.ceiling_dbtp,
                    &TARGET_DBTP,
                    "dBTP",
                )?;
                (
                    "custom".to_owned(),
                    custom.integrated_lufs,
                    custom.ceiling_dbtp,
                )
            }
        };
        Ok(Wanted {
            track_id: self.track_id.into(),
            reference_track_id: self.reference_track_id.map(Into::into),
            target_name,
            integrated_lufs,
            ceiling_dbtp,
            format: self.format.as_str().to_owned(),
            bits: self.bits.as_str().to_owned(),
        })
    }
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
    use super::*;

    fn check(body: serde_json::Value) -> Result<Wanted, Problem> {
        let request: MasterRequest = serde_json::from_value(body).expect("a well-formed body");
        let targets = config::Targets::load(None).expect("the built-in targets");
        request.check(&targets)
    }

    fn body(target: &serde_json::Value) -> serde_json::Value {
        serde_json::json!({ "track_id": Uuid::nil(), "target": target })
    }

    #[test]
    fn a_named_target_gets_its_figures_from_the_data() {
        let wanted = check(body(&"spotify".into())).unwrap();
        assert_eq!((wanted.integrated_lufs, wanted.ceiling_dbtp), (-14.0, -1.0));
        assert_eq!(
            (wanted.format.as_str(), wanted.bits.as_str()),
            ("wav", "24")
        );
    }

    #[test]
    fn an_unknown_target_is_refused_and_the_nearest_named() {
        let problem = check(body(&"spotfy".into())).unwrap_err();
        assert_eq!(problem.code, "unknown_target");
        assert!(problem.detail.contains("spotify"), "{}", problem.detail);
    }

    #[test]
    fn figures_out_of_range_name_the_field() {
        let problem = check(body(&serde_json::json!({ "integrated_lufs": 3.0 }))).unwrap_err();
        assert_eq!(problem.field.as_deref(), Some("target.integrated_lufs"));
    }

    #[test]
    fn flac_in_32_bit_float_is_refused() {
        let mut body = body(&"cd".into());
        body["format"] = "flac".into();
        body["bits"] = "32f".into();
        assert_eq!(check(body).unwrap_err().field.as_deref(), Some("bits"));
    }
}
