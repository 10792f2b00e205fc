//! The outermost layer of a worker: it runs the body on its own task and acknowledges its end.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Poller, Poll};

use apalis_core::error::BoxDynError;
use apalis_core::task::Task;
use futures::future::BoxFuture;
use tower::{Layer, Service};

use super::body;
use super::feeder::Delivery;
use super::finisher::Finisher;
use super::response::of_error;
use crate::{Context, Outcome};

/// The claimed job that travels with a task, taken out once by the layer.
pub(super) struct Slot(Mutex<Option<Delivery>>);

impl Slot {
    pub(super) fn of(delivery: Delivery) -> Self {
        Self(Mutex::new(Some(delivery)))
    }

    fn take(&self) -> Option<Delivery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Makes [`Acknowledge`]. The backend puts it around every worker by itself.
#[derive(Clone)]
pub struct AcknowledgeLayer {
    finisher: Finisher,
}

impl AcknowledgeLayer {
    pub(super) fn new(finisher: Finisher) -> Self {
        Self { finisher }
    }
}

impl<S> Layer<S> for AcknowledgeLayer {
    type Service = Acknowledge<S>;

    fn layer(&self, inner: S) -> Acknowledge<S> {
        Acknowledge {
            inner,
            finisher: self.finisher.clone(),
        }
    }
}

/// Runs bodies and acknowledges their ends.
#[derive(Clone)]
pub struct Acknowledge<S> {
    inner: S,
    finisher: Finisher,
}

impl<S> Service<Task<Context>> for Acknowledge<S>
where
    S: Service<Task<Context>>,
    S::Response: Into<Outcome> + Send + 'static,
    S::Error: Into<BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<(), Infallible>>;

    fn poll_ready(&mut self, cx: &mut Poller<'_>) -> Poll<Result<(), Infallible>> {
        // An inner service that is not ready for ever would end the worker; the body's own error
        // says the same when it is called.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, task: Task<Context>) -> Self::Future {
        let slot = task.ctx().data().get::<Arc<Slot>>().cloned();
        let called = self.inner.call(task);
        let finisher = self.finisher.clone();
        Box::pin(async move {
            // Absent only for a task that no backend of ours delivered.
            let Some(delivery) = slot.and_then(|slot| slot.take()) else {
                return Ok(());
            };
            let running = async move {
                match called.await {
                    Ok(response) => response.into(),
                    Err(error) => of_error(error.into()),
                }
            };
            let end = body::run(&delivery.claimed, running).await;
            let Delivery { claimed, place } = delivery;
            finisher.end(claimed, end);
            // The next job may begin while this one's end is written.
            drop(place);
            Ok(())
        })
    }
}
