//! `effects`: what jobs did outside, and what only a person can tell.

mod ls;
mod resolve;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use queue::{JobId, Resolution};

use crate::args::EffectsVerb;
use crate::desk;

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: EffectsVerb) -> anyhow::Result<ExitCode> {
    let queue = desk::queue(file).await?;
    match verb {
        EffectsVerb::Ls { job, list } => ls::run(&queue, job.map(JobId), list).await,
        EffectsVerb::Resolve {
            job,
            key,
            happened,
            not_happened: _,
            note,
            by,
        } => {
            let resolution = match happened {
                Some(json) => Resolution::Happened(
                    serde_json::from_str(&json).context("the outcome must be JSON")?,
                ),
                None => Resolution::NotHappened,
            };
            resolve::run(&queue, (JobId(job), &key), resolution, &note, &by).await
        }
    }
}
