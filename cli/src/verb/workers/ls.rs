//! `workers ls` and `workers show`.

use std::process::ExitCode;

use queue::{Queue, WorkerId};

use crate::answer::{lines, no_such, pretty};
use crate::table::{Table, time};

/// Prints the workers.
pub async fn run(queue: &Queue, json: bool) -> anyhow::Result<ExitCode> {
    let workers = queue.workers().await?;
    if json {
        lines(&workers)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new([
        "id",
        "name",
        "host",
        "pid",
        "queues",
        "running",
        "started",
        "last beat",
        "keeper",
    ]);
    for view in workers {
        table.row([
            view.worker.id.to_string(),
            view.worker.name,
            view.worker.host,
            view.worker.pid.to_string(),
            view.queues.join(","),
            view.running.to_string(),
            time(Some(view.started_at)),
            time(Some(view.beat_at)),
            if view.leads { "yes" } else { "" }.to_owned(),
        ]);
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}

/// Prints one worker.
pub async fn show(queue: &Queue, id: WorkerId, json: bool) -> anyhow::Result<ExitCode> {
    let workers = queue.workers().await?;
    let Some(view) = workers.into_iter().find(|view| view.worker.id == id) else {
        return Ok(no_such(json, "worker", id));
    };
    if json {
        pretty(&view)?;
        return Ok(ExitCode::SUCCESS);
    }
    let line = |name: &str, value: &str| say!("{name:12} {value}");
    line("id", &view.worker.id.to_string());
    line("name", &view.worker.name);
    line("host", &view.worker.host);
    line("pid", &view.worker.pid.to_string());
    line("queues", &view.queues.join(", "));
    line("running", &view.running.to_string());
    line("started", &view.started_at.to_string());
    line("last beat", &view.beat_at.to_string());
    line("lease until", &view.lease_until.to_string());
    line("keeper", if view.leads { "yes" } else { "no" });
    Ok(ExitCode::SUCCESS)
}
