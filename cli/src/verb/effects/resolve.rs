//! `effects resolve`: says what a person found out.

use std::process::ExitCode;

use queue::{JobId, Queue, Resolution, Resolved};
use serde_json::json;

use crate::answer::{done, refused};
use crate::args::By;
use crate::desk::actor;

/// Settles the effect.
pub async fn run(
    queue: &Queue,
    (job, key): (JobId, &str),
    resolution: Resolution,
    note: &str,
    by: &By,
) -> anyhow::Result<ExitCode> {
    let resolved = queue
        .resolve_effect(actor(by), (job, key), resolution, note)
        .await?;
    Ok(match resolved {
        Resolved::Done => {
            let words = format!("`{key}` of {job} is settled; retry the job.");
            done(by.json, &words, &json!({ "job": job, "key": key }))
        }
        Resolved::NotAmbiguous(state) => {
            let words = format!("`{key}` of {job} is {state} and needs no person");
            refused(by.json, "not_ambiguous", &words)
        }
        Resolved::NotFound => {
            let words = format!("there is no job {job} with an effect `{key}`");
            refused(by.json, "not_found", &words)
        }
    })
}
