//! A process that runs bodies: one lease for everything it holds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use db::Time;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::claim::Turns;
use crate::held::{HeldJobs, StopReason};
use crate::keeper::{self, Leadership};
use crate::{Queue, QueueError, WorkerId, due, lease, promote, schedules};

/// How long bodies have to end once they were told that the process stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The lease of this process. Cloning it shares the lease; it beats until it is shut down or the
/// last clone is dropped.
#[derive(Clone)]
pub struct WorkerHandle {
    shared: Arc<Shared>,
    leadership: Leadership,
    _beats: Arc<DropGuard>,
}

pub(crate) struct Shared {
    pub(crate) queue: Queue,
    pub(crate) name: String,
    pub(crate) queues: Vec<String>,
    /// The incarnation and until when its lease holds; told anew at every renewal.
    incarnation: watch::Sender<(WorkerId, Time)>,
    pub(crate) held: HeldJobs,
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Turns>>>>,
    /// Read while a claim is on its way; written while the table is compared with `held`.
    pub(crate) claims: tokio::sync::RwLock<()>,
    /// Set when the table may say that we run something we know nothing of.
    suspect: AtomicBool,
    /// No more claims.
    pub(crate) closing: CancellationToken,
    /// No more beats.
    pub(crate) stopped: CancellationToken,
}

impl Queue {
    /// Registers this process as a worker of `queues` and begins to renew its lease.
    pub async fn register(
        &self,
        name: impl Into<String>,
        queues: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<WorkerHandle, QueueError> {
        let (name, queues) = (name.into(), queues.into_iter().map(Into::into).collect());
        let opened = lease::open(self, &name, &queues).await?;
        let shared = Arc::new(Shared {
            queue: self.clone(),
            name,
            queues,
            incarnation: watch::Sender::new(opened),
            held: HeldJobs::default(),
            turns: Mutex::default(),
            claims: tokio::sync::RwLock::default(),
            suspect: AtomicBool::new(false),
            closing: CancellationToken::new(),
            stopped: CancellationToken::new(),
        });
        let stop = shared.stopped.clone();
        tokio::spawn(
            stop.clone()
                .run_until_cancelled_owned(lease::keep(Arc::clone(&shared))),
        );
        tokio::spawn(
            stop.clone()
                .run_until_cancelled_owned(lease::hear_cancels(Arc::clone(&shared))),
        );
        tokio::spawn(
            stop.clone()
                .run_until_cancelled_owned(due::keep(self.clone(), promote::look)),
        );
        tokio::spawn(
            stop.clone()
                .run_until_cancelled_owned(schedules::keep(self.clone())),
        );
        let leadership = keeper::start(&shared);
        Ok(WorkerHandle {
            shared,
            leadership,
            _beats: Arc::new(stop.drop_guard()),
        })
    }
}

impl Shared {
    /// The incarnation that claims now.
    pub(crate) fn id(&self) -> WorkerId {
        self.incarnation().0
    }

    /// Until when its lease holds.
    pub(crate) fn lease_until(&self) -> Time {
        self.incarnation().1
    }

    pub(crate) fn renewed(&self, id: WorkerId, lease_until: Time) {
        self.incarnation.send_replace((id, lease_until));
    }

    /// Tells of every renewal from now on.
    pub(crate) fn renewals(&self) -> watch::Receiver<(WorkerId, Time)> {
        self.incarnation.subscribe()
    }

    fn incarnation(&self) -> (WorkerId, Time) {
        *self.incarnation.borrow()
    }

    /// Whose turn it is in a queue.
    pub(crate) fn turns(&self, queue: &str) -> Arc<tokio::sync::Mutex<Turns>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = turns.get(queue) {
            return Arc::clone(known);
        }
        let inbox = self.queue.wake().local().inbox(queue);
        let new = Arc::new(tokio::sync::Mutex::new(Turns::new(queue.to_owned(), inbox)));
        turns.insert(queue.to_owned(), Arc::clone(&new));
        new
    }

    /// Asks for a comparison with the table at the next beat.
    pub(crate) fn suspect(&self) {
        self.suspect.store(true, Ordering::Release);
    }

    pub(crate) fn take_suspicion(&self) -> bool {
        self.suspect.swap(false, Ordering::AcqRel)
    }
}

impl WorkerHandle {
    /// The engine.
    pub fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    /// The incarnation under which jobs are claimed now.
    pub fn id(&self) -> WorkerId {
        self.shared.id()
    }

    /// Until when the lease holds, by the engine's clock.
    pub fn lease_until(&self) -> Time {
        self.shared.lease_until()
    }

    /// How many jobs this process holds, claimed and not yet finished.
    pub fn held(&self) -> usize {
        self.shared.held.count()
    }

    /// Whether this process is the keeper, which looks after the whole engine.
    pub fn leads(&self) -> bool {
        self.leadership.holds()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Stops claiming. What runs goes on; what was claimed and not begun is given back.
    pub fn close(&self) {
        self.shared.closing.cancel();
    }

    /// Stops claiming, lets bodies end within `grace`, tells the rest to stop (they have five
    /// seconds more, and their jobs go back with their checkpoints, the attempt not counted), and
    /// ends the lease; a keeper gives up its office.
    pub async fn shutdown(&self, grace: Duration) -> Result<(), QueueError> {
        self.close();
        // What a claim on its way brings is held from its answer on.
        drop(self.shared.claims.write().await);
        if !self.empty_within(grace).await {
            self.shared.held.stop_all(&StopReason::Draining);
            if !self.empty_within(LAST_WORDS).await {
                tracing::warn!(
                    held = self.held(),
                    "bodies did not stop; their jobs will be taken back"
                );
            }
        }
        // A beat after the end would open a new lease.
        self.shared.stopped.cancel();
        let resigned = keeper::resign(&self.shared, &self.leadership).await;
        lease::end(&self.shared).await?;
        resigned
    }

    /// Resolves when nothing is held any more; false when that took longer.
    async fn empty_within(&self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.shared.held.none())
            .await
            .is_ok()
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for WorkerHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkerHandle")
            .field("name", &self.shared.name)
            .field("id", &self.id())
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}
