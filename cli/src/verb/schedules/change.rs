//! `schedules pause`, `resume`, `trigger` and `rm`.

use std::process::ExitCode;

use queue::{Queue, Schedule, ScheduleId};
use serde_json::{json, to_value};

use crate::answer::{done, no_such};
use crate::args::By;
use crate::desk::actor;
use crate::table::time;

/// Stops it from ticking.
pub async fn pause(queue: &Queue, id: ScheduleId, by: &By) -> anyhow::Result<ExitCode> {
    let paused = queue.pause_schedule(actor(by), id).await?;
    said(paused, id, by, |schedule| {
        format!("{} is paused.", schedule.name)
    })
}

/// Lets it tick again.
pub async fn resume(queue: &Queue, id: ScheduleId, by: &By) -> anyhow::Result<ExitCode> {
    let resumed = queue.resume_schedule(actor(by), id).await?;
    said(resumed, id, by, |schedule| {
        format!(
            "{} ticks next at {}.",
            schedule.name,
            time(schedule.next_at)
        )
    })
}

/// Enqueues its job now.
pub async fn trigger(queue: &Queue, id: ScheduleId, by: &By) -> anyhow::Result<ExitCode> {
    Ok(match queue.trigger_schedule(actor(by), id).await? {
        Some(job) => done(
            by.json,
            &format!("Job {job} was enqueued."),
            &json!({ "job": job }),
        ),
        None => no_such(by.json, "schedule", id),
    })
}

/// Deletes it.
pub async fn rm(queue: &Queue, id: ScheduleId, by: &By) -> anyhow::Result<ExitCode> {
    Ok(if queue.delete_schedule(actor(by), id).await? {
        done(
            by.json,
            &format!("{id} is deleted."),
            &json!({ "deleted": id }),
        )
    } else {
        no_such(by.json, "schedule", id)
    })
}

fn said(
    schedule: Option<Schedule>,
    id: ScheduleId,
    by: &By,
    words: impl Fn(&Schedule) -> String,
) -> anyhow::Result<ExitCode> {
    Ok(match schedule {
        Some(schedule) => done(by.json, &words(&schedule), &to_value(&schedule)?),
        None => no_such(by.json, "schedule", id),
    })
}
