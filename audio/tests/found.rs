//! Damaged files that the fuzzer kept: each is refused with a code, or decoded, analysed and
//! mastered without a fault.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "support for tests: a panic here is a failed test"
)]

mod checks;
mod signals;

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Most time of a processor for one file; those that are here need far less.
const SLOWEST: Duration = Duration::from_secs(20);

/// Most memory for all of them, in kB as Linux counts it.
const MOST_KB: u64 = 600 * 1024;

/// Panics in code that is written here, which the shield around decoders would hide.
static OURS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn whatever_the_fuzzer_found_is_survived_in_time_and_memory() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if checks::is_ours(panic) {
            OURS.lock().unwrap().push(panic.to_string());
            usual(panic);
        }
    }));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/found");
    let mut files = 0;
    let mut faults = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let file = std::fs::read(&path).unwrap();
        let began = busy();
        let outcome = std::panic::catch_unwind(|| {
            if let Some(whole) = checks::analyse(&file) {
                checks::mastered(&file, &whole);
            }
        });
        let ours = std::mem::take(&mut *OURS.lock().unwrap());
        let elapsed = busy().saturating_sub(began);
        if outcome.is_err() || !ours.is_empty() || elapsed >= SLOWEST {
            faults.push(format!("{}: {elapsed:?} {ours:?}", path.display()));
        }
        files += 1;
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(files > 10, "{} holds {files} files", folder.display());
    if let Some(most) = most_resident_kb() {
        assert!(most < MOST_KB, "{most} kB");
    }
}

/// Time of a processor that this thread has had, whatever else the machine does; only Linux tells.
fn busy() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Most memory that this process has had; only Linux tells.
fn most_resident_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
