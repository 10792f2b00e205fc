//! One simulated process: a runtime of its own that moves only while it is driven, so that it can
//! be frozen at any wait, and die there.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use db::{Kind, Pool, PoolOptions, Time};
use futures::future::LocalBoxFuture;
use queue::{Claimed, Clock as _, Options, Queue, QueueError, Retention, WorkerHandle};
use tokio::runtime::{Builder, Runtime};

use crate::clock::OwnClock;

pub const LEASE: Duration = Duration::from_secs(6);
pub const BEAT: Duration = Duration::from_secs(1);
pub const QUEUE: &str = "works";

/// Something a process does; what comes of it it notes itself.
pub struct Op {
    pub name: String,
    pub future: LocalBoxFuture<'static, ()>,
}

/// How far an op came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driven {
    Ended,
    /// Frozen at one of its waits.
    Waits,
}

pub struct Process {
    pub number: u32,
    pub clock: OwnClock,
    pub queue: Queue,
    pub worker: WorkerHandle,
    /// What it began and has not ended.
    pub ops: Vec<Op>,
    /// What it claimed and has not begun.
    pub hands: Rc<RefCell<Vec<Claimed>>>,
    runtime: Runtime,
    patience: Duration,
}

impl Process {
    /// None: it could not start, because another had the database locked, or it died before.
    pub fn start((url, kind): (&str, Kind), number: u32, now: Time, waits: u32) -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let clock = OwnClock::at(now);
        let (wait, patience) = match kind {
            Kind::Sqlite => (Duration::from_millis(5), Duration::from_secs(1)),
            Kind::Postgres => (Duration::from_millis(300), Duration::from_millis(150)),
        };
        let (url, own) = (url.to_owned(), clock.clone());
        let starting = async move {
            let pool = PoolOptions {
                max_connections: 2,
                wait,
                ..PoolOptions::default()
            };
            let pool = Pool::connect(&url, pool).await?;
            let queue = Queue::start(pool, options(own, number)).await?;
            let worker = queue.register(format!("process {number}"), [QUEUE]).await?;
            Ok::<_, QueueError>((queue, worker))
        };
        let mut starting = Box::pin(starting);
        let mut left = waits;
        let started = runtime.block_on(std::future::poll_fn(|cx| {
            match starting.as_mut().poll(cx) {
                Poll::Ready(Ok(started)) => Poll::Ready(Some(started)),
                Poll::Ready(Err(error)) => {
                    assert!(error.is_transient(), "it can't start: {error}");
                    Poll::Ready(None)
                }
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    Poll::Pending
                }
            }
        }));
        let Some((queue, worker)) = started else {
            {
                let _within = runtime.enter();
                drop(starting);
            }
            runtime.shutdown_background();
            return None;
        };
        drop(starting);
        Some(Self {
            number,
            clock,
            queue,
            worker,
            ops: Vec::new(),
            hands: Rc::default(),
            runtime,
            patience,
        })
    }

    /// Lets an op go on for so many waits.
    pub fn drive(&self, op: &mut Op, waits: u32) -> Driven {
        let mut left = waits;
        let driving = std::future::poll_fn(|cx| match op.future.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Driven::Ended),
            Poll::Pending if left == 0 => Poll::Ready(Driven::Waits),
            Poll::Pending => {
                left -= 1;
                Poll::Pending
            }
        });
        let patience = self.patience;
        let driven = self
            .runtime
            .block_on(async { tokio::time::timeout(patience, driving).await });
        driven.unwrap_or(Driven::Waits)
    }

    /// Notices the time and beats, late or not; true: its lease was renewed, or taken away and
    /// another opened.
    pub fn beat(&self) -> bool {
        let (before, id) = (self.worker.lease_until(), self.worker.id());
        if self.clock.now().since(before - LEASE) < BEAT {
            return false;
        }
        self.clock.wake();
        self.attend(|| self.worker.lease_until() != before || self.worker.id() != id)
    }

    /// Lets its background work go on until it is as `wanted`, or for a few milliseconds.
    pub fn attend(&self, wanted: impl Fn() -> bool) -> bool {
        self.runtime.block_on(async {
            for _ in 0..200 {
                if wanted() {
                    return true;
                }
                tokio::task::yield_now().await;
                std::thread::sleep(Duration::from_micros(50));
            }
            false
        })
    }

    /// Lets its background work go on a little.
    pub fn attend_briefly(&self) {
        self.runtime.block_on(async {
            tokio::task::yield_now().await;
            std::thread::sleep(Duration::from_micros(20));
            tokio::task::yield_now().await;
        });
    }

    /// It is gone, and everything in it: nothing of it is polled again.
    pub fn die(self) {
        let Self {
            queue,
            worker,
            ops,
            hands,
            runtime,
            ..
        } = self;
        {
            let _within = runtime.enter();
            drop((ops, hands, worker, queue));
        }
        runtime.shutdown_background();
    }
}

fn options(clock: OwnClock, number: u32) -> Options {
    let kept = Some(Duration::from_mins(30));
    Options {
        lease: LEASE,
        beat: BEAT,
        poll: Duration::from_hours(1),
        clock: Some(Arc::new(clock)),
        seed: number.into(),
        retention: Retention {
            done: kept,
            cancelled: kept,
            dead: None,
        },
        ..Options::default()
    }
}
