//! How long to wait before something is tried again.

use std::time::{Duration, Instant};

use crate::aws::Patience;

/// The longest first wait; each later one may be twice as long.
const FIRST: Duration = Duration::from_millis(20);

/// So often something is tried again.
const TIMES: u32 = 6;

/// Waits between attempts: of random length, so that those who met once do not meet again, and
/// over before whoever waits for the answer has given up.
#[derive(Debug)]
pub(super) struct Pauses {
    until: Instant,
    taken: u32,
}

impl Pauses {
    pub(super) fn new(patience: Patience) -> Self {
        // There must be time for one more attempt.
        let patience = patience.operation().saturating_sub(patience.attempt());
        let now = Instant::now();
        Self { until: now.checked_add(patience).unwrap_or(now), taken: 0 }
    }

    /// Waits. `false`: there is no more waiting.
    pub(super) async fn wait(&mut self) -> bool {
        let longest = FIRST.saturating_mul(1 << self.taken);
        let pause = longest.mul_f64(share());
        let is_in_time = Instant::now().checked_add(pause).is_some_and(|end| end < self.until);
        if self.taken >= TIMES || !is_in_time {
            return false;
        }
        self.taken = self.taken.saturating_add(1);
        tokio::time::sleep(pause).await;
        true
    }
}

/// A random number from 0 to 1.
fn share() -> f64 {
    // Without chance there is still a wait, if not one's own.
    f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
