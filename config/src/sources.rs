//! Where settings may come from in one start of the program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that names a configuration file.
const FILE_VARIABLE: &str = "MAXBOOSTER_CONFIG";
/// The file that is read when it is there and no other is named.
const USUAL_FILE: &str = "maxbooster.toml";

/// Everything that [`crate::Config::load`] may look at.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file named on the command line.
    pub file: Option<PathBuf>,
    /// The environment, as pairs of name and value.
    pub env: Vec<(OsString, OsString)>,
    /// Where relative paths start.
    pub working_dir: PathBuf,
}

impl Sources {
    /// The sources of the running process, with the file named on its command line.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        Self {
            file,
            env: std::env::vars_os().collect(),
            // An empty path leaves relative paths to the system, which is the same folder.
            working_dir: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// The file to read, if any. A file that was named must exist; the usual one may be missing.
    pub(crate) fn chosen_file(&self) -> Option<PathBuf> {
        if let Some(path) = &self.file {
            return Some(self.resolve(path));
        }
        let variable = self.env.iter().find(|(name, _)| name == FILE_VARIABLE);
        if let Some((_, path)) = variable.filter(|(_, path)| !path.is_empty()) {
            return Some(self.resolve(Path::new(path)));
        }
        Some(self.working_dir.join(USUAL_FILE)).filter(|path| path.exists())
    }

    /// A path as seen from the working directory.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.working_dir.join(path)
    }
}
