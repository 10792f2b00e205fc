//! `flows cancel`: stops what is left of a flow.

use std::process::ExitCode;

use queue::{FlowId, Queue};
use serde_json::json;

use crate::answer::{done, no_such};
use crate::args::By;
use crate::desk::actor;

/// Cancels the flow's unfinished jobs.
pub async fn run(queue: &Queue, id: FlowId, why: &str, by: &By) -> anyhow::Result<ExitCode> {
    let Some(count) = queue.cancel_flow(actor(by), id, why).await? else {
        return Ok(no_such(by.json, "flow", id));
    };
    let words = format!(
        "{} jobs are cancelled; {} run and were asked to stop.",
        count.done, count.requested
    );
    let answer = json!({ "cancelled": count.done, "requested": count.requested });
    Ok(done(by.json, &words, &answer))
}
