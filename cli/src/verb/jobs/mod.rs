//! `jobs`: an operator's view of all jobs, and acts on them.

mod cancel;
mod ls;
mod redrive;
mod retry;
mod show;

use std::path::Path;
use std::process::ExitCode;

use queue::JobId;

use crate::args::JobsVerb;
use crate::desk;

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: JobsVerb) -> anyhow::Result<ExitCode> {
    let queue = desk::queue(file).await?;
    match verb {
        JobsVerb::Ls { filter, list } => {
            let filter = filter.filter(queue.now())?;
            ls::run(&queue, &filter, list).await
        }
        JobsVerb::Show { id, json } => show::run(&queue, JobId(id), json).await,
        JobsVerb::Cancel { id, why, by } => cancel::run(&queue, JobId(id), &why, &by).await,
        JobsVerb::Retry { id, by } => retry::run(&queue, JobId(id), &by).await,
        JobsVerb::Redrive {
            filter,
            dry_run,
            limit,
            by,
        } => {
            let filter = filter.filter(queue.now())?;
            redrive::run(&queue, &filter, dry_run, limit, &by).await
        }
    }
}
