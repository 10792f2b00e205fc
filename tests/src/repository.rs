//! Where the repository is.

use std::path::{Path, PathBuf};

/// The repository's root folder.
///
/// # Panics
/// When this crate was moved out of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}
