//! How often Slack is asked for something: a message a second in each channel, and less often for what
//! it allows less often. Source: <https://docs.slack.dev/apis/web-api/rate-limits>.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// More names than this are not kept: those whose time is over go.
const MOST_KEPT: usize = 1_000;

/// How often something may be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Once in so many tenths of a second.
    pub(super) tenths: u32,
    /// So often at once, if nothing was done before.
    pub(super) at_once: u32,
}

/// Posting in one channel.
pub(super) const POSTS: Pace = Pace { tenths: 10, at_once: 1 };

/// Changing messages, anywhere: fifty times a minute.
pub(super) const UPDATES: Pace = Pace { tenths: 13, at_once: 8 };

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Pacer {
    second: Mutex<Duration>,
    /// When the next turn would be if nothing could be done at once.
    next: Mutex<BTreeMap<String, Instant>>,
}

impl Default for Pacer {
    fn default() -> Self {
        Self { second: Mutex::new(Duration::from_secs(1)), next: Mutex::default() }
    }
}

impl Pacer {
    /// How long a second is: for tests, shorter.
    pub(super) fn second(&self) -> Duration {
        *self.second.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn set_second(&self, second: Duration) {
        *self.second.lock().unwrap_or_else(PoisonError::into_inner) = second;
    }

    /// Waits for a turn; how long it would take, if that is after `stop`.
    pub(super) async fn turn(&self, name: &str, pace: Pace, stop: Instant) -> Result<(), Duration> {
        let gap = self.second().saturating_mul(pace.tenths) / 10;
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if next.len() > MOST_KEPT {
                next.retain(|_, at| *at > now);
            }
            let ahead = gap.saturating_mul(pace.at_once.saturating_sub(1));
            let due = next.get(name).copied().unwrap_or(now);
            let at = due.checked_sub(ahead).unwrap_or(now).max(now);
            if at > stop {
                return Err(at.duration_since(now));
            }
            next.insert(name.to_owned(), due.max(now) + gap);
            at
        };
        tokio::time::sleep_until(at).await;
        Ok(())
    }

    /// Slack wants nothing under this name for so long.
    pub(super) fn hold(&self, name: &str, pause: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + pause;
        let at = next.entry(name.to_owned()).or_insert(until);
        *at = (*at).max(until);
    }
}
