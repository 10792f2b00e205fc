//! What this process has used, as Linux counts it.

use std::fs;
use std::io;

/// Ticks of a second in `/proc`: the same on every Linux that there is.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of all threads so far, of the user and of the system, in seconds; to 10 ms.
pub fn cpu_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in parentheses, which may hold anything.
    let after = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    let (user, system) = (ticks(), ticks());
    match (user, system) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "/proc/self/stat has another form",
        )),
    }
}

/// Highest resident memory in MiB since the last [`forget_peak`].
pub fn peak_mib() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "/proc/self/status has another form",
        )
    })
}

/// Begins anew to look for the highest resident memory.
pub fn forget_peak() -> io::Result<()> {
    fs::write("/proc/self/clear_refs", "5")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_and_memory_is_seen_and_forgotten() {
        let before = cpu_seconds().unwrap();
        let mut sum = 0_u64;
        while cpu_seconds().unwrap() < before + 0.02 {
            for n in 0..1_000_000_u64 {
                sum = std::hint::black_box(sum.wrapping_add(n));
            }
        }
        let bytes = vec![1_u8; 64 << 20];
        assert!(std::hint::black_box(&bytes).iter().all(|byte| *byte == 1));
        let with = peak_mib().unwrap();
        drop(bytes);
        forget_peak().unwrap();
        assert!(peak_mib().unwrap() < with - 32.0);
    }
}
