//! What the attempts at one job leave each other on this machine's disk.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use audio::{Scratch, Workspace};
use tempfile::NamedTempFile;

/// Begins the name of a file that is not whole yet.
const UNFINISHED: &str = "part-";

/// A folder of the job's own. It outlives this value, so that the next attempt finds what was
/// sealed; whoever ends the job [removes](Self::remove) it, or the sweep of working folders does.
pub struct Kept {
    folder: PathBuf,
    unfinished: HashMap<String, NamedTempFile>,
}

impl Kept {
    /// The folder, without what a killed attempt left half written. An attempt that lost its
    /// lease may still be at work there: it loses its files, and its result nobody wants.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                // Another attempt may clear up at the same time.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self {
            folder,
            unfinished: HashMap::new(),
        })
    }

    /// Whether an earlier attempt sealed anything.
    pub fn holds_anything(&self) -> io::Result<bool> {
        Ok(fs::read_dir(&self.folder)?.next().transpose()?.is_some())
    }

    /// Removes everything: there will be no other attempt.
    pub fn remove(folder: &Path) {
        if let Err(error) = fs::remove_dir_all(folder) {
            tracing::warn!(%error, "a job's working folder was left behind");
        }
    }
}

impl Workspace for Kept {
    fn scratch(&mut self, name: &str) -> io::Result<Box<dyn Scratch>> {
        let file = NamedTempFile::with_prefix_in(UNFINISHED, &self.folder)?;
        let handle = file.reopen()?;
        self.unfinished.insert(name.to_owned(), file);
        Ok(Box::new(handle))
    }

    fn seal(&mut self, name: &str) -> io::Result<()> {
        let file = self.unfinished.remove(name).ok_or_else(|| {
            let words = format!("there is no scratch space {name}");
            io::Error::new(io::ErrorKind::NotFound, words)
        })?;
        // The name must not be there before the bytes are.
        file.as_file().sync_data()?;
        file.persist(self.folder.join(name))?;
        Ok(())
    }

    fn recall(&mut self, name: &str) -> io::Result<Option<Box<dyn Scratch>>> {
        match File::open(self.folder.join(name)) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn what_was_sealed_is_found_by_the_next_attempt_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().to_owned();
        let mut first = Kept::open(folder.clone()).unwrap();
        first.scratch("whole").unwrap().write_all(b"all").unwrap();
        first.seal("whole").unwrap();
        first.scratch("half").unwrap().write_all(b"ha").unwrap();
        // A killed process drops nothing.
        std::mem::forget(first);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);

        let mut second = Kept::open(folder.clone()).unwrap();
        assert!(second.holds_anything().unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        let mut bytes = Vec::new();
        let mut found = second.recall("whole").unwrap().unwrap();
        found.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"all");
        assert!(second.recall("half").unwrap().is_none());
        assert!(second.seal("half").is_err());
        Kept::remove(&folder);
        assert!(!folder.exists());
    }
}
