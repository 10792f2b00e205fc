//! What operators can type: verbs on jobs, queues, schedules, workers, effects, flows and acts.

use clap::Subcommand;
use uuid::Uuid;

use super::filter::FilterArgs;

/// Who acts, and how the answer is written.
#[derive(Debug, Clone, clap::Args)]
pub struct By {
    /// Who acts, as the record of acts will say; USER@HOST when absent.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct List {
    /// How many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Verbs on jobs.
#[derive(Debug, Subcommand)]
pub enum JobsVerb {
    /// Lists or searches jobs, newest first.
    #[command(visible_alias = "search")]
    Ls {
        #[command(flatten)]
        filter: Box<FilterArgs>,
        #[command(flatten)]
        list: List,
    },
    /// Shows one job's whole story: every attempt, its effects, log, needs and acts on it.
    Show {
        /// The job.
        id: Uuid,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stops a job.
    Cancel {
        /// The job.
        id: Uuid,
        /// Why.
        #[arg(long, default_value = "cancelled by an operator")]
        why: String,
        #[command(flatten)]
        by: By,
    },
    /// Runs a dead or cancelled job again.
    Retry {
        /// The job.
        id: Uuid,
        #[command(flatten)]
        by: By,
    },
    /// Runs all dead jobs that the filter names again, the oldest first; with --state cancelled,
    /// the cancelled ones.
    Redrive {
        #[command(flatten)]
        filter: Box<FilterArgs>,
        /// Only counts them.
        #[arg(long)]
        dry_run: bool,
        /// At most so many.
        #[arg(long)]
        limit: Option<u64>,
        #[command(flatten)]
        by: By,
    },
}

/// Verbs on queues. `*` is all queues together.
#[derive(Debug, Subcommand)]
pub enum QueuesVerb {
    /// Lists the queues: how much waits and runs, who serves them, and whether they are paused.
    Ls {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Shows one queue.
    Show {
        /// The queue.
        queue: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stops its claims; what runs goes on.
    Pause {
        /// The queue, or `*`.
        queue: String,
        #[command(flatten)]
        by: By,
    },
    /// Lets its claims go on.
    Resume {
        /// The queue, or `*`.
        queue: String,
        #[command(flatten)]
        by: By,
    },
    /// Pauses it, and tells how many of its jobs still run.
    Drain {
        /// The queue, or `*`.
        queue: String,
        /// Returns when nothing of it runs any more.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        by: By,
    },
    /// Sets how many of its jobs run at a time, over all workers.
    Limit {
        /// The queue, or `*`.
        queue: String,
        /// How many, or `none`.
        #[arg(value_parser = limit)]
        most: Limit,
        #[command(flatten)]
        by: By,
    },
}

/// A limit, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub Option<u32>);

fn limit(text: &str) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        _ => text
            .parse()
            .map(|most| Limit(Some(most)))
            .map_err(|_| "write a number, or none".to_owned()),
    }
}

/// Verbs on schedules.
#[derive(Debug, Subcommand)]
pub enum SchedulesVerb {
    /// Lists schedules, newest first.
    Ls {
        #[command(flatten)]
        list: List,
    },
    /// Shows one schedule.
    Show {
        /// The schedule.
        id: Uuid,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stops it from ticking.
    Pause {
        /// The schedule.
        id: Uuid,
        #[command(flatten)]
        by: By,
    },
    /// Lets it tick again, from the next tick on.
    Resume {
        /// The schedule.
        id: Uuid,
        #[command(flatten)]
        by: By,
    },
    /// Enqueues its job now.
    Trigger {
        /// The schedule.
        id: Uuid,
        #[command(flatten)]
        by: By,
    },
    /// Deletes it; its jobs stay.
    Rm {
        /// The schedule.
        id: Uuid,
        #[command(flatten)]
        by: By,
    },
    /// Shows its next ticks.
    Upcoming {
        /// The schedule.
        id: Uuid,
        #[command(flatten)]
        list: List,
    },
}

/// Verbs on workers.
#[derive(Debug, Subcommand)]
pub enum WorkersVerb {
    /// Lists the workers that have a lease.
    Ls {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Shows one worker.
    Show {
        /// The worker's incarnation.
        id: Uuid,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Verbs on effects.
#[derive(Debug, Subcommand)]
pub enum EffectsVerb {
    /// Lists the effects that wait for a person, or those of one job.
    Ls {
        /// The job; those that wait for a person when absent.
        #[arg(long)]
        job: Option<Uuid>,
        #[command(flatten)]
        list: List,
    },
    /// Settles an effect by what was found out. Retry its job then.
    Resolve {
        /// The effect's job.
        job: Uuid,
        /// The effect's key.
        key: String,
        /// It happened; this is its outcome, as JSON.
        #[arg(long, value_name = "JSON", required_unless_present = "not_happened")]
        happened: Option<String>,
        /// It did not happen: the next attempt does it.
        #[arg(long, conflicts_with = "happened")]
        not_happened: bool,
        /// How that was found out.
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        by: By,
    },
}

/// Verbs on flows.
#[derive(Debug, Subcommand)]
pub enum FlowsVerb {
    /// Shows a flow's jobs and who needs whom.
    Show {
        /// The flow.
        id: Uuid,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Cancels a flow's unfinished jobs.
    Cancel {
        /// The flow.
        id: Uuid,
        /// Why.
        #[arg(long, default_value = "cancelled by an operator")]
        why: String,
        #[command(flatten)]
        by: By,
    },
}

/// Verbs on acts.
#[derive(Debug, Subcommand)]
pub enum ActsVerb {
    /// Lists what people did, newest first.
    Ls {
        /// Only what this operator did, or this artist by its id.
        #[arg(long)]
        actor: Option<String>,
        /// Only such acts, as in `retry_job`.
        #[arg(long)]
        act: Option<String>,
        /// Only what was done to the job, queue, schedule or flow with this id or name.
        #[arg(long)]
        target: Option<String>,
        #[command(flatten)]
        list: List,
    },
}

/// Verbs on operators.
#[derive(Debug, Subcommand)]
pub enum OperatorsVerb {
    /// Lists operators.
    Ls {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Adds an operator and prints the token, once.
    Add {
        /// The operator's name, which the record of acts will say.
        name: String,
    },
    /// Revokes an operator's token.
    Revoke {
        /// The operator's name.
        name: String,
    },
}
