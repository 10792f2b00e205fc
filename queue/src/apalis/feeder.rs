//! The claims of one backend: as many as can begin at once, as soon as they can.

use std::sync::Arc;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{BATCH, BackendOptions};
use crate::pause::Pause;
use crate::wake::News;
use crate::{Claimed, WorkerHandle};

/// While much waits and little is free, so long is waited for more to become free.
const GATHER: Duration = Duration::from_millis(1);

/// A claimed job with the place in which its body runs.
pub(super) struct Delivery {
    pub(super) claimed: Claimed,
    pub(super) place: OwnedSemaphorePermit,
}

/// Claims in the background and hands over in order.
pub(super) struct Feeder {
    deliveries: Option<mpsc::Receiver<Delivery>>,
    stop: CancellationToken,
}

impl Feeder {
    pub(super) fn start(handle: WorkerHandle, options: &BackendOptions) -> Self {
        let (out, deliveries) = mpsc::channel(options.concurrency);
        let stop = handle.shared().closing.child_token();
        let work = handle.queue().wake().local().work(&options.queue);
        let feed = Feed {
            queue: options.queue.clone(),
            concurrency: options.concurrency,
            places: Arc::new(Semaphore::new(options.concurrency)),
            poll: handle.queue().options().poll,
            handle,
            work,
            more: Arc::default(),
            out,
        };
        tokio::spawn(feed.clone().run_beside(stop.clone()));
        tokio::spawn(feed.run(stop.clone()));
        Self {
            deliveries: Some(deliveries),
            stop,
        }
    }

    pub(super) fn poll_next(&mut self, cx: &mut Poller<'_>) -> Poll<Option<Delivery>> {
        match &mut self.deliveries {
            Some(deliveries) => deliveries.poll_recv(cx),
            None => Poll::Ready(None),
        }
    }

    /// Stops claiming, and answers what was claimed and not handed over.
    pub(super) fn close(&mut self) -> BoxFuture<'static, Vec<Claimed>> {
        self.stop.cancel();
        let deliveries = self.deliveries.take();
        Box::pin(async move {
            let mut undelivered = Vec::new();
            if let Some(mut deliveries) = deliveries {
                // Ends when the claim that may be on its way has been delivered.
                while let Some(delivery) = deliveries.recv().await {
                    undelivered.push(delivery.claimed);
                }
            }
            undelivered
        })
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Clone)]
struct Feed {
    queue: String,
    concurrency: usize,
    places: Arc<Semaphore>,
    poll: Duration,
    handle: WorkerHandle,
    work: watch::Receiver<u64>,
    /// More may wait than the last claim brought.
    more: Arc<Notify>,
    out: mpsc::Sender<Delivery>,
}

impl Feed {
    /// A claim that was begun is always seen through: stopping happens between claims only.
    async fn run(mut self, stop: CancellationToken) {
        let mut full = false;
        while let Some(first) = stop.run_until_cancelled(self.free_place()).await {
            let Some(first) = first else { return };
            if full && self.places.available_permits() < self.concurrency / 2 {
                tokio::time::sleep(GATHER).await;
            }
            let places = self.free_places(first);
            let Some(claimed) = self.claim(places.len(), &stop).await else {
                return;
            };
            full = claimed.len() == places.len();
            self.deliver(claimed, places).await;
        }
    }

    /// Claims beside [`Self::run`] while much waits, so that one claim is at work while another
    /// waits for the disk.
    async fn run_beside(self, stop: CancellationToken) {
        while let Some(first) = stop.run_until_cancelled(self.more_places()).await {
            let Some(first) = first else { return };
            let places = self.free_places(first);
            match self.handle.claim(&self.queue, places.len()).await {
                Ok(claimed) => self.deliver(claimed, places).await,
                Err(error) => {
                    tracing::warn!(%error, queue = %self.queue, "a claim failed");
                    // The other may have found nothing because this one held it.
                    let mut news = News::default();
                    news.look(self.queue.clone());
                    self.handle.queue().wake().local().deliver(&news);
                }
            }
        }
    }

    async fn more_places(&self) -> Option<OwnedSemaphorePermit> {
        self.more.notified().await;
        self.free_place().await
    }

    /// That place and the others that are free.
    fn free_places(&self, first: OwnedSemaphorePermit) -> Vec<OwnedSemaphorePermit> {
        let mut places = vec![first];
        while places.len() < BATCH
            && let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
        {
            places.push(place);
        }
        places
    }

    async fn deliver(&self, claimed: Vec<Claimed>, places: Vec<OwnedSemaphorePermit>) {
        if claimed.len() == places.len() {
            self.more.notify_one();
        }
        for (claimed, place) in claimed.into_iter().zip(places) {
            // Fails when the backend is gone; then the job is dropped and so given back.
            let _ = self.out.send(Delivery { claimed, place }).await;
        }
    }

    /// Resolves when a limit opens by itself; never when none is closed.
    async fn opening(&self) -> BoxFuture<'static, ()> {
        match self.handle.opens_at(&self.queue).await {
            Some(at) => self.handle.queue().clock().wait_until(at),
            None => Box::pin(std::future::pending()),
        }
    }

    async fn free_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Waits until there is work, and claims up to `limit` jobs of it; none when told to stop.
    async fn claim(&mut self, limit: usize, stop: &CancellationToken) -> Option<Vec<Claimed>> {
        let mut pause = Pause::new();
        while !stop.is_cancelled() {
            // News from here on is not missed, even if it comes before we wait for it.
            self.work.borrow_and_update();
            match self.handle.claim(&self.queue, limit).await {
                Ok(claimed) if claimed.is_empty() => {
                    let opening = self.opening().await;
                    let news = async {
                        tokio::select! {
                            _ = tokio::time::timeout(self.poll, self.work.changed()) => {}
                            () = opening => {}
                        }
                    };
                    stop.run_until_cancelled(news).await;
                }
                Ok(claimed) => return Some(claimed),
                Err(error) => {
                    tracing::warn!(%error, queue = %self.queue, "a claim failed");
                    stop.run_until_cancelled(pause.wait()).await;
                }
            }
        }
        None
    }
}
