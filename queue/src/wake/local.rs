//! Wake-ups within this process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;

use super::news::{Freed, News, Work};
use crate::JobId;

/// An inbox that nobody empties names no more lanes than this.
const INBOX: usize = 1000;

/// What concerns one queue.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) work: Work,
    /// Limits that have room again, of those that were awaited.
    pub(crate) freed: Freed,
}

#[derive(Debug, Default)]
struct Letters {
    told: Told,
    awaited: BTreeSet<String>,
}

/// What was told of one queue since it was last asked.
#[derive(Debug)]
pub(crate) struct Inbox {
    letters: Arc<Mutex<Letters>>,
}

impl Inbox {
    /// Empties it.
    pub(crate) fn take(&self) -> Told {
        std::mem::take(&mut open(&self.letters).told)
    }

    /// From now on it is told when limits of these keys have room, and of no others.
    pub(crate) fn await_keys(&self, keys: BTreeSet<String>) {
        open(&self.letters).awaited = keys;
    }
}

/// Who waits for work in one queue.
#[derive(Debug, Default)]
struct Listeners {
    moved: watch::Sender<u64>,
    inboxes: Vec<Weak<Mutex<Letters>>>,
}

impl Listeners {
    fn tell(&mut self, work: &Work) {
        self.each_inbox(|letters| {
            let told = &mut letters.told.work;
            told.look |= work.look;
            for head in &work.heads {
                told.add(head.clone(), INBOX);
            }
        });
        step(&self.moved);
    }

    /// Only those who wait for one of the keys are woken.
    fn tell_freed(&mut self, freed: &Freed) {
        let mut awaited = freed.all;
        self.each_inbox(|letters| {
            let told = &mut letters.told.freed;
            told.all |= freed.all;
            for key in freed.keys.intersection(&letters.awaited) {
                awaited = true;
                told.keys.insert(key.clone());
            }
        });
        if awaited {
            step(&self.moved);
        }
    }

    fn each_inbox(&mut self, mut tell: impl FnMut(&mut Letters)) {
        self.inboxes.retain(|inbox| {
            let inbox = inbox.upgrade();
            if let Some(inbox) = &inbox {
                tell(&mut open(inbox));
            }
            inbox.is_some()
        });
    }
}

/// Who waits for what. Each signal is a counter: a waiter that was busy sees that it moved.
#[derive(Debug, Default)]
pub(crate) struct Local {
    queues: Mutex<HashMap<String, Listeners>>,
    jobs: Mutex<HashMap<JobId, watch::Sender<u64>>>,
    due: watch::Sender<u64>,
    cancels: watch::Sender<u64>,
}

impl Local {
    /// Moves when jobs begin to wait in `queue`.
    pub(crate) fn work(&self, queue: &str) -> watch::Receiver<u64> {
        let mut queues = open(&self.queues);
        let listeners = queues.entry(queue.to_owned()).or_default();
        listeners.moved.subscribe()
    }

    /// Keeps what is told of `queue` from now on.
    pub(crate) fn inbox(&self, queue: &str) -> Inbox {
        let letters = Arc::default();
        let mut queues = open(&self.queues);
        let listeners = queues.entry(queue.to_owned()).or_default();
        listeners.inboxes.push(Arc::downgrade(&letters));
        Inbox { letters }
    }

    /// Moves when the job may have changed.
    pub(crate) fn job(&self, id: JobId) -> watch::Receiver<u64> {
        open(&self.jobs).entry(id).or_default().subscribe()
    }

    /// Forgets a job that nobody watches any more. Call it after dropping the receiver.
    pub(crate) fn forget(&self, id: JobId) {
        let mut jobs = open(&self.jobs);
        if jobs
            .get(&id)
            .is_some_and(|sender| sender.receiver_count() == 0)
        {
            jobs.remove(&id);
        }
    }

    /// Moves when a job was scheduled.
    pub(crate) fn due(&self) -> watch::Receiver<u64> {
        self.due.subscribe()
    }

    /// Moves when a running job was asked to stop.
    pub(crate) fn cancels(&self) -> watch::Receiver<u64> {
        self.cancels.subscribe()
    }

    /// Tells whoever waits.
    pub(crate) fn deliver(&self, news: &News) {
        if !news.queues.is_empty() {
            let mut queues = open(&self.queues);
            for (queue, work) in &news.queues {
                if let Some(listeners) = queues.get_mut(queue) {
                    listeners.tell(work);
                }
            }
        }
        if !news.freed.is_empty() {
            let mut queues = open(&self.queues);
            for listeners in queues.values_mut() {
                listeners.tell_freed(&news.freed);
            }
        }
        if news.any_job {
            open(&self.jobs).values().for_each(step);
        } else if !news.jobs.is_empty() {
            let jobs = open(&self.jobs);
            for sender in news.jobs.iter().filter_map(|id| jobs.get(id)) {
                step(sender);
            }
        }
        if news.due {
            step(&self.due);
        }
        if news.cancels {
            step(&self.cancels);
        }
    }

    /// Tells everyone: something changed, and nobody knows what.
    pub(crate) fn deliver_all(&self) {
        let any = Freed {
            all: true,
            ..Freed::default()
        };
        let look = Work {
            look: true,
            ..Work::default()
        };
        let mut queues = open(&self.queues);
        for listeners in queues.values_mut() {
            listeners.tell_freed(&any);
            listeners.tell(&look);
        }
        drop(queues);
        open(&self.jobs).values().for_each(step);
        step(&self.due);
        step(&self.cancels);
    }
}

fn step(sender: &watch::Sender<u64>) {
    sender.send_modify(|count| *count = count.wrapping_add(1));
}

/// The maps stay whole even when a holder panicked: every change to them is one call.
fn open<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
