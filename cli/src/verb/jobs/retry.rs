//! `jobs retry`: runs a dead or cancelled job again.

use std::process::ExitCode;

use queue::{JobId, Queue, Retried};
use serde_json::json;

use crate::answer::{done, no_such, refused};
use crate::args::By;
use crate::desk::actor;

/// Runs a dead or cancelled job again.
pub async fn run(queue: &Queue, id: JobId, by: &By) -> anyhow::Result<ExitCode> {
    let refused = |code: &str, words: &str| refused(by.json, code, words);
    Ok(match queue.retry(actor(by), id).await? {
        Retried::NotFound => no_such(by.json, "job", id),
        Retried::Done => {
            let answer = json!({ "job": id, "outcome": "retried" });
            done(by.json, &format!("{id} will run again."), &answer)
        }
        Retried::NotFailed => refused("not_failed", &format!("{id} is neither dead nor cancelled")),
        Retried::NeedsFailed => refused(
            "needs_failed",
            &format!("{id} needs a job that failed; retry that one"),
        ),
        Retried::Superseded => refused(
            "superseded",
            &format!("another job has taken the place of {id} meanwhile"),
        ),
    })
}
