//! `workers`: which processes hold a lease.

mod ls;

use std::path::Path;
use std::process::ExitCode;

use queue::WorkerId;

use crate::args::WorkersVerb;
use crate::desk;

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: WorkersVerb) -> anyhow::Result<ExitCode> {
    let queue = desk::queue(file).await?;
    match verb {
        WorkersVerb::Ls { json } => ls::run(&queue, json).await,
        WorkersVerb::Show { id, json } => ls::show(&queue, WorkerId(id), json).await,
    }
}
