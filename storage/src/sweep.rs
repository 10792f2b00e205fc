//! Removing what killed processes have left in the spool.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Nothing that is still written to stays untouched for so long.
const STALE_AFTER: Duration = Duration::from_hours(24);
/// Only names that this crate gives are touched: the folder may hold other things.
const OURS: [&str; 3] = ["spool-", "work-", "put-"];

/// Deletes our files and folders in `dir` that were last changed more than a day before `now`.
pub(crate) fn stale(dir: &Path, now: SystemTime) -> io::Result<()> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if !OURS
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix))
        {
            continue;
        }
        // Another process may sweep at the same time; what is gone is gone.
        let Ok(meta) = entry.metadata() else { continue };
        let age = meta
            .modified()
            .ok()
            .and_then(|at| now.duration_since(at).ok());
        if age.is_none_or(|age| age < STALE_AFTER) {
            continue;
        }
        let removed = if meta.is_dir() {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_and_old_files_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str| std::fs::write(dir.path().join(name), "x").unwrap();
        make("spool-a");
        make("mine.txt");
        std::fs::create_dir(dir.path().join("work-b")).unwrap();
        let left = || std::fs::read_dir(dir.path()).unwrap().count();
        stale(dir.path(), SystemTime::now()).unwrap();
        assert_eq!(left(), 3);
        stale(dir.path(), SystemTime::now() + 2 * STALE_AFTER).unwrap();
        assert_eq!(left(), 1);
        assert!(dir.path().join("mine.txt").exists());
    }
}
