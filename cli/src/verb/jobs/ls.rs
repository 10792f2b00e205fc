//! `jobs ls`: a table, or JSON lines.

use std::process::ExitCode;

use queue::{Filter, Job, Page, Queue, Scope};

use crate::answer::lines;
use crate::args::List;
use crate::table::{Table, time};

/// Prints the newest jobs that match.
pub async fn run(queue: &Queue, filter: &Filter, list: List) -> anyhow::Result<ExitCode> {
    let jobs = find(queue, filter, list.limit).await?;
    if list.json {
        lines(&jobs)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new([
        "id", "kind", "queue", "state", "%", "attempt", "created", "error",
    ]);
    for job in jobs {
        table.row([
            job.id.to_string(),
            job.kind,
            job.queue,
            job.state.to_string(),
            format!("{:.1}", f64::from(job.progress) * 100.0),
            format!("{}/{}", job.attempt, job.max_attempts),
            time(Some(job.created_at)),
            job.error.map_or_else(String::new, |error| error.code),
        ]);
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}

/// Goes on, step by step, until as many were found or nothing more is there.
async fn find(queue: &Queue, filter: &Filter, limit: u16) -> anyhow::Result<Vec<Job>> {
    let (mut jobs, mut after) = (Vec::new(), None);
    loop {
        let left = usize::from(limit) - jobs.len();
        let page = Page {
            after,
            limit: u16::try_from(left)?,
        };
        let found = queue.search(Scope::Operator, filter, page).await?;
        jobs.extend(found.jobs);
        after = found.next;
        if jobs.len() >= usize::from(limit) || after.is_none() {
            return Ok(jobs);
        }
    }
}
