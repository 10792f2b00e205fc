//! Loaded versions, kept while there is room: bounded in bytes over all and for each tenant, and
//! loaded by one caller at a time, whom the others wait for.
//!
//! What is kept under a key is what was loaded for that key; a version never changes, so nothing
//! kept is ever stale. Letting go of it when an alias moves only makes room.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::kept::Kept;
use super::key::Key;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Bytes over all.
    pub bytes: usize,
    /// Bytes of one tenant: however much it asks for, it pushes out no more of others'.
    pub tenant_bytes: usize,
}

/// How much is kept now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Values.
    pub values: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// Values by tenant, model and version.
#[derive(Debug)]
pub struct Cache<V> {
    limits: CacheLimits,
    state: Mutex<State<V>>,
}

#[derive(Debug)]
struct State<V> {
    kept: Kept<V>,
    /// Loads that go on, and that nobody has disowned since.
    flights: HashMap<Key, Arc<Flight<V>>>,
}

/// A load that goes on.
#[derive(Debug)]
struct Flight<V> {
    outcome: Mutex<Outcome<V>>,
    ended: Condvar,
}

#[derive(Debug)]
enum Outcome<V> {
    Open,
    Loaded(Arc<V>),
    Failed,
}

impl<V> Cache<V> {
    /// An empty cache.
    pub fn new(limits: CacheLimits) -> Self {
        Self {
            limits,
            state: Mutex::new(State {
                kept: Kept::default(),
                flights: HashMap::new(),
            }),
        }
    }

    /// The value of a key. When it is not kept, `load` brings it with its size in bytes; of many
    /// callers at once one loads, and the others wait. When that one fails or panics, the next
    /// tries with its own `load`: nobody is told of another's failure.
    ///
    /// It blocks: call it off the async threads.
    ///
    /// # Errors
    ///
    /// Those of `load`.
    pub fn get<E>(
        &self,
        key: &Key,
        load: impl FnOnce() -> Result<(V, usize), E>,
    ) -> Result<Arc<V>, E> {
        loop {
            let flight = {
                let mut state = self.state();
                if let Some(value) = state.kept.ask(key) {
                    return Ok(value);
                }
                if let Some(flight) = state.flights.get(key) {
                    Arc::clone(flight)
                } else {
                    let flight = Arc::new(Flight::open());
                    state.flights.insert(key.clone(), Arc::clone(&flight));
                    drop(state);
                    let leading = Leading {
                        cache: self,
                        key,
                        flight,
                    };
                    let (value, bytes) = load()?;
                    return Ok(leading.land(value, bytes));
                }
            };
            if let Some(value) = flight.wait() {
                return Ok(value);
            }
        }
    }

    /// The value of a key, if it is kept. It does not block.
    pub fn at_hand(&self, key: &Key) -> Option<Arc<V>> {
        self.state().kept.ask(key)
    }

    /// Lets go of all versions of a tenant's model, as when an alias of it moved. Loads that go on
    /// are answered, and what they bring is not kept.
    pub fn forget_model(&self, tenant: &str, model: &str) {
        self.forget(tenant, |key| *key.model == *model);
    }

    /// Lets go of everything of a tenant's, as when it is erased. Loads that go on are answered,
    /// and what they bring is not kept.
    pub fn forget_tenant(&self, tenant: &str) {
        self.forget(tenant, |_| true);
    }

    fn forget(&self, tenant: &str, which: impl Fn(&Key) -> bool) {
        let mut state = self.state();
        let out = state.kept.forget(tenant, &which);
        state
            .flights
            .retain(|key, _| *key.tenant != *tenant || !which(key));
        drop(state);
        drop(out);
    }

    /// How much is kept.
    pub fn held(&self) -> Held {
        let state = self.state();
        Held {
            values: state.kept.len(),
            bytes: state.kept.bytes(),
        }
    }

    /// How much is kept of a tenant's.
    pub fn held_of(&self, tenant: &str) -> Held {
        let (bytes, values) = self.state().kept.of_tenant(tenant);
        Held { values, bytes }
    }

    /// Nothing that may panic runs under this lock, so its state is sound even if something did.
    fn state(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Flight<V> {
    fn open() -> Self {
        Self {
            outcome: Mutex::new(Outcome::Open),
            ended: Condvar::new(),
        }
    }

    /// Waits for the end: the value, or none when the load failed.
    fn wait(&self) -> Option<Arc<V>> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*outcome {
                Outcome::Loaded(value) => return Some(Arc::clone(value)),
                Outcome::Failed => return None,
                Outcome::Open => {
                    let waited = self.ended.wait(outcome);
                    outcome = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn end(&self, end: Outcome<V>) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*outcome, Outcome::Open) {
            *outcome = end;
        }
        self.ended.notify_all();
    }
}

/// The caller who loads. Dropped before it landed, by an error or a panic, it lets the next try.
struct Leading<'a, V> {
    cache: &'a Cache<V>,
    key: &'a Key,
    flight: Arc<Flight<V>>,
}

impl<V> Leading<'_, V> {
    /// Keeps what was loaded, unless the load was disowned meanwhile, and gives it to all who wait.
    fn land(self, value: V, bytes: usize) -> Arc<V> {
        let value = Arc::new(value);
        let mut state = self.cache.state();
        let out = if self.is_own(&state) {
            state.flights.remove(self.key);
            let kept = Arc::clone(&value);
            state.kept.keep(self.key, kept, bytes, self.cache.limits)
        } else {
            Vec::new()
        };
        drop(state);
        drop(out);
        self.flight.end(Outcome::Loaded(Arc::clone(&value)));
        value
    }

    /// Whether this is the load that new callers wait for.
    fn is_own(&self, state: &State<V>) -> bool {
        let current = state.flights.get(self.key);
        current.is_some_and(|current| Arc::ptr_eq(current, &self.flight))
    }
}

impl<V> Drop for Leading<'_, V> {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        if self.is_own(&state) {
            state.flights.remove(self.key);
        }
        drop(state);
        self.flight.end(Outcome::Failed);
    }
}
