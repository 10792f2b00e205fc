//! `effects ls`.

use std::process::ExitCode;

use queue::{JobId, Page, Queue, Scope};

use crate::answer::lines;
use crate::args::List;
use crate::table::{Table, text, time};

/// Prints the effects of a job, or those that wait for a person.
pub async fn run(queue: &Queue, job: Option<JobId>, list: List) -> anyhow::Result<ExitCode> {
    let effects = if let Some(job) = job {
        queue.effects(Scope::Operator, job).await?
    } else {
        let page = Page {
            after: None,
            limit: list.limit,
        };
        queue.ambiguous_effects(Scope::Operator, page).await?
    };
    if list.json {
        lines(&effects)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["job", "key", "state", "calls", "begun", "token", "error"]);
    for effect in effects {
        table.row([
            effect.job_id.to_string(),
            effect.key,
            effect.state.to_string(),
            effect.calls.to_string(),
            time(Some(effect.intended_at)),
            effect.token,
            text(effect.error.as_ref().map(|error| error.code.as_str())),
        ]);
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}
