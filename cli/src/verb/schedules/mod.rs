//! `schedules`: jobs that the clock makes, and acts on them.

mod change;
mod ls;
mod upcoming;

use std::path::Path;
use std::process::ExitCode;

use queue::ScheduleId;

use crate::args::SchedulesVerb;
use crate::desk;

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: SchedulesVerb) -> anyhow::Result<ExitCode> {
    let queue = desk::queue(file).await?;
    match verb {
        SchedulesVerb::Ls { list } => ls::run(&queue, list).await,
        SchedulesVerb::Show { id, json } => ls::show(&queue, ScheduleId(id), json).await,
        SchedulesVerb::Pause { id, by } => change::pause(&queue, ScheduleId(id), &by).await,
        SchedulesVerb::Resume { id, by } => change::resume(&queue, ScheduleId(id), &by).await,
        SchedulesVerb::Trigger { id, by } => change::trigger(&queue, ScheduleId(id), &by).await,
        SchedulesVerb::Rm { id, by } => change::rm(&queue, ScheduleId(id), &by).await,
        SchedulesVerb::Upcoming { id, list } => upcoming::run(&queue, ScheduleId(id), list).await,
    }
}
