//! `GET /v1/presets`: what can shape the sound of a master.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::page::PageOf;

/// A preset.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresetView {
    /// The name to ask for it by.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// The loudness that it suggests, LUFS: what the target `preset` comes to.
    pub integrated_lufs: Option<f64>,
    /// The highest true peak that it suggests, dBTP.
    pub ceiling_dbtp: Option<f64>,
    /// Its stages, in the order in which the sound goes through them.
    pub stages: Vec<PresetStage>,
}

/// A stage of a preset.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresetStage {
    /// The name to change its amount by, in `amounts`.
    #[schema(example = "saturation")]
    pub stage: String,
    /// How far it goes, percent.
    pub amount_percent: f64,
}

/// The presets that can be asked for by name. Besides them there is `assistant`, which chooses by
/// what it finds in the track and gives its reasons in the report.
#[utoipa::path(tag = "masters", responses((status = 200, body = PageOf<PresetView>)), security())]
#[get("/v1/presets")]
pub async fn list_presets(app: Data<App>) -> Json<PageOf<PresetView>> {
    let stage = |(stage, amount_percent): (&'static str, f64)| PresetStage {
        stage: stage.to_owned(),
        amount_percent,
    };
    let presets = app.studio.presets().into_iter();
    let items = presets.map(|preset| PresetView {
        name: preset.name,
        title: preset.title,
        summary: preset.summary,
        integrated_lufs: preset.integrated_lufs,
        ceiling_dbtp: preset.ceiling_dbtp,
        stages: preset.stages.into_iter().map(stage).collect(),
    });
    Json(PageOf {
        items: items.collect(),
        next_cursor: None,
    })
}
