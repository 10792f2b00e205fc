//! The cache's book: what is held, for whom, and what was asked for longest ago.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::cache::CacheLimits;
use super::key::Key;

/// One value.
#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    bytes: usize,
    /// When it was last asked for, in asks.
    asked: u64,
}

/// What one tenant holds.
#[derive(Debug, Default)]
struct Share {
    bytes: usize,
    /// Its keys, the one asked for longest ago first.
    order: BTreeMap<u64, Key>,
}

/// All values and their order. Whatever is taken out is handed back, so that it can be dropped where
/// nobody waits for that.
#[derive(Debug)]
pub struct Kept<V> {
    entries: HashMap<Key, Entry<V>>,
    order: BTreeMap<u64, Key>,
    shares: HashMap<Arc<str>, Share>,
    bytes: usize,
    asks: u64,
}

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            shares: HashMap::new(),
            bytes: 0,
            asks: 0,
        }
    }
}

impl<V> Kept<V> {
    /// Bytes of all values.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes and number of a tenant's values.
    pub fn of_tenant(&self, tenant: &str) -> (usize, usize) {
        let share = self.shares.get(tenant);
        share.map_or((0, 0), |share| (share.bytes, share.order.len()))
    }

    /// The value, which is now the one asked for last.
    pub fn ask(&mut self, key: &Key) -> Option<Arc<V>> {
        let entry = self.entries.get_mut(key)?;
        self.asks += 1;
        let before = std::mem::replace(&mut entry.asked, self.asks);
        self.order.remove(&before);
        self.order.insert(self.asks, key.clone());
        if let Some(share) = self.shares.get_mut(&key.tenant) {
            share.order.remove(&before);
            share.order.insert(self.asks, key.clone());
        }
        Some(Arc::clone(&entry.value))
    }

    /// Keeps a value of so many bytes, and lets go of others until all limits hold: the tenant's
    /// own first, so that a tenant pays for what it asks. One that is larger than a limit is not
    /// kept.
    pub fn keep(
        &mut self,
        key: &Key,
        value: Arc<V>,
        bytes: usize,
        limits: CacheLimits,
    ) -> Vec<Arc<V>> {
        let mut out: Vec<Arc<V>> = self.remove(key).into_iter().collect();
        if bytes > limits.bytes.min(limits.tenant_bytes) {
            return out;
        }
        while self.of_tenant(&key.tenant).0 + bytes > limits.tenant_bytes {
            let share = self.shares.get(&key.tenant);
            let oldest = share.and_then(|share| share.order.values().next().cloned());
            out.extend(oldest.and_then(|oldest| self.remove(&oldest)));
        }
        while self.bytes + bytes > limits.bytes {
            let oldest = self.order.values().next().cloned();
            out.extend(oldest.and_then(|oldest| self.remove(&oldest)));
        }
        self.asks += 1;
        self.bytes += bytes;
        self.order.insert(self.asks, key.clone());
        let share = self.shares.entry(Arc::clone(&key.tenant)).or_default();
        share.bytes += bytes;
        share.order.insert(self.asks, key.clone());
        let asked = self.asks;
        let entry = Entry {
            value,
            bytes,
            asked,
        };
        self.entries.insert(key.clone(), entry);
        out
    }

    /// Lets go of a tenant's values for which `which` holds.
    pub fn forget(&mut self, tenant: &str, which: impl Fn(&Key) -> bool) -> Vec<Arc<V>> {
        let share = self.shares.get(tenant);
        let keys = share.map(|share| share.order.values());
        let keys: Vec<Key> = keys
            .into_iter()
            .flatten()
            .filter(|key| which(key))
            .cloned()
            .collect();
        keys.iter().filter_map(|key| self.remove(key)).collect()
    }

    fn remove(&mut self, key: &Key) -> Option<Arc<V>> {
        let entry = self.entries.remove(key)?;
        self.bytes -= entry.bytes;
        self.order.remove(&entry.asked);
        if let Some(share) = self.shares.get_mut(&key.tenant) {
            share.bytes -= entry.bytes;
            share.order.remove(&entry.asked);
            if share.order.is_empty() {
                self.shares.remove(&key.tenant);
            }
        }
        Some(entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::Version;
    use super::*;

    const LIMITS: CacheLimits = CacheLimits {
        bytes: 10,
        tenant_bytes: 6,
    };

    fn key(tenant: &str, version: u8) -> Key {
        Key::new(tenant, "model", Version::of(&[version]))
    }

    fn keep(kept: &mut Kept<u8>, tenant: &str, version: u8, bytes: usize) -> Vec<u8> {
        let out = kept.keep(&key(tenant, version), Arc::new(version), bytes, LIMITS);
        out.iter().map(|value| **value).collect()
    }

    #[test]
    fn a_tenant_makes_room_for_itself_before_others_do() {
        let mut kept = Kept::default();
        keep(&mut kept, "quiet", 1, 3);
        keep(&mut kept, "greedy", 2, 3);
        keep(&mut kept, "greedy", 3, 3);
        assert_eq!(keep(&mut kept, "greedy", 4, 3), [2]);
        assert_eq!(keep(&mut kept, "greedy", 5, 6), [3, 4]);
        assert!(kept.ask(&key("quiet", 1)).is_some());
        assert_eq!((kept.bytes(), kept.of_tenant("greedy")), (9, (6, 1)));
    }

    #[test]
    fn what_was_asked_for_longest_ago_goes_first() {
        let mut kept = Kept::default();
        keep(&mut kept, "a", 1, 5);
        keep(&mut kept, "b", 2, 5);
        assert_eq!(kept.ask(&key("a", 1)).as_deref(), Some(&1));
        assert_eq!(keep(&mut kept, "c", 3, 4), [2]);
        assert!(kept.ask(&key("b", 2)).is_none());
    }

    #[test]
    fn what_fits_in_no_limit_is_not_kept_and_pushes_nothing_out() {
        let mut kept = Kept::default();
        keep(&mut kept, "a", 1, 5);
        assert!(keep(&mut kept, "a", 2, 7).is_empty());
        assert_eq!((kept.len(), kept.bytes()), (1, 5));
    }

    #[test]
    fn nothing_is_left_of_a_tenant_that_was_forgotten() {
        let mut kept = Kept::default();
        keep(&mut kept, "a", 1, 2);
        keep(&mut kept, "a", 2, 2);
        keep(&mut kept, "b", 1, 2);
        assert_eq!(kept.forget("a", |_| true).len(), 2);
        assert_eq!((kept.of_tenant("a"), kept.len()), ((0, 0), 1));
        assert!(kept.shares.len() == 1 && kept.order.len() == 1);
    }
}
