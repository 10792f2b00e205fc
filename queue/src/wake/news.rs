//! What one transaction, or a batch of them, changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::JobId;
use crate::lane::Head;

/// Above so many jobs, news says that any job may have changed. It keeps a message well under
/// PostgreSQL's limit of 8,000 bytes.
const NAMED_JOBS: usize = 80;
/// Above so many lanes, news says that any lane may have work.
const NAMED_LANES: usize = 8;
/// Above so many keys, news says that any limit may have room.
const NAMED_FREED: usize = 8;
/// A limit key that is longer is not named, nor its lane.
const NAMED_KEY_BYTES: usize = 64;

/// Where jobs began to wait in one queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The lanes.
    #[serde(rename = "h", default, skip_serializing_if = "Vec::is_empty")]
    pub heads: Vec<Head>,
    /// There may be more lanes: whoever claims looks at the table.
    #[serde(rename = "m", default, skip_serializing_if = "std::ops::Not::not")]
    pub look: bool,
}

impl Work {
    pub(crate) fn add(&mut self, head: Head, most: usize) {
        let known = self.heads.iter_mut().find(|known| known.lane == head.lane);
        if let Some(known) = known {
            known.run_at = known.run_at.min(head.run_at);
        } else if self.heads.len() < most {
            self.heads.push(head);
        } else {
            self.look = true;
        }
    }
}

/// Which limits have room again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Freed {
    /// Those of these keys.
    #[serde(rename = "k", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub keys: BTreeSet<String>,
    /// Any limit may.
    #[serde(rename = "a", default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
}

impl Freed {
    pub(crate) fn contains(&self, key: &str) -> bool {
        self.all || self.keys.contains(key)
    }

    fn add(&mut self, key: &str) {
        if key.len() <= NAMED_KEY_BYTES && self.keys.len() < NAMED_FREED {
            self.keys.insert(key.to_owned());
        } else if !self.keys.contains(key) {
            self.all = true;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.keys.is_empty()
    }
}

/// News. Its JSON is what travels between processes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct News {
    /// Queues in which jobs began to wait.
    #[serde(rename = "q", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub queues: BTreeMap<String, Work>,
    /// Jobs that changed.
    #[serde(rename = "j", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub jobs: BTreeSet<JobId>,
    /// Any job may have changed.
    #[serde(rename = "all", default, skip_serializing_if = "std::ops::Not::not")]
    pub any_job: bool,
    /// Limits that have room again.
    #[serde(rename = "f", default, skip_serializing_if = "Freed::is_empty")]
    pub freed: Freed,
    /// A running job was asked to stop.
    #[serde(rename = "c", default, skip_serializing_if = "std::ops::Not::not")]
    pub cancels: bool,
    /// A job was scheduled.
    #[serde(rename = "d", default, skip_serializing_if = "std::ops::Not::not")]
    pub due: bool,
    /// The process that tells, which need not hear it.
    #[serde(rename = "o", default)]
    pub origin: uuid::Uuid,
}

impl News {
    /// A job began to wait.
    pub(crate) fn work(&mut self, queue: String, head: Head) {
        let named: usize = self.queues.values().map(|work| work.heads.len()).sum();
        let key = head.lane.limit_key.as_ref().map_or(0, String::len);
        let most = if named < NAMED_LANES && key <= NAMED_KEY_BYTES {
            NAMED_LANES
        } else {
            0
        };
        self.queues.entry(queue).or_default().add(head, most);
    }

    /// Jobs may have begun to wait, in whatever lane.
    pub(crate) fn look(&mut self, queue: String) {
        self.queues.entry(queue).or_default().look = true;
    }

    pub(crate) fn job(&mut self, id: JobId) {
        if !self.any_job && self.jobs.len() < NAMED_JOBS {
            self.jobs.insert(id);
        } else {
            self.any_job = true;
            self.jobs.clear();
        }
    }

    /// The limit of `key` has room again.
    pub(crate) fn free(&mut self, key: &str) {
        self.freed.add(key);
    }

    /// Any limit may have room again.
    pub(crate) fn free_all(&mut self) {
        self.freed.all = true;
    }

    pub(crate) fn cancel(&mut self) {
        self.cancels = true;
    }

    pub(crate) fn due(&mut self) {
        self.due = true;
    }

    /// Adds what `other` tells.
    pub(crate) fn merge(&mut self, other: Self) {
        for (queue, work) in other.queues {
            if work.look {
                self.look(queue.clone());
            }
            for head in work.heads {
                self.work(queue.clone(), head);
            }
        }
        if other.any_job {
            self.any_job = true;
            self.jobs.clear();
        }
        for id in other.jobs {
            self.job(id);
        }
        for key in &other.freed.keys {
            self.free(key);
        }
        self.freed.all |= other.freed.all;
        self.cancels |= other.cancels;
        self.due |= other.due;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queues.is_empty()
            && self.jobs.is_empty()
            && !self.any_job
            && self.freed.is_empty()
            && !self.cancels
            && !self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{Lane, LaneId};

    fn head(number: u128, key: &str) -> Head {
        let tenant_id = Some(uuid::Uuid::from_u128(number));
        Head {
            lane: Lane {
                priority: 5,
                id: LaneId::of(tenant_id, Some(key)),
                tenant_id,
                limit_key: Some(key.to_owned()),
            },
            run_at: db::Time::from_micros(1_700_000_000_000_000),
        }
    }

    #[test]
    fn news_of_very_many_jobs_stays_small() {
        let mut news = News::default();
        for _ in 0..5000 {
            news.job(JobId::new());
        }
        let mut few = News::default();
        for _ in 0..NAMED_JOBS {
            few.job(JobId::new());
        }
        assert!(few.jobs.len() == NAMED_JOBS && !few.any_job);
        for lane in 0..100 {
            // As long as it gets when it is written.
            let key = format!("{lane:04}{}", "\"".repeat(NAMED_KEY_BYTES - 4));
            few.work("q".into(), head(lane, &key));
            few.free(&key);
            few.work("other".into(), head(lane, &"x".repeat(NAMED_KEY_BYTES + 1)));
        }
        assert!(few.freed.keys.len() == NAMED_FREED && few.freed.all);
        let queues = &few.queues;
        assert!(queues.values().all(|work| work.look));
        assert!(queues.values().map(|work| work.heads.len()).sum::<usize>() == NAMED_LANES);
        assert!(serde_json::to_string(&few).unwrap().len() < 7_900);
        assert!(news.any_job && news.jobs.is_empty());
        few.merge(news);
        assert!(few.any_job && few.jobs.is_empty());
    }
}
