//! The world outside, which does whatever it is asked to, however often, and what the simulation
//! knows that no process does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use queue::JobId;

/// Shared by all processes of one simulation. Cloning it shares it.
#[derive(Debug, Clone, Default)]
pub struct World(Rc<RefCell<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    posts: HashMap<String, u32>,
    /// Requests that were begun and can still arrive.
    on_their_way: HashMap<String, u32>,
    /// Bodies that may still begin one.
    bodies: HashMap<JobId, u32>,
    /// Enqueues that were answered well.
    acknowledged: BTreeSet<JobId>,
    /// Jobs of transactions that were rolled back.
    refused: BTreeSet<JobId>,
    tags: u64,
    counts: BTreeMap<String, u64>,
    breaches: Vec<String>,
}

/// A request on its way, until it has arrived or its process is gone.
pub struct OnItsWay(World, String);

/// A body, until it has ended or its process is gone.
pub struct Alive(World, JobId);

impl World {
    pub fn count(&self, what: &str) {
        let mut inner = self.0.borrow_mut();
        *inner.counts.entry(what.to_owned()).or_default() += 1;
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.borrow().counts.clone()
    }

    pub fn breach(&self, what: String) {
        self.0.borrow_mut().breaches.push(what);
    }

    pub fn breaches(&self) -> Vec<String> {
        self.0.borrow().breaches.clone()
    }

    /// A new attempt's own mark on whatever it writes.
    pub fn tag(&self) -> String {
        let mut inner = self.0.borrow_mut();
        inner.tags += 1;
        format!("#{}", inner.tags)
    }

    pub fn send(&self, token: &str) -> OnItsWay {
        let mut inner = self.0.borrow_mut();
        *inner.on_their_way.entry(token.to_owned()).or_default() += 1;
        OnItsWay(self.clone(), token.to_owned())
    }

    pub fn happened(&self, token: &str) -> bool {
        self.0.borrow().posts.contains_key(token)
    }

    /// Whether it may still happen.
    pub fn is_on_its_way(&self, token: &str) -> bool {
        let inner = self.0.borrow();
        inner
            .on_their_way
            .get(token)
            .is_some_and(|count| *count > 0)
    }

    pub fn body(&self, job: JobId) -> Alive {
        let mut inner = self.0.borrow_mut();
        *inner.bodies.entry(job).or_default() += 1;
        Alive(self.clone(), job)
    }

    pub fn bodies(&self, job: JobId) -> u32 {
        self.0.borrow().bodies.get(&job).copied().unwrap_or(0)
    }

    pub fn acknowledge(&self, job: JobId) {
        self.0.borrow_mut().acknowledged.insert(job);
    }

    pub fn refuse(&self, job: JobId) {
        self.0.borrow_mut().refused.insert(job);
    }

    pub fn acknowledged(&self) -> BTreeSet<JobId> {
        self.0.borrow().acknowledged.clone()
    }

    pub fn refused(&self) -> BTreeSet<JobId> {
        self.0.borrow().refused.clone()
    }
}

impl OnItsWay {
    /// It happens, and is recognised as no repetition of anything.
    pub fn arrive(&self) {
        let Self(world, token) = self;
        let posts = {
            let mut inner = world.0.borrow_mut();
            let posts = inner.posts.entry(token.clone()).or_default();
            *posts += 1;
            *posts
        };
        world.count("effects");
        if posts > 1 {
            world.breach(format!("the effect {token} happened {posts} times"));
        }
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        let mut inner = self.0.0.borrow_mut();
        if let Some(count) = inner.on_their_way.get_mut(&self.1) {
            *count -= 1;
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut inner = self.0.0.borrow_mut();
        if let Some(count) = inner.bodies.get_mut(&self.1) {
            *count -= 1;
        }
    }
}
