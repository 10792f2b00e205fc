//! `jobs show`: one job's whole story.

use std::process::ExitCode;

use queue::{Job, JobId, Queue, Scope, State, Story, Try};

use crate::answer::{no_such, pretty};
use crate::table::{Table, duration, text, time};

/// Prints the job and everything that is known of it.
pub async fn run(queue: &Queue, id: JobId, json: bool) -> anyhow::Result<ExitCode> {
    let Some(story) = queue.story(Scope::Operator, id).await? else {
        return Ok(no_such(json, "job", id));
    };
    if json {
        pretty(&story)?;
    } else {
        print(&story);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(story: &Story) {
    job(&story.job);
    if let Some(tick) = &story.tick {
        line(
            "tick",
            &format!("{} of schedule {}", tick.at, tick.schedule_id),
        );
    }
    for edge in &story.needs {
        line(
            "needs",
            &format!("{} (on failure: {})", edge.needs_id, edge.on_failure),
        );
    }
    for edge in &story.needed_by {
        line(
            "needed by",
            &format!("{} (on failure: {})", edge.job_id, edge.on_failure),
        );
    }
    attempts(&story.attempts);
    if !story.effects.is_empty() {
        say!("\neffects");
        let mut table = Table::new(["key", "state", "calls", "begun", "ended", "resolved by"]);
        for effect in &story.effects {
            table.row([
                effect.key.clone(),
                effect.state.to_string(),
                effect.calls.to_string(),
                time(Some(effect.intended_at)),
                time(effect.ended_at),
                text(effect.resolved_by.as_deref()),
            ]);
        }
        table.print();
    }
    if !story.log.is_empty() {
        say!("\nlog");
        for said in &story.log {
            say!("{}  {:5}  {}", said.at, said.level.as_str(), said.message);
        }
    }
    if !story.acts.is_empty() {
        say!("\nacts");
        let mut table = Table::new(["at", "actor", "act", "details"]);
        for act in &story.acts {
            table.row([
                time(Some(act.at)),
                act.actor.clone(),
                act.act.clone(),
                act.details.to_string(),
            ]);
        }
        table.print();
    }
}

fn attempts(attempts: &[Try]) {
    if attempts.is_empty() {
        return;
    }
    say!("\nattempts");
    let mut table = Table::new(["#", "ended", "started", "took", "worker", "reason"]);
    for attempt in attempts {
        let took = attempt.started_at.zip(attempt.finished_at);
        let took = took.map(|(from, to)| duration(to.since(from).as_secs_f64()));
        let worker = attempt.worker.as_ref().map_or_else(
            || {
                attempt
                    .worker_id
                    .map_or("-".to_owned(), |id| id.to_string())
            },
            |worker| format!("{} ({}, pid {})", worker.name, worker.host, worker.pid),
        );
        let reason = [attempt.code.as_deref(), attempt.message.as_deref()];
        let reason: Vec<_> = reason.into_iter().flatten().collect();
        table.row([
            attempt.attempt.to_string(),
            attempt.ended.to_owned(),
            time(attempt.started_at),
            text(took.as_deref()),
            worker,
            reason.join(": "),
        ]);
    }
    table.print();
}

fn line(name: &str, value: &str) {
    say!("{name:12} {value}");
}

fn job(job: &Job) {
    let moment = |name: &str, at: Option<db::Time>| {
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
    if let Some(flow) = job.flow_id {
        line("flow", &flow.to_string());
    }
    line("trace", &job.trace_id.to_string());
    line("state", job.state.as_str());
    if job.cancel_requested {
        line("", "asked to stop");
    }
    let running = job.state == State::Running;
    let stage = job.stage.as_deref().filter(|_| running);
    let stage = stage.unwrap_or_default();
    let percent = format!("{:.1} % {stage}", f64::from(job.progress) * 100.0);
    line("progress", percent.trim_end());
    line(
        "attempts",
        &format!("{} of {}", job.attempt, job.max_attempts),
    );
    moment("created", Some(job.created_at));
    moment("runs at", Some(job.run_at));
    moment("started", job.started_at);
    moment("finished", job.finished_at);
    if let Some(error) = &job.error {
        line("error", &format!("{}: {}", error.code, error.message));
    }
    line("payload", &job.payload.to_string());
    if let Some(output) = &job.output {
        line("output", &output.to_string());
    }
}
