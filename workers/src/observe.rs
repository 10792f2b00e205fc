//! A tower layer around every body: a span with the job's names, one log line, and its duration.

use std::task::{Context as Poller, Poll};
use std::time::Instant;

use apalis_core::task::Task;
use futures::future::BoxFuture;
use queue::{Context, Outcome};
use tower::{Layer, Service};
use tracing::Instrument;

/// Makes [`Observed`].
#[derive(Debug, Clone, Copy)]
pub struct ObserveLayer;

impl<S> Layer<S> for ObserveLayer {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { inner }
    }
}

/// Observes the bodies that `inner` runs.
#[derive(Debug, Clone)]
pub struct Observed<S> {
    inner: S,
}

impl<S> Service<Task<Context>> for Observed<S>
where
    S: Service<Task<Context>, Response = Outcome>,
    S::Future: Send + 'static,
{
    type Response = Outcome;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Outcome, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Poller<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, task: Task<Context>) -> Self::Future {
        let job = task.args.job();
        let artist = job.tenant_id.map(tracing::field::display);
        let span = tracing::info_span!(
            "job",
            job.id = %job.id,
            job.kind = job.kind,
            job.attempt = job.attempt,
            artist.id = artist,
        );
        let began = Instant::now();
        let body = self.inner.call(task);
        let observed = async move {
            let ended = body.await;
            let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            match &ended {
                Ok(Outcome::Retry(fault) | Outcome::Dead(fault)) => {
                    tracing::warn!(duration_ms, code = %fault.code, error = %fault.message, "an attempt failed");
                }
                Ok(outcome) => {
                    tracing::info!(duration_ms, outcome = outcome.name(), "an attempt ended");
                }
                Err(_) => tracing::warn!(duration_ms, "an attempt failed"),
            }
            ended
        };
        Box::pin(observed.instrument(span))
    }
}
