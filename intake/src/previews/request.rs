//! What a caller asks of a preview: a master without a choice of files.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::masters::choice::{Amounts, Format, Output, Target, Tone, WeightedReference};
use crate::masters::request::MasterRequest;

/// How much of the master a preview holds.
const SECONDS: u32 = 30;

/// What to make a preview of. The fields are those of a master.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The track.
    pub track_id: Uuid,
    /// The name of a target of `GET /v1/targets`, `natural`, `reference` or `preset`; or loudness
    /// and ceiling of one's own.
    pub target: Target,
    /// Highest true peak in dBTP, -9 to 0, in place of the target's.
    #[serde(default)]
    #[schema(minimum = -9, maximum = 0)]
    pub ceiling_dbtp: Option<f64>,
    /// Stay under full scale after lossy coding too.
    #[serde(default)]
    pub codec_safe: bool,
    /// A name of `GET /v1/presets`, or `assistant`; `transparent` when absent.
    #[serde(default)]
    pub preset: Option<String>,
    /// Amounts of the preset's stages, in place of its own; not with the assistant.
    #[serde(default)]
    pub amounts: Amounts,
    /// Short for one of `references`.
    #[serde(default)]
    pub reference_track_id: Option<Uuid>,
    /// Tracks of the artist's whose tone the master should come close to.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 8)]
    pub references: Option<Vec<WeightedReference>>,
    /// How far the references' tone is taken on.
    #[serde(default)]
    pub tone: Tone,
}

impl From<PreviewRequest> for MasterRequest {
    fn from(asked: PreviewRequest) -> Self {
        let loudest = Output {
            format: Format::Vorbis,
            excerpt_seconds: Some(SECONDS),
            ..Output::default()
        };
        Self {
            ceiling_dbtp: asked.ceiling_dbtp,
            codec_safe: asked.codec_safe,
            preset: asked.preset,
            amounts: asked.amounts,
            reference_track_id: asked.reference_track_id,
            references: asked.references,
            tone: asked.tone,
            outputs: Some(vec![loudest]),
            ..Self::new(asked.track_id, asked.target)
        }
    }
}
