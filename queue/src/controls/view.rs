//! How the queues stand.

use std::collections::BTreeMap;

use db::Time;
use serde::Serialize;

use super::ALL_QUEUES;
use crate::store::{self, ControlRow};
use crate::{Queue, QueueError, State};

/// What operators said of a queue, or of all together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Since when it is paused; none: it is not, by itself.
    pub paused_at: Option<Time>,
    /// Who paused it.
    pub paused_by: Option<String>,
    /// How many of its jobs run at a time over all workers; none: as many as there are places.
    pub max_running: Option<u32>,
}

impl Control {
    pub(super) fn of(row: ControlRow) -> Self {
        Self {
            paused_at: row.paused_at,
            paused_by: row.paused_by,
            max_running: row.max_running.map(i32::unsigned_abs),
        }
    }
}

/// One queue at a glance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// What was said of it.
    #[serde(flatten)]
    pub control: Control,
    /// How many of its jobs are in each state; those that are done or cancelled are not counted.
    pub jobs: BTreeMap<State, u64>,
    /// How long the oldest waiting job has been allowed to run, in seconds; zero when none waits.
    pub oldest_age_seconds: f64,
    /// How many worker processes with a valid lease serve it.
    pub workers: u64,
}

impl QueueView {
    /// How many of its jobs are in a state.
    pub fn count(&self, state: State) -> u64 {
        self.jobs.get(&state).copied().unwrap_or_default()
    }
}

/// All queues at a glance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Queues {
    /// What was said of all together.
    pub all: Control,
    /// Every queue that has unfinished or dead jobs, workers, or was spoken of; by name.
    pub queues: Vec<QueueView>,
}

impl Queue {
    /// How the queues stand. For operators.
    pub async fn queues(&self) -> Result<Queues, QueueError> {
        let depths = self.depths().await?;
        let workers = {
            let mut db = self.pool().get().await?;
            store::workers(&mut db, Some(self.now())).await?
        };
        let mut controls = self.controls().await?;
        let all = controls.remove(ALL_QUEUES).unwrap_or_default();
        let mut queues: BTreeMap<String, QueueView> = BTreeMap::new();
        for depth in depths {
            let view = queues.entry(depth.queue).or_default();
            view.jobs.insert(depth.state, depth.count);
            if depth.state == State::Waiting {
                view.oldest_age_seconds = depth.oldest_age.as_secs_f64();
            }
        }
        for queue in workers.into_iter().flat_map(|worker| worker.queues()) {
            queues.entry(queue).or_default().workers += 1;
        }
        for (queue, control) in controls {
            queues.entry(queue).or_default().control = control;
        }
        let queues = queues
            .into_iter()
            .map(|(name, view)| QueueView { name, ..view });
        Ok(Queues {
            all,
            queues: queues.collect(),
        })
    }

    /// What operators said of queues, by name; [`ALL_QUEUES`] is of all together.
    pub async fn controls(&self) -> Result<BTreeMap<String, Control>, QueueError> {
        let mut db = self.pool().get().await?;
        let rows = store::controls(&mut db).await?.into_iter();
        Ok(rows
            .map(|row| (row.queue.clone(), Control::of(row)))
            .collect())
    }

    /// One queue; a name that nobody has used yet is an empty queue. For operators.
    pub async fn queue_view(&self, name: &str) -> Result<QueueView, QueueError> {
        let queues = self.queues().await?.queues;
        let found = queues.into_iter().find(|view| view.name == name);
        Ok(found.unwrap_or_else(|| QueueView {
            name: name.to_owned(),
            ..QueueView::default()
        }))
    }
}
