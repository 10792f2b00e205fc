//! Where more mastering targets are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The file that extends the built-in mastering targets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TargetFile {
    /// A TOML file, or empty for the built-in targets only.
    pub file: PathBuf,
}
