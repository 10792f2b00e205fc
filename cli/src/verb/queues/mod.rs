//! `queues`: how the queues stand, and what operators say of them.

mod change;
mod drain;
mod ls;

use std::path::Path;
use std::process::ExitCode;

use crate::args::QueuesVerb;
use crate::desk;

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: QueuesVerb) -> anyhow::Result<ExitCode> {
    let desk = desk::queue(file).await?;
    match verb {
        QueuesVerb::Ls { json } => ls::run(&desk, json).await,
        QueuesVerb::Show { queue, json } => ls::show(&desk, &queue, json).await,
        QueuesVerb::Pause { queue, by } => change::pause(&desk, &queue, &by).await,
        QueuesVerb::Resume { queue, by } => change::resume(&desk, &queue, &by).await,
        QueuesVerb::Drain { queue, wait, by } => drain::run(&desk, &queue, wait, &by).await,
        QueuesVerb::Limit { queue, most, by } => change::limit(&desk, &queue, most, &by).await,
    }
}
