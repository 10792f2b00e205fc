//! What runs model files.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds};

/// The runtime of model files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ml {
    /// Which of the two.
    pub runtime: MlRuntime,
    /// ONNX Runtime's library, for [`MlRuntime::Native`].
    pub library: PathBuf,
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

    pub(crate) fn validate(&self) -> Result<(), Broken> {
        rule_holds(
            "ml.library",
            self.runtime == MlRuntime::Tract || !self.library.as_os_str().is_empty(),
            "must name the library when ml.runtime is native",
        )
    }
}
