//! Small tables of measured times, and the disk's own speed to lay beside them.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// Whether a benchmark is only to show that it works: under `cargo test`, or with `--test` or
/// `--quick`.
#[must_use]
pub fn is_quick() -> bool {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    !is_bench || std::env::args().any(|arg| arg == "--test" || arg == "--quick")
}

/// How busy the machine is: all numbers depend on it.
pub fn print_load() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<_> = load.split(' ').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("  {:<44} {} on {cores} cores", "load average", load.join(" "));
}

/// Prints the median and the 99th percentile, and returns both.
pub fn report(what: &str, times: &mut [Duration]) -> (Duration, Duration) {
    times.sort();
    let last = times.len().saturating_sub(1);
    let at = |percent: usize| {
        let place = last.saturating_mul(percent).checked_div(100).unwrap_or_default();
        times.get(place).copied().unwrap_or_default()
    };
    let (median, slow) = (at(50), at(99));
    println!("  {what:<44} p50 {:9.1} µs   p99 {:9.1} µs", micros(median), micros(slow));
    (median, slow)
}

/// Prints a time with the number that it is to reach.
pub fn goal(what: &str, is: f64, at_most: f64, unit: &str) {
    let word = if is <= at_most { "reached" } else { "missed" };
    println!("  {what:<44} {is:9.2} {unit}, at most {at_most} {unit}: {word}");
}

/// In microseconds.
#[must_use]
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// In milliseconds.
#[must_use]
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What the disk below needs to take 4 KiB for good, again and again, in this minute.
///
/// # Errors
///
/// If the disk takes nothing.
pub fn disk(folder: &Path, times: usize) -> io::Result<Vec<Duration>> {
    let path = folder.join("bare");
    let mut file = File::create(&path)?;
    let block = [b'x'; 4096];
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        took.push(began.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(took)
}

/// Where stores are measured: `STORE_BENCH_DIR`, or the system's folder for such things, which is
/// often not on a disk.
///
/// # Errors
///
/// If no folder can be made there.
pub fn folder() -> io::Result<tempfile::TempDir> {
    match std::env::var_os("STORE_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent),
        None => tempfile::tempdir(),
    }
}
