//! How SQLite's blocking calls leave the async threads, and how an abandoned call is noticed.
//!
//! diesel-async's own runner waits inside `drop` for a call whose future was dropped, which
//! panics on single-threaded runtimes such as the ones actix runs handlers on. This runner lets
//! the call finish on its thread and counts it, so that the pool discards the connection instead
//! of handing it out while it is still in use.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel_async::sync_connection_wrapper::SpawnBlocking;
use futures::FutureExt as _;
use futures::future::BoxFuture;

/// Runs blocking calls on tokio's blocking threads and counts those not yet finished.
#[derive(Debug, Default)]
pub struct Blocking {
    in_flight: Arc<AtomicUsize>,
}

impl Blocking {
    /// The count of calls not yet finished, shared with this runner.
    pub(crate) fn in_flight(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.in_flight)
    }
}

/// Counts one call for as long as it lives.
struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(count))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl SpawnBlocking for Blocking {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        let counted = InFlight::begin(&self.in_flight);
        let handle = tokio::task::spawn_blocking(move || {
            let result = task();
            drop(counted);
            result
        });
        async move { handle.await.map_err(Box::from) }.boxed()
    }

    fn get_runtime() -> Self {
        Self::default()
    }
}
