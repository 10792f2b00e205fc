//! `GET /v1/admin/effects` and `POST /v1/admin/jobs/{id}/effects/resolve`: what only a person can
//! tell.

use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{get, post};
use queue::{JobId, Page, Resolution, Resolved, Scope};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::job_acts::conflict;
use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::body::{json as read, whole};
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// The effects that wait for a person, those of the newest jobs first; a page counts jobs.
#[utoipa::path(
    tag = "admin",
    params(PageQuery),
    responses(
        (status = 200, body = PageOf<Value>),
        OperatorsOnly,
        (status = 422, body = Problem),
    ),
)]
#[get("/v1/admin/effects")]
pub async fn admin_list_effects(
    _operator: Operator,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Value>>, Problem> {
    let (limit, after) = query.parse()?;
    let page = Page {
        after: after.map(JobId),
        limit,
    };
    let effects = app.queue.ambiguous_effects(Scope::Operator, page).await?;
    let mut jobs: Vec<JobId> = effects.iter().map(|effect| effect.job_id).collect();
    jobs.dedup();
    let last = jobs.last().filter(|_| jobs.len() >= usize::from(limit));
    Ok(Json(PageOf {
        items: effects.iter().map(told).collect::<Result<_, _>>()?,
        next_cursor: last.map(ToString::to_string),
    }))
}

/// What was found out of an effect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The effect's key.
    pub key: String,
    /// Whether it happened.
    pub happened: bool,
    /// What the other side answered, in the form that the job expects; when it happened.
    #[serde(default)]
    pub outcome: Value,
    /// How that was found out.
    #[serde(default)]
    pub note: String,
}

/// Settle an effect by what was found out. Retry its job then.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    request_body = Finding,
    responses(
        (status = 200, body = Value),
        (status = 400, description = "`bad_json`", body = Problem),
        OperatorsOnly,
        (status = 404, body = Problem),
        (status = 409, description = "not_ambiguous: it needs no person.", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`", body = Problem),
    ),
)]
#[post("/v1/admin/jobs/{id}/effects/resolve")]
pub async fn admin_resolve_effect(
    operator: Operator,
    app: Data<App>,
    id: Path<JobId>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<Value>, Problem> {
    let finding: Finding = read(&whole(body)?)?;
    let resolution = if finding.happened {
        Resolution::Happened(finding.outcome)
    } else {
        Resolution::NotHappened
    };
    let effect = (*id, finding.key.as_str());
    let resolved = app
        .queue
        .resolve_effect(operator.actor(), effect, resolution, &finding.note)
        .await?;
    match resolved {
        Resolved::Done => Ok(Json(json!({ "job": *id, "key": finding.key }))),
        Resolved::NotFound => Err(Problem::not_found("effect")),
        Resolved::NotAmbiguous(state) => Err(conflict(
            "not_ambiguous",
            format!("The effect is {state} and needs no person."),
        )),
    }
}
