//! `GET /v1/targets`: what a master can be made for.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::page::PageOf;

/// A mastering target.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetView {
    /// The name to ask for it by.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// Highest true peak, dBTP.
    pub ceiling_dbtp: f64,
    /// Why these figures.
    pub note: String,
}

/// The mastering targets that can be asked for by name.
#[utoipa::path(tag = "masters", responses((status = 200, body = PageOf<TargetView>)), security())]
#[get("/v1/targets")]
pub async fn list_targets(app: Data<App>) -> Json<PageOf<TargetView>> {
    let items = app
        .targets
        .iter()
        .map(|target| TargetView {
            name: target.name.clone(),
            title: target.title.clone(),
            integrated_lufs: target.integrated_lufs,
            ceiling_dbtp: target.ceiling_dbtp,
            note: target.note.clone(),
        })
        .collect();
    Json(PageOf {
        items,
        next_cursor: None,
    })
}
