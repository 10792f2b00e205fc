//! One duty of the keeper, and what it is given.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::Leadership;
use crate::Queue;

type Done = Result<u64, Box<dyn Error + Send + Sync>>;

/// Something to be done now and then by one process of all. It must be harmless when two do it
/// at once. Cloning it is cheap.
#[derive(Clone)]
pub struct Duty {
    pub(super) name: &'static str,
    pub(super) every: Duration,
    pub(super) at_once: bool,
    body: Arc<dyn Fn(Term) -> BoxFuture<'static, Done> + Send + Sync>,
}

impl Duty {
    /// A duty that comes round `every` so often, give or take a tenth, and for the first time
    /// somewhen within the first round. `body` answers how many things it did, for the metrics; an
    /// error is logged, and the duty comes round again as ever.
    pub fn new<F, Fut, E>(name: &'static str, every: Duration, body: F) -> Self
    where
        F: Fn(Term) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<u64, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let body = move |term| {
            let done = body(term);
            async move { done.await.map_err(Into::into) }.boxed()
        };
        Self {
            name,
            every,
            at_once: false,
            body: Arc::new(body),
        }
    }

    /// The same, but first as soon as a term begins, and then exactly as often as said.
    #[must_use]
    pub fn at_once(self) -> Self {
        Self {
            at_once: true,
            ..self
        }
    }

    /// Does it, whatever comes of it.
    pub(super) async fn perform(&self, term: &Term) {
        let began = Instant::now();
        let done = (self.body)(term.clone()).await;
        let outcome = if done.is_ok() { "ok" } else { "failed" };
        metrics::counter!("queue_duty_runs_total", "duty" => self.name, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("queue_duty_seconds", "duty" => self.name)
            .record(began.elapsed().as_secs_f64());
        match done {
            Ok(count) => {
                metrics::counter!("queue_duty_items_total", "duty" => self.name).increment(count);
                if count > 0 {
                    tracing::debug!(duty = self.name, count, "a duty was done");
                }
            }
            Err(error) => tracing::warn!(duty = self.name, %error, "a duty failed"),
        }
    }
}

impl std::fmt::Debug for Duty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Duty")
            .field("name", &self.name)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

/// What a duty is given.
#[derive(Clone)]
pub struct Term {
    queue: Queue,
    leadership: Leadership,
}

impl Term {
    pub(super) fn new(queue: Queue, leadership: Leadership) -> Self {
        Self { queue, leadership }
    }

    /// The engine.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Whether this process still leads. Ask before every bounded batch, and end when it does not.
    pub fn holds(&self) -> bool {
        self.leadership.holds()
    }
}
