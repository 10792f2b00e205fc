//! A schedule about to be put.

use uuid::Uuid;

use crate::{CatchUp, Contract, Cron, NewJob, QueueError};

/// The longest name, in characters.
const NAME_LIMIT: usize = 128;

/// A schedule to put: its name, when it ticks, and what job each tick makes.
#[derive(Debug, Clone)]
pub struct NewSchedule {
    pub(super) name: String,
    pub(super) job: NewJob,
    pub(super) cron: Cron,
    pub(super) catch_up: CatchUp,
}

impl NewSchedule {
    /// A schedule that makes a job of `contract` at each tick of the expression `cron` (see
    /// [`Cron`]) by the clocks of the IANA `zone`. It is the platform's own unless given to a
    /// tenant, and of missed ticks makes up for the [latest](CatchUp::Latest).
    pub fn of<C: Contract>(
        name: impl Into<String>,
        contract: &C,
        cron: &str,
        zone: &str,
    ) -> Result<Self, QueueError> {
        Ok(Self {
            name: name.into(),
            job: NewJob::of(contract)?,
            cron: Cron::parse(cron, zone)?,
            catch_up: CatchUp::Latest,
        })
    }

    /// Gives it and its jobs to a tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: Uuid) -> Self {
        self.job = self.job.tenant(tenant);
        self
    }

    /// The priority of its jobs: 0 goes first, 9 last; 5 when not given.
    #[must_use]
    pub fn priority(mut self, priority: i16) -> Self {
        self.job = self.job.priority(priority);
        self
    }

    /// What to do about ticks that come late.
    #[must_use]
    pub fn catch_up(mut self, catch_up: CatchUp) -> Self {
        self.catch_up = catch_up;
        self
    }

    pub(super) fn check(&self) -> Result<(), QueueError> {
        if !(1..=NAME_LIMIT).contains(&self.name.chars().count()) {
            return Err(QueueError::InvalidSchedule {
                field: "name",
                message: format!("it has 1 to {NAME_LIMIT} characters"),
            });
        }
        self.job.check()
    }
}
