//! `jobs ls`: a table, or JSON lines.

use std::process::ExitCode;

use queue::{Filter, Page, Queue, Scope};

/// Prints the newest jobs that match.
pub async fn run(
    queue: &Queue,
    filter: &Filter,
    limit: u16,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let page = Page { after: None, limit };
    let jobs = queue.jobs(Scope::Operator, filter, page).await?;
    if !json {
        println!(
            "{:36}  {:14}  {:9}  {:>5}  {:>8}  {:27}  error",
            "id", "kind", "state", "%", "attempt", "created"
        );
    }
    for job in &jobs {
        if json {
            println!("{}", serde_json::to_string(job)?);
            continue;
        }
        let attempt = format!("{}/{}", job.attempt, job.max_attempts);
        let error = job.error.as_ref().map_or("", |error| &error.code);
        println!(
            "{:36}  {:14}  {:9}  {:>5.1}  {attempt:>8}  {:27}  {error}",
            job.id.to_string(),
            job.kind,
            job.state.as_str(),
            f64::from(job.progress) * 100.0,
            job.created_at.to_string(),
        );
    }
    Ok(ExitCode::SUCCESS)
}
