//! A tower layer around every body: a span with the job's names on whatever the body logs. The
//! attempt's end is logged by the engine, which knows of ends that no body sees.

use std::task::{Context as Poller, Poll};

use apalis_core::task::Task;
use queue::Context;
use tower::{Layer, Service};
use tracing::Instrument;
use tracing::instrument::Instrumented;

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
    S: Service<Task<Context>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

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
        self.inner.call(task).instrument(span)
    }
}
