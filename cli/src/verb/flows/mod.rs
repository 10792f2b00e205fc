//! `flows`: jobs that need one another.

mod cancel;
mod show;

use std::path::Path;
use std::process::ExitCode;

use queue::FlowId;

use crate::args::FlowsVerb;
use crate::desk;

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: FlowsVerb) -> anyhow::Result<ExitCode> {
    let queue = desk::queue(file).await?;
    match verb {
        FlowsVerb::Show { id, json } => show::run(&queue, FlowId(id), json).await,
        FlowsVerb::Cancel { id, why, by } => cancel::run(&queue, FlowId(id), &why, &by).await,
    }
}
