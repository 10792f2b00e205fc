//! What every endpoint may use.

use std::sync::Arc;

use ::jobs::erasing::Eraser;
use ::jobs::insight::Insight;
use ::jobs::studio::Studio;
use db::Pool;
use metrics_exporter_prometheus::PrometheusHandle;
use queue::Queue;
use storage::Storage;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Who answers what the intake does not know itself, while a caller waits.
#[derive(Clone)]
pub struct Desks {
    /// About sound.
    pub studio: Arc<dyn Studio>,
    /// About models.
    pub insight: Arc<dyn Insight>,
    /// About artists who are to be forgotten.
    pub eraser: Arc<dyn Eraser>,
}

/// The parts that endpoints share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub pool: Pool,
    /// The durable queue.
    pub queue: Queue,
    /// Object storage.
    pub storage: Storage,
    /// Mastering targets by name.
    pub targets: Arc<config::Targets>,
    /// Answers about sound.
    pub studio: Arc<dyn Studio>,
    /// Answers about models.
    pub insight: Arc<dyn Insight>,
    /// Erases artists.
    pub eraser: Arc<dyn Eraser>,
    /// What is accepted, and how much of it.
    pub limits: config::Limits,
    /// One permit an upload in progress.
    pub uploads: Arc<Semaphore>,
    /// Renders what `/metrics` answers.
    pub metrics: PrometheusHandle,
    /// Fires when the server stops, so that event streams end at once.
    pub stopping: CancellationToken,
}

impl App {
    /// Puts the parts together; the number of uploads at a time comes from `limits`.
    pub fn new(
        pool: Pool,
        queue: Queue,
        storage: Storage,
        targets: config::Targets,
        desks: Desks,
        limits: config::Limits,
        metrics: PrometheusHandle,
    ) -> Self {
        let uploads = usize::try_from(limits.max_concurrent_uploads).unwrap_or(usize::MAX);
        let uploads = Arc::new(Semaphore::new(uploads.min(Semaphore::MAX_PERMITS)));
        Self {
            pool,
            queue,
            storage,
            targets: Arc::new(targets),
            studio: desks.studio,
            insight: desks.insight,
            eraser: desks.eraser,
            limits,
            uploads,
            metrics,
            stopping: CancellationToken::new(),
        }
    }
}
