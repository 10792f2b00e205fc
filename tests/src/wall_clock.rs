//! The wall clock of processes, set to whatever time a test needs; waits keep the true one.

#![expect(
    clippy::expect_used,
    reason = "what can't be set up must fail the test loudly"
)]

use std::path::{Path, PathBuf};

/// A wall clock that stands beside the true one.
pub struct WallClock(PathBuf);

impl WallClock {
    /// One that shows the true time until it is set. Its file lies in `folder`.
    pub fn new(folder: &Path) -> Self {
        let clock = Self(folder.join("wall-clock"));
        clock.set(0);
        clock
    }

    /// Sets it so many seconds beside the true time, for processes that run and those that start.
    pub fn set(&self, seconds: i64) {
        // In one step, so that nobody reads half a number.
        let next = self.0.with_extension("next");
        std::fs::write(&next, format!("{seconds:+}")).expect("a folder to write to");
        std::fs::rename(&next, &self.0).expect("the clock's file");
    }

    /// The environment of a process that goes by it.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        let library = libfaketime().expect("libfaketime, which test.sh installs");
        [
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.0.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}

/// Debian's, for whichever architecture.
fn libfaketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    let files =
        folders.filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketime.so.1")));
    files.into_iter().find(|file| file.exists())
}
