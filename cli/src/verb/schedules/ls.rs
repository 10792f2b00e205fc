//! `schedules ls` and `schedules show`.

use std::process::ExitCode;

use queue::{Page, Queue, Schedule, ScheduleId, Scope};

use crate::answer::{lines, no_such, pretty};
use crate::args::List;
use crate::table::{Table, time};

/// Prints the newest schedules.
pub async fn run(queue: &Queue, list: List) -> anyhow::Result<ExitCode> {
    let page = Page {
        after: None,
        limit: list.limit,
    };
    let schedules = queue.schedules(Scope::Operator, page).await?;
    if list.json {
        lines(&schedules)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new([
        "id", "name", "cron", "zone", "kind", "next", "last", "missed",
    ]);
    for schedule in schedules {
        table.row([
            schedule.id.to_string(),
            schedule.name.clone(),
            schedule.cron.clone(),
            schedule.zone.clone(),
            schedule.kind.clone(),
            next(&schedule),
            time(schedule.last_at),
            schedule.missed.to_string(),
        ]);
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}

/// Prints one schedule.
pub async fn show(queue: &Queue, id: ScheduleId, json: bool) -> anyhow::Result<ExitCode> {
    let Some(schedule) = queue.schedule(Scope::Operator, id).await? else {
        return Ok(no_such(json, "schedule", id));
    };
    if json {
        pretty(&schedule)?;
        return Ok(ExitCode::SUCCESS);
    }
    let line = |name: &str, value: &str| say!("{name:12} {value}");
    line("id", &schedule.id.to_string());
    line("name", &schedule.name);
    if let Some(tenant) = schedule.tenant_id {
        line("artist", &tenant.to_string());
    }
    line("cron", &format!("{} ({})", schedule.cron, schedule.zone));
    line("late ticks", schedule.catch_up.as_str());
    line("makes", &format!("{} in {}", schedule.kind, schedule.queue));
    line("payload", &schedule.payload.to_string());
    line("next", &next(&schedule));
    line("last", &time(schedule.last_at));
    line("missed", &schedule.missed.to_string());
    Ok(ExitCode::SUCCESS)
}

fn next(schedule: &Schedule) -> String {
    match schedule.paused_at {
        Some(_) => "paused".to_owned(),
        None => time(schedule.next_at),
    }
}
