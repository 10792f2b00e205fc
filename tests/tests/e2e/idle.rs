//! A platform without work costs next to nothing.

use std::time::Duration;

use support::program::Program;
use support::site::Site;

on_both_databases! {
    an_idle_platform_takes_under_a_hundredth_of_a_core_and_80_mb
}

/// A tick of `/proc/PID/stat` is a hundredth of a second on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
const WATCHED: Duration = Duration::from_secs(10);

async fn an_idle_platform_takes_under_a_hundredth_of_a_core_and_80_mb(site: Site) {
    let (mut program, client) = site.up().await;
    client.get("/readyz").await.expect(200);
    // What starting costs is over after the first poll and beat of the default settings.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let before = cpu_ticks(&program);
    tokio::time::sleep(WATCHED).await;
    let ticks = cpu_ticks(&program) - before;
    let share = ticks as f64 / TICKS_PER_SECOND / WATCHED.as_secs_f64();
    let resident_kb = resident_kb(&program);
    println!(
        "idle: {:.2} % of a core, {:.1} MB",
        share * 100.0,
        resident_kb as f64 / 1024.0
    );
    assert!(share < 0.01, "{ticks} ticks in {WATCHED:?}");
    assert!(resident_kb < 80 * 1024, "{resident_kb} kB");
    program.is_well();
}

/// User and system time, all threads.
fn cpu_ticks(program: &Program) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", program.pid())).unwrap();
    // The name in parentheses may hold spaces; fields are counted behind it.
    let fields: Vec<_> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn resident_kb(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
