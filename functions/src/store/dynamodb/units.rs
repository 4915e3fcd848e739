//! What reading and writing costs, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Units of capacity, as `DynamoDB` charges for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Units {
    /// For reading: one for each 4 KB that are read consistently.
    pub read: u64,
    /// For writing: one for each 1 KB, and twice that in a transaction of several writes.
    pub write: u64,
}

/// Two counts of the same thing.
#[derive(Debug, Default)]
pub(super) struct Meter {
    reckoned: Count,
    reported: Count,
}

/// Each number is a count by itself: nothing else hangs on their order.
#[derive(Debug, Default)]
struct Count {
    read: AtomicU64,
    write: AtomicU64,
}

impl Count {
    fn units(&self) -> Units {
        Units { read: self.read.load(Ordering::Relaxed), write: self.write.load(Ordering::Relaxed) }
    }

    fn add(&self, units: Units) {
        self.read.fetch_add(units.read, Ordering::Relaxed);
        self.write.fetch_add(units.write, Ordering::Relaxed);
    }
}

impl Meter {
    /// What it must have cost, by the sizes of what was sent and received.
    pub(super) fn reckoned(&self) -> Units {
        self.reckoned.units()
    }

    /// What `DynamoDB` said that it cost.
    pub(super) fn reported(&self) -> Units {
        self.reported.units()
    }

    /// One read of so many bytes. Whoever finds nothing pays for the least there is.
    pub(super) fn has_read(&self, bytes: usize, reported: f64) {
        self.reckoned.add(Units { read: parts(bytes, 4 * 1024), write: 0 });
        self.has_reported(reported);
    }

    /// What several reads are said to have cost together.
    pub(super) fn has_reported(&self, units: f64) {
        self.reported.add(Units { read: whole(units), write: 0 });
    }

    /// A write is reckoned when it is sent: one that is refused costs as much.
    pub(super) fn sends(&self, units: u64) {
        self.reckoned.add(Units { read: 0, write: units });
    }

    pub(super) fn has_written(&self, reported: f64) {
        self.reported.add(Units { read: 0, write: whole(reported) });
    }
}

/// What writing so many bytes costs outside of a transaction of several.
pub(super) fn of_write(bytes: usize) -> u64 {
    parts(bytes, 1024)
}

fn parts(bytes: usize, size: usize) -> u64 {
    u64::try_from(bytes.div_ceil(size).max(1)).unwrap_or(u64::MAX)
}

/// Half units exist only for reads that are not consistent, which we never make.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest number there is; none becomes zero"
)]
fn whole(units: f64) -> u64 {
    units.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_unit_is_a_unit() {
        for (bytes, units) in [(0, 1), (1, 1), (1024, 1), (1025, 2), (350 * 1024, 350)] {
            assert_eq!(of_write(bytes), units, "{bytes} bytes");
        }
    }

    #[test]
    fn both_counts_go_on() {
        let meter = Meter::default();
        meter.has_read(0, 1.0);
        meter.has_read(4097, 1.5);
        meter.sends(4);
        meter.has_written(f64::NAN);
        meter.has_written(4.0);
        assert_eq!(meter.reckoned(), Units { read: 3, write: 4 });
        assert_eq!(meter.reported(), Units { read: 3, write: 4 });
    }
}
