//! `jobs redrive`: runs all that failed and that a filter names again.

use std::process::ExitCode;

use queue::{Filter, Queue, Scope};
use serde_json::json;

use crate::answer::done;
use crate::args::By;
use crate::desk::actor;

/// Retries what the filter names, or only counts it.
pub async fn run(
    queue: &Queue,
    filter: &Filter,
    dry_run: bool,
    limit: Option<u64>,
    by: &By,
) -> anyhow::Result<ExitCode> {
    if dry_run {
        let found = queue.redrivable(Scope::Operator, filter).await?;
        let count = limit.map_or(found, |limit| found.min(limit));
        let words = format!("{count} would be run again. Nothing was done.");
        return Ok(done(by.json, &words, &json!({ "would_retry": count })));
    }
    let redriven = queue.redrive(actor(by), filter, limit).await?;
    let mut words = vec![format!("{} will run again.", redriven.retried)];
    let skipped = [
        (
            redriven.needs_failed,
            "need a job that failed; retry that one",
        ),
        (redriven.superseded, "have had their place taken by another"),
        (redriven.moved, "had moved before their turn came"),
    ];
    for (count, why) in skipped.into_iter().filter(|(count, _)| *count > 0) {
        words.push(format!("{count} skipped: they {why}."));
    }
    for id in &redriven.skipped {
        words.push(format!("skipped  {id}"));
    }
    Ok(done(
        by.json,
        &words.join("\n"),
        &serde_json::to_value(&redriven)?,
    ))
}
