//! `queues ls` and `queues show`: how much waits and runs, and who serves it.

use std::process::ExitCode;

use queue::{Control, Queue, QueueView, State};

use crate::answer::{lines, pretty};
use crate::table::{Table, duration, time};

/// Prints all queues.
pub async fn run(queue: &Queue, as_json: bool) -> anyhow::Result<ExitCode> {
    let queues = queue.queues().await?;
    if as_json {
        lines(&[QueueView {
            name: queue::ALL_QUEUES.to_owned(),
            control: queues.all,
            ..QueueView::default()
        }])?;
        lines(&queues.queues)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new([
        "queue",
        "waiting",
        "oldest",
        "running",
        "limit",
        "due later",
        "blocked",
        "dead",
        "workers",
        "paused",
    ]);
    for view in &queues.queues {
        table.row([
            view.name.clone(),
            view.count(State::Waiting).to_string(),
            duration(view.oldest_age_seconds),
            view.count(State::Running).to_string(),
            limit(&view.control),
            (view.count(State::Scheduled) + view.count(State::Retrying)).to_string(),
            view.count(State::Blocked).to_string(),
            view.count(State::Dead).to_string(),
            view.workers.to_string(),
            paused(&view.control),
        ]);
    }
    table.print();
    if queues.all != Control::default() {
        let (paused, limit) = (paused(&queues.all), limit(&queues.all));
        say!("\nall queues together: paused {paused}, limit {limit}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints one queue.
pub async fn show(queue: &Queue, name: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let view = queue.queue_view(name).await?;
    if as_json {
        pretty(&view)?;
    } else {
        print(&view);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(view: &QueueView) {
    let line = |name: &str, value: String| say!("{name:12} {value}");
    line("queue", view.name.clone());
    line("paused", paused(&view.control));
    line("limit", limit(&view.control));
    for (state, count) in &view.jobs {
        line(state.as_str(), count.to_string());
    }
    line("oldest", duration(view.oldest_age_seconds));
    line("workers", view.workers.to_string());
}

/// Since when and by whom.
fn paused(control: &Control) -> String {
    let by = control.paused_by.as_deref().unwrap_or("?");
    control
        .paused_at
        .map_or("no".to_owned(), |at| format!("{} by {by}", time(Some(at))))
}

fn limit(control: &Control) -> String {
    let most = control.max_running.map(|most| most.to_string());
    most.unwrap_or_else(|| "-".to_owned())
}
