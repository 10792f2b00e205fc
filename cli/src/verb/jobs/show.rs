//! `jobs show`: one job's whole story.

use std::process::ExitCode;

use queue::{Job, JobId, Queue, Scope};
use serde_json::json;

/// Prints the job and every attempt that didn't end well.
pub async fn run(queue: &Queue, id: JobId, as_json: bool) -> anyhow::Result<ExitCode> {
    let Some(job) = queue.job(Scope::Operator, id).await? else {
        return Ok(super::no_such(id));
    };
    let attempts = queue.attempts(Scope::Operator, id).await?;
    if as_json {
        let story = json!({ "job": job, "attempts": attempts });
        println!("{}", serde_json::to_string_pretty(&story)?);
        return Ok(ExitCode::SUCCESS);
    }
    print(&job);
    for attempt in &attempts {
        println!(
            "attempt {:<3} {:10} {} to {}  {} {}",
            attempt.attempt,
            attempt.ended.as_str(),
            attempt
                .started_at
                .map_or("?".to_owned(), |at| at.to_string()),
            attempt.finished_at,
            attempt.code.as_deref().unwrap_or_default(),
            attempt.message.as_deref().unwrap_or_default(),
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn print(job: &Job) {
    let line = |name: &str, value: &str| println!("{name:12} {value}");
    let time = |name: &str, at: Option<db::Time>| {
        if let Some(at) = at {
            line(name, &at.to_string());
        }
    };
    line("id", &job.id.to_string());
    line("kind", &job.kind);
    line("queue", &job.queue);
    if let Some(tenant) = job.tenant_id {
        line("artist", &tenant.to_string());
    }
    line("state", job.state.as_str());
    line(
        "progress",
        &format!("{:.1} %", f64::from(job.progress) * 100.0),
    );
    line(
        "attempts",
        &format!("{} of {}", job.attempt, job.max_attempts),
    );
    time("created", Some(job.created_at));
    time("runs at", Some(job.run_at));
    time("started", job.started_at);
    time("finished", job.finished_at);
    if let Some(error) = &job.error {
        line("error", &format!("{}: {}", error.code, error.message));
    }
    line("payload", &job.payload.to_string());
    if let Some(output) = &job.output {
        line("output", &output.to_string());
    }
}
