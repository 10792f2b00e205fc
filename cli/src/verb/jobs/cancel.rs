//! `jobs cancel`: stops a job.

use std::process::ExitCode;

use queue::{Cancel, JobId, Queue};
use serde_json::json;

use crate::answer::{done, no_such, refused};
use crate::args::By;
use crate::desk::actor;

/// Stops a job.
pub async fn run(queue: &Queue, id: JobId, why: &str, by: &By) -> anyhow::Result<ExitCode> {
    let answer = |outcome: &str| json!({ "job": id, "outcome": outcome });
    Ok(match queue.cancel(actor(by), id, why).await? {
        Cancel::NotFound => no_such(by.json, "job", id),
        Cancel::Done => {
            let words = format!("{id} is cancelled.");
            done(by.json, &words, &answer("cancelled"))
        }
        Cancel::Requested => {
            let words = format!("{id} runs; it was asked to stop and will within a second or so.");
            done(by.json, &words, &answer("requested"))
        }
        Cancel::AlreadyFinished => refused(
            by.json,
            "already_finished",
            &format!("{id} had finished already"),
        ),
    })
}
