//! A long track is mastered in bounded memory: nothing of it is held as a whole.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is not as it should be must fail the test loudly"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::memory::{MIB_IN_KIB, peak_kib};
use support::music::{Music, wav_16};
use support::program::binary;
use support::site::Site;

/// An hour takes too long for every run of all tests; memory that grew with the length would show
/// in this too.
const MINUTES: u32 = 10;
const TAKES_AT_MOST: Duration = Duration::from_mins(10);

/// The same minute over and over.
fn write_track(path: &Path) -> std::io::Result<()> {
    let minute = Music::of_seconds(60.0).wav();
    let sound = &minute[44..];
    let data_bytes = u32::try_from(sound.len()).unwrap_or(u32::MAX) * MINUTES;
    let mut head = wav_16(44_100, 2, &[]);
    head[4..8].copy_from_slice(&(data_bytes + 36).to_le_bytes());
    head[40..44].copy_from_slice(&data_bytes.to_le_bytes());
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&head)?;
    for _ in 0..MINUTES {
        file.write_all(sound)?;
    }
    file.flush()
}

/// Waits for the end; the peak only ever grows, so that looking now and then finds it.
fn watched(mut child: Child) -> (ExitStatus, u64) {
    let until = Instant::now() + TAKES_AT_MOST;
    let mut peak = 0;
    loop {
        peak = peak_kib(child.id()).unwrap_or(peak);
        if let Some(status) = child.try_wait().expect("its status") {
            return (status, peak);
        }
        if Instant::now() > until {
            child.kill().expect("it can be killed");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_long_track_is_mastered_in_bounded_memory_and_to_its_target() {
    let site = Site::sqlite();
    let folder = site.folder();
    write_track(&folder.join("long.wav")).expect("a file can be written");
    let child = Command::new(binary())
        .args(["master", "long.wav", "-o", "master.flac"])
        .args(["--target", "spotify", "--report", "report.json"])
        .current_dir(folder)
        .spawn()
        .expect("the program starts");

    let (status, peak) = watched(child);
    assert!(status.success(), "{status}");
    println!(
        "{MINUTES} minutes: peak resident memory {} MiB",
        peak / MIB_IN_KIB
    );
    assert!(peak > 0 && peak < 600 * MIB_IN_KIB, "{peak} KiB");

    let report = std::fs::read(folder.join("report.json")).expect("the report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    assert_eq!(report["target_reached"], true, "{}", report["notes"]);
    let after = &report["after"];
    let loudness = after["integrated_lufs"].as_f64().expect("a loudness");
    assert!((loudness + 14.0).abs() <= 0.1, "{loudness} LUFS");
    let length = after["duration_seconds"].as_f64().expect("a duration");
    assert!(
        (length - f64::from(MINUTES * 60)).abs() < 0.001,
        "{length} s"
    );
}
