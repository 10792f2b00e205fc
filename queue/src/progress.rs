//! Progress and log lines: told as often as the body likes, written a few times a second, under
//! the fence.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::fence::Fence;
use crate::wake::News;
use crate::{LogLevel, QueueError, store};

/// The least time between two writes.
const INTERVAL: Duration = Duration::from_millis(250);

/// Holds the newest report until it is written.
pub(crate) struct Reporter {
    fence: Fence,
    runtime: Option<Handle>,
    latest: Mutex<Latest>,
}

#[derive(Default)]
struct Latest {
    report: Option<(f32, String)>,
    /// A writer is on its way and will take what is newest then.
    writing: bool,
}

impl Reporter {
    pub(crate) fn new(fence: Fence) -> Self {
        Self {
            fence,
            runtime: Handle::try_current().ok(),
            latest: Mutex::default(),
        }
    }

    pub(crate) fn report(self: &Arc<Self>, fraction: f32, stage: &str) {
        let fraction = if fraction.is_finite() {
            fraction.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let mut latest = self.latest();
        latest.report = Some((fraction, stage.to_owned()));
        self.start(latest);
    }

    pub(crate) fn log(self: &Arc<Self>, level: LogLevel, message: &str) {
        let fence = &self.fence;
        let now = fence.queue.now();
        fence.log.add(fence.token, level, message, now);
        self.start(self.latest());
    }

    /// Sends a writer on its way, unless one is.
    fn start(self: &Arc<Self>, mut latest: MutexGuard<'_, Latest>) {
        let start = !std::mem::replace(&mut latest.writing, true);
        drop(latest);
        if let (true, Some(runtime)) = (start, &self.runtime) {
            runtime.spawn(Arc::clone(self).write());
        }
    }

    /// Writes until nothing new was told for one interval.
    async fn write(self: Arc<Self>) {
        loop {
            let report = {
                let mut latest = self.latest();
                let report = latest.report.take();
                // A line is in the book before its teller looks whether a writer is on its way.
                latest.writing = report.is_some() || !self.fence.log.is_written();
                if !latest.writing {
                    return;
                }
                report
            };
            match self.write_one(report).await {
                Ok(()) => {}
                Err(QueueError::LeaseLost) => return,
                Err(error) => tracing::debug!(%error, "what a body told was not written"),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn write_one(&self, report: Option<(f32, String)>) -> Result<(), QueueError> {
        if let Some((fraction, stage)) = report {
            self.fence
                .write(|db, id, token| Box::pin(store::progress(db, id, token, fraction, stage)))
                .await?;
        }
        self.fence.write_log().await?;
        let mut news = News::default();
        news.job(self.fence.id);
        self.fence.queue.wake().announce(news);
        Ok(())
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
