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
    let mut running = queue.running(name).await?;
    let (mut told, mut quiet) = (None, running == 0);
    while wait {
        if told != Some(running) && running > 0 {
            eprintln!("{running} still run");
            told = Some(running);
        }
        tokio::time::sleep(LOOK).await;
        running = queue.running(name).await?;
        if quiet && running == 0 {
            break;
        }
        quiet = running == 0;
    }
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
