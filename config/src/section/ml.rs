//! What runs model files.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds, within};

/// The runtime of model files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ml {
    /// Which of the two.
    pub runtime: MlRuntime,
    /// ONNX Runtime's library, for [`MlRuntime::Native`].
    pub library: PathBuf,
    /// Memory for loaded models, MiB.
    pub cache_mib: u32,
    /// How much of it is one artist's at most, MiB.
    pub artist_cache_mib: u32,
}

/// A runtime of model files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MlRuntime {
    /// The one in Rust that is compiled in.
    Tract,
    /// ONNX Runtime, a library of its own.
    Native,
}

impl Ml {
    /// The library to open; none for the runtime that is compiled in.
    pub fn native_library(&self) -> Option<&Path> {
        (self.runtime == MlRuntime::Native).then_some(self.library.as_path())
    }

    /// Memory for loaded models, bytes.
    pub fn cache_bytes(&self) -> usize {
        bytes(self.cache_mib)
    }

    /// How much of it is one artist's at most, bytes.
    pub fn artist_cache_bytes(&self) -> usize {
        bytes(self.artist_cache_mib)
    }

    pub(crate) fn validate(&self) -> Result<(), Broken> {
        within("ml.cache_mib", self.cache_mib, 8..=65_536)?;
        within(
            "ml.artist_cache_mib",
            self.artist_cache_mib,
            1..=self.cache_mib,
        )?;
        rule_holds(
            "ml.library",
            self.runtime == MlRuntime::Tract || !self.library.as_os_str().is_empty(),
            "must name the library when ml.runtime is native",
        )
    }
}

fn bytes(mib: u32) -> usize {
    usize::try_from(u64::from(mib) << 20).unwrap_or(usize::MAX)
}
