//! `flows show`: a flow's jobs, and who needs whom.

use std::process::ExitCode;

use queue::{FlowId, Queue, Scope};

use crate::answer::{no_such, pretty};
use crate::table::Table;

/// Prints the flow.
pub async fn run(queue: &Queue, id: FlowId, json: bool) -> anyhow::Result<ExitCode> {
    let Some(flow) = queue.flow(Scope::Operator, id).await? else {
        return Ok(no_such(json, "flow", id));
    };
    if json {
        pretty(&flow)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["job", "kind", "state", "needs"]);
    for job in &flow.jobs {
        let needs = flow.edges.iter().filter(|edge| edge.job_id == job.id);
        let needs =
            needs.map(|edge| format!("{} (on failure: {})", edge.needs_id, edge.on_failure));
        table.row([
            job.id.to_string(),
            job.kind.clone(),
            job.state.to_string(),
            needs.collect::<Vec<_>>().join(", "),
        ]);
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}
