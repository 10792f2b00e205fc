//! A schedule as its readers see it.

use db::Time;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{CatchUp, Cron, QueueError};

db::id! {
    /// The id of a schedule. It sorts by creation.
    pub ScheduleId
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Whose it is, and whose its jobs are; none: the platform's own.
    pub tenant_id: Option<Uuid>,
    /// Its name, which no other schedule of the tenant has.
    pub name: String,
    /// When it ticks: see [`Cron`].
    pub cron: String,
    /// The IANA name of the zone whose clocks it goes by.
    pub zone: String,
    /// What is done about ticks that came late.
    pub catch_up: CatchUp,
    /// The queue of its jobs.
    pub queue: String,
    /// The kind of its jobs.
    pub kind: String,
    /// The priority of its jobs, 0 first, 9 last.
    pub priority: i16,
    /// The payload of its jobs.
    pub payload: Value,
    /// Since when it is paused; none while it is not.
    pub paused_at: Option<Time>,
    /// Its next tick; none while it is paused.
    pub next_at: Option<Time>,
    /// The newest tick that made a job.
    pub last_at: Option<Time>,
    /// How many ticks came too late and made no job. Of more than a thousand that were missed in
    /// a row, a thousand are counted.
    pub missed: u64,
    /// When it was first put.
    pub created_at: Time,
    /// When a person, a program or a tick last changed it.
    pub updated_at: Time,
}

impl Schedule {
    /// Its ticks as a [`Cron`].
    pub fn ticks(&self) -> Result<Cron, QueueError> {
        Ok(Cron::parse(&self.cron, &self.zone)?)
    }
}

/// A tick that made a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// When it ticked: the time that the expression names, not when someone noticed.
    pub at: Time,
}
