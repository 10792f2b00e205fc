//! How much memory a process has had resident at most, as the kernel counts it.

use std::path::Path;

/// A mebibyte in the kernel's KiB.
pub const MIB_IN_KIB: u64 = 1024;

/// The process's peak resident memory in KiB (`VmHWM`); none when it is gone.
pub fn peak_kib(pid: u32) -> Option<u64> {
    let status = Path::new("/proc").join(pid.to_string()).join("status");
    let status = std::fs::read_to_string(status).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
