//! `/v1/admin`: the operators' view of everything, and what they do. Every act is recorded with the
//! operator's name. Artists' tokens are refused here.

pub mod acts;
pub mod artists;
pub mod controls;
pub mod effects;
pub mod filter;
pub mod flows;
pub mod job_acts;
pub mod jobs;
pub mod limits;
pub mod queues;
pub mod redrive;
pub mod scale;
pub mod schedule_acts;
pub mod schedules;
pub mod workers;

use actix_web::web::ServiceConfig;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Problem;
use crate::page::PageOf;

/// What the engine tells, as JSON in the engine's own words.
fn told(what: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(what).map_err(|error| Problem::internal(&error))
}

/// A page of it, from up to `limit + 1` rows.
fn told_page<T: Serialize>(
    rows: &[T],
    limit: u16,
    id: impl Fn(&T) -> Uuid,
) -> Result<PageOf<Value>, Problem> {
    let told = rows.iter().map(|row| Ok((id(row), told(row)?)));
    let told = told.collect::<Result<Vec<_>, Problem>>()?;
    Ok(PageOf::of(told, limit, |row| row.0, |row| row.1))
}

/// The endpoints.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(jobs::admin_list_jobs)
        .service(redrive::admin_redrive_jobs)
        .service(jobs::admin_job_story)
        .service(job_acts::admin_cancel_job)
        .service(job_acts::admin_retry_job)
        .service(effects::admin_resolve_effect)
        .service(effects::admin_list_effects)
        .service(queues::admin_list_queues)
        .service(queues::admin_show_queue)
        .service(scale::admin_scale)
        .service(controls::admin_pause_queue)
        .service(controls::admin_resume_queue)
        .service(controls::admin_drain_queue)
        .service(controls::admin_limit_queue)
        .service(limits::admin_list_limits)
        .service(limits::admin_put_limit)
        .service(limits::admin_delete_limit)
        .service(schedules::admin_list_schedules)
        .service(schedules::admin_show_schedule)
        .service(schedules::admin_upcoming)
        .service(schedule_acts::admin_pause_schedule)
        .service(schedule_acts::admin_resume_schedule)
        .service(schedule_acts::admin_trigger_schedule)
        .service(schedule_acts::admin_delete_schedule)
        .service(flows::admin_show_flow)
        .service(flows::admin_cancel_flow)
        .service(workers::admin_list_workers)
        .service(artists::admin_show_artist)
        .service(artists::admin_erase_artist)
        .service(acts::admin_list_acts);
}
