//! `queues pause`, `resume` and `limit`.

use std::process::ExitCode;

use queue::Queue;
use serde_json::to_value;

use crate::answer::done;
use crate::args::{By, Limit};
use crate::desk::actor;

/// Stops its claims.
pub async fn pause(queue: &Queue, name: &str, by: &By) -> anyhow::Result<ExitCode> {
    let control = queue.pause_queue(actor(by), name).await?;
    let words = format!("{} is paused; what runs goes on.", called(name));
    Ok(done(by.json, &words, &to_value(control)?))
}

/// Lets its claims go on.
pub async fn resume(queue: &Queue, name: &str, by: &By) -> anyhow::Result<ExitCode> {
    let control = queue.resume_queue(actor(by), name).await?;
    let words = format!("{} goes on.", called(name));
    Ok(done(by.json, &words, &to_value(control)?))
}

/// Sets how many of its jobs run at a time.
pub async fn limit(queue: &Queue, name: &str, most: Limit, by: &By) -> anyhow::Result<ExitCode> {
    let control = queue.limit_queue(actor(by), name, most.0).await?;
    let words = match most.0 {
        Some(most) => format!("At most {most} jobs of {} run at a time.", called(name)),
        None => format!("{} has no limit.", called(name)),
    };
    Ok(done(by.json, &words, &to_value(control)?))
}

/// The queue's name, or what `*` means.
pub fn called(name: &str) -> &str {
    match name {
        queue::ALL_QUEUES => "every queue",
        name => name,
    }
}
