//! `jobs`: an operator's view of all jobs, and acts on them.

mod acts;
mod ls;
mod show;

use std::path::Path;
use std::process::ExitCode;

use queue::{Filter, JobId};

use crate::args::JobsVerb;
use crate::platform::{database, queue, settings};

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: JobsVerb) -> anyhow::Result<ExitCode> {
    let config = settings(file)?;
    let pool = database(&config).await?;
    let queue = queue(&config, pool, Vec::new()).await?;
    match verb {
        JobsVerb::Ls {
            state,
            kind,
            queue: name,
            limit,
            json,
        } => {
            let state = state.map(|word| word.parse()).transpose()?;
            let filter = Filter {
                state,
                kind,
                queue: name,
            };
            ls::run(&queue, &filter, limit, json).await
        }
        JobsVerb::Show { id, json } => show::run(&queue, JobId(id), json).await,
        JobsVerb::Cancel { id } => acts::cancel(&queue, JobId(id)).await,
        JobsVerb::Retry { id } => acts::retry(&queue, JobId(id)).await,
    }
}

/// Told on standard error, and the process fails.
fn no_such(id: JobId) -> ExitCode {
    eprintln!("maxbooster: there is no job {id}");
    ExitCode::FAILURE
}
