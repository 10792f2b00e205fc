//! `schedules upcoming`: a look ahead.

use std::process::ExitCode;

use queue::{Queue, ScheduleId, Scope};

use crate::answer::{lines, no_such};
use crate::args::List;

/// Prints the next ticks, paused or not.
pub async fn run(queue: &Queue, id: ScheduleId, list: List) -> anyhow::Result<ExitCode> {
    let ticks = queue
        .upcoming(Scope::Operator, id, list.limit.into())
        .await?;
    let Some(ticks) = ticks else {
        return Ok(no_such(list.json, "schedule", id));
    };
    if list.json {
        lines(&ticks)?;
    } else {
        for tick in ticks {
            say!("{tick}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
