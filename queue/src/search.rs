//! Searching jobs in bounded steps.

use crate::{Filter, Job, JobId, Page, Queue, QueueError, Scope, store};

/// How many jobs one step looks at, when they must be looked at one after another.
const LOOKED_AT: i64 = 50_000;

/// A page of what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The jobs, newest first; there may be fewer than a page holds, or none, and more behind them.
    pub jobs: Vec<Job>,
    /// Where to go on, as the next page's [`Page::after`]; none: nothing more is there.
    pub next: Option<JobId>,
}

impl Queue {
    /// The scope's jobs that the filter names, newest first, a bounded step at a time.
    ///
    /// State `dead` and tenants are found by indexes, and times of creation by the primary key.
    /// Error codes, times of the end and fields of payloads are looked for along what those
    /// leave, at most 50,000 jobs a step.
    pub async fn search(
        &self,
        scope: Scope,
        filter: &Filter,
        page: Page,
    ) -> Result<Found, QueueError> {
        filter.check()?;
        let mut db = self.pool().get().await?;
        let floor = if filter.scans() {
            store::floor(&mut db, scope, filter, page.after, LOOKED_AT).await?
        } else {
            None
        };
        let jobs = store::jobs(&mut db, scope, filter, page, floor).await?;
        let full = jobs.len() >= usize::from(page.limit.clamp(1, 1000));
        let next = if full {
            jobs.last().map(|job| job.id)
        } else {
            floor
        };
        Ok(Found { jobs, next })
    }
}
