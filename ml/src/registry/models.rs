//! Versions ready to answer: loaded once, kept while there is room.

use std::sync::Arc;

use super::cache::{Cache, CacheLimits};
use super::key::Key;
use super::load::{Served, load};
use crate::MlError;
use crate::runtime::Runtime;

/// The versions of a process.
#[derive(Debug)]
pub struct Models {
    cache: Cache<Served>,
    runtime: Runtime,
}

impl Models {
    /// None is loaded yet.
    pub fn new(limits: CacheLimits, runtime: Runtime) -> Self {
        Self {
            cache: Cache::new(limits),
            runtime,
        }
    }

    /// The version that `key` names, if it is at hand. It does not block.
    pub fn at_hand(&self, key: &Key) -> Option<Arc<Served>> {
        let served = self.cache.at_hand(key);
        served.filter(|served| is_of(served, key))
    }

    /// What runs graphs.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The version that `key` names. When it is not at hand, `fetch` brings its bytes, and it is
    /// [`load`]ed; what does not load is not kept.
    ///
    /// # Errors
    ///
    /// Those of `fetch`, and of [`load`].
    pub fn serve<E: From<MlError>>(
        &self,
        key: &Key,
        fetch: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Arc<Served>, E> {
        let served = self.cache.get(key, || {
            let served = load(&fetch()?, key, &self.runtime)?;
            let bytes = served.bytes();
            Ok::<_, E>((served, bytes))
        })?;
        // What the cache holds under a key was loaded for that key; an answer is too dear to take
        // that on trust.
        if !is_of(&served, key) {
            return Err(MlError::ModelTenant.into());
        }
        Ok(served)
    }

    /// Where the versions are kept.
    pub fn cache(&self) -> &Cache<Served> {
        &self.cache
    }
}

fn is_of(served: &Served, key: &Key) -> bool {
    *served.metadata().tenant == *key.tenant && served.key() == key
}
