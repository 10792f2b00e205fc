//! `GET` and `DELETE /v1/admin/artists/{id}`: what there is of an artist's, and forgetting all of it.

use std::time::Duration;

use ::jobs::erasing::Wish;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{delete, get};
use models::ArtistId;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;

/// How long a caller may wait for what runs to stop, seconds.
const LONGEST_WAIT: u64 = 60;

/// What there is of an artist's: rows by table, jobs, schedules, files, and effects of which nobody
/// knows whether they happened.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[get("/v1/admin/artists/{id}")]
pub async fn admin_show_artist(
    _operator: Operator,
    app: Data<App>,
    id: Path<ArtistId>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(told(&app.eraser.holdings(*id).await?)?))
}

/// How to erase.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Erasure {
    /// Gives up effects of which nobody knows whether they happened; else they refuse.
    #[serde(default)]
    pub abandon_effects: bool,
    /// Seconds that running jobs may take to stop, 0 to 60; 30 when absent.
    #[param(minimum = 0, maximum = 60)]
    pub wait_seconds: Option<u64>,
}

/// Erase an artist.
///
/// Tokens, tracks, masters, albums, analyses, metrics, models, jobs, schedules and files: nothing of
/// them stays but the record of this act, which tells who did it, when, and how much it was. It can't be
/// undone. Repeating it goes on from where it was, and finds nothing more in the end.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path), Erasure),
    responses(
        (status = 200, body = Value),
        (status = 400, description = "`bad_query`", body = Problem),
        OperatorsOnly,
        (status = 404, body = Problem),
        (status = 409, description = "`effects_unsettled`: nobody knows whether something happened outside. `still_running`: access has ended; repeat it.", body = Problem),
        (status = 422, description = "`out_of_range`", body = Problem),
    ),
)]
#[delete("/v1/admin/artists/{id}")]
pub async fn admin_erase_artist(
    operator: Operator,
    app: Data<App>,
    id: Path<ArtistId>,
    query: Query<Erasure>,
) -> Result<Json<Value>, Problem> {
    let seconds = query.wait_seconds.unwrap_or(LONGEST_WAIT / 2);
    if seconds > LONGEST_WAIT {
        let rule = format!("wait_seconds must be 0 to {LONGEST_WAIT}.");
        return Err(Problem::invalid("wait_seconds", "out_of_range", rule));
    }
    let wish = Wish {
        abandon_effects: query.abandon_effects,
        wait: Duration::from_secs(seconds),
    };
    let erased = app.eraser.erase(*id, operator.actor(), wish).await?;
    Ok(Json(told(&erased)?))
}
