//! A platform without work costs next to nothing: few wake-ups, little memory.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "figures are shown, and what is not as it should be must fail the test loudly"
)]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use support::memory::{MIB_IN_KIB, peak_kib};
use support::program::Program;
use support::site::Site;

/// A tick of `/proc/PID/stat` is a hundredth of a second on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
const WATCHED: Duration = Duration::from_secs(10);
/// A hundredth of a core, at the 150 µs that a wake-up of ours takes at most: what is counted does
/// not depend on what else the machine does, as the processor time would.
const WAKE_UPS_PER_SECOND: u64 = 66;

/// One after the other, and alone in its process, so that neither is seen in the other's figures.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_platform_rarely_wakes_and_takes_under_80_mb() {
    for site in [Site::sqlite(), Site::postgres().await] {
        costs_next_to_nothing(site).await;
    }
}

async fn costs_next_to_nothing(site: Site) {
    let (mut program, client) = site.up().await;
    client.get("/readyz").await.expect(200);
    // What starting costs is over after the first poll and beat of the default settings.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let before = (wake_ups(&program), cpu_ticks(&program));
    tokio::time::sleep(WATCHED).await;
    let woken = (wake_ups(&program) - before.0) / WATCHED.as_secs();
    let ticks = cpu_ticks(&program) - before.1;
    let peak_kib = peak_kib(program.pid()).unwrap();
    println!(
        "idle: {woken} wake-ups a second, {:.2} % of a core, at most {:.1} MiB",
        ticks as f64 / TICKS_PER_SECOND / WATCHED.as_secs_f64() * 100.0,
        peak_kib as f64 / MIB_IN_KIB as f64
    );
    assert!(woken < WAKE_UPS_PER_SECOND, "{woken} wake-ups a second");
    assert!(peak_kib < 80 * MIB_IN_KIB, "{peak_kib} KiB");
    program.is_well();
}

fn proc(program: &Program) -> PathBuf {
    PathBuf::from("/proc").join(program.pid().to_string())
}

/// How often any thread has gone to sleep of its own accord, which it does once a wake-up.
fn wake_ups(program: &Program) -> u64 {
    let threads = fs::read_dir(proc(program).join("task")).unwrap();
    let of_one = |status: String| -> u64 {
        let mut lines = status.lines();
        let count = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        count.unwrap().trim().parse().unwrap()
    };
    threads
        .filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("status")).ok())
        .map(of_one)
        .sum()
}

/// User and system time, all threads.
fn cpu_ticks(program: &Program) -> u64 {
    let stat = fs::read_to_string(proc(program).join("stat")).unwrap();
    // The name in parentheses may hold spaces; fields are counted behind it.
    let (_, fields) = stat.rsplit_once(')').expect("the name's end");
    let fields: Vec<_> = fields.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
