//! `queues drain`: a queue is paused, and what runs ends.

use std::process::ExitCode;
use std::time::Duration;

use queue::Queue;
use serde_json::json;

use super::change::called;
use crate::answer::done;
use crate::args::By;
use crate::desk::actor;

/// Between two looks. A claim that was on its way when the queue was paused comes within it.
const LOOK: Duration = Duration::from_secs(1);

/// Pauses, and tells how many still run; `wait`: until none does.
pub async fn run(queue: &Queue, name: &str, wait: bool, by: &By) -> anyhow::Result<ExitCode> {
    queue.drain_queue(actor(by), name).await?;
    let running = if wait {
        until_empty(queue, name).await?
    } else {
        queue.running(name).await?
    };
    let words = match running {
        0 => format!("{} is paused and empty.", called(name)),
        running => format!("{} is paused; {running} still run.", called(name)),
    };
    Ok(done(
        by.json,
        &words,
        &json!({ "queue": name, "running": running }),
    ))
}

/// Looks until it has found nothing twice in a row.
async fn until_empty(queue: &Queue, name: &str) -> anyhow::Result<u64> {
    let (mut before, mut told) = (None, None);
    loop {
        let running = queue.running(name).await?;
        if running == 0 && before == Some(0) {
            return Ok(running);
        }
        if running > 0 && told != Some(running) {
            eprintln!("{running} still run");
            told = Some(running);
        }
        before = Some(running);
        tokio::time::sleep(LOOK).await;
    }
}
