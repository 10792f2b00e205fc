//! `PUT /v1/analytics/models/{model}/upkeep`: have a model looked after.

use std::time::Duration;

use ::jobs::WatchModel;
use ::models::registry::{self, Alias};
use ::models::upkeep::{self, UpkeepRow};
use ::models::{ArtistId, UpkeepId};
use actix_web::put;
use actix_web::web::{Bytes, Data, Json, Path};
use db::Document;
use queue::{Cron, NewSchedule, Schedule, Scope, Tx};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::show::shown;
use super::view::Upkeep;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, whole};
use crate::error::Problem;

/// The shortest time between two looks.
const LEAST_BETWEEN: Duration = Duration::from_mins(15);
/// Ticks that are looked at for that.
const AHEAD: usize = 200;
/// After all that somebody waits for.
const PRIORITY: i16 = 7;

/// How a model is to be looked after.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpkeepRequest {
    /// When to look: minute, hour, day of month, month, day of week; at most every 15 minutes.
    #[schema(example = "30 3 * * *")]
    pub cron: String,
    /// The IANA zone whose clocks that goes by; UTC when absent.
    #[serde(default = "utc")]
    #[schema(example = "Europe/Berlin")]
    pub timezone: String,
    /// Figures to go by other than the usual ones; `GET` shows them all.
    #[serde(default = "usual")]
    #[schema(value_type = Object)]
    pub policy: Value,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn usual() -> Value {
    json!({})
}

/// Have a model looked after, or change how.
///
/// From now on jobs look for drift and error, train anew, judge the challenger, promote it or drop it, and
/// roll back. For a model of churn, rows that are asked about with a `key` are kept, and outcomes are told; a
/// forecaster is held against your metrics.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name.")),
    request_body = UpkeepRequest,
    responses(
        (status = 200, body = Upkeep),
        (status = 400, description = "`bad_json`", body = Problem),
        (status = 401, body = Problem),
        (status = 404, description = "No such model.", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `out_of_range`", body = Problem),
    ),
)]
#[put("/v1/analytics/models/{model}/upkeep")]
pub async fn put_upkeep(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<Upkeep>, Problem> {
    let asked: UpkeepRequest = json(&whole(body)?)?;
    check_cron(&app, &asked)?;
    let (artist, model) = (caller.0, model.into_inner());
    let (task, before) = {
        let mut db = app.pool.get().await?;
        let champion = registry::holder(&mut db, artist, &model, Alias::Champion).await?;
        let champion = champion.ok_or_else(|| Problem::not_found("model"))?;
        (champion.task, upkeep::find(&mut db, artist, &model).await?)
    };
    let policy = app.insight.policy(task, &asked.policy)?;
    let id = before.map_or_else(UpkeepId::new, |before| before.id);
    let now = app.queue.now();
    // In one transaction: a schedule never outlives the artist that it was put for.
    let row = app.queue.transaction(move |tx| {
        Box::pin(async move {
            let schedule = put_schedule(tx, artist, &model, id, &asked).await?;
            let row = UpkeepRow {
                id,
                artist_id: artist,
                model: model.clone(),
                policy: Document(policy),
                schedule_id: schedule.id.uuid().into(),
                created_at: now,
                updated_at: now,
            };
            let row = upkeep::put(tx.db(), &row).await?;
            if row.id != id {
                // Somebody else turned it on at the same moment, and theirs is the id that counts.
                put_schedule(tx, artist, &model, row.id, &asked).await?;
            }
            Ok::<_, Problem>(row)
        })
    });
    let row = row.await?;
    Ok(Json(shown(&app, row).await?))
}

async fn put_schedule(
    tx: &mut Tx<'_>,
    artist: ArtistId,
    model: &str,
    id: UpkeepId,
    asked: &UpkeepRequest,
) -> Result<Schedule, Problem> {
    let watch = WatchModel {
        artist_id: artist,
        upkeep_id: id,
    };
    let name = format!("upkeep of {model}");
    let schedule = NewSchedule::of(name, &watch, &asked.cron, &asked.timezone)?.priority(PRIORITY);
    let scope = Scope::Tenant(artist.uuid());
    Ok(tx.put_schedule(scope, schedule).await?)
}

/// Whether the clock may start so many jobs.
fn check_cron(app: &App, asked: &UpkeepRequest) -> Result<(), Problem> {
    let cron = Cron::parse(&asked.cron, &asked.timezone).map_err(|error| {
        let field = if error.field == "zone" {
            "timezone"
        } else {
            "cron"
        };
        Problem::invalid(field, "invalid_field", format!("{error}."))
    })?;
    let mut last = None;
    for tick in cron.ticks_after(app.queue.now()).take(AHEAD) {
        if last.is_some_and(|last| tick.since(last) < LEAST_BETWEEN) {
            let rule = "cron must leave 15 minutes at least between two ticks.";
            return Err(Problem::invalid("cron", "out_of_range", rule));
        }
        last = Some(tick);
    }
    if last.is_none() {
        let rule = "cron must have a tick in the next forty years.";
        return Err(Problem::invalid("cron", "out_of_range", rule));
    }
    Ok(())
}
