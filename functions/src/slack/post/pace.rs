//! How often Slack is asked for something: a message a second in each channel, and less often for what
//! it allows less often. Source: <https://docs.slack.dev/apis/web-api/rate-limits>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
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

/// What may be called fifty times a minute, as changing messages and looking people up.
pub(super) const CALLS: Pace = Pace { tenths: 13, at_once: 5 };

/// What may be called twenty times a minute, as looking for user groups.
pub(super) const GROUPS: Pace = Pace { tenths: 32, at_once: 1 };

/// Whose turn it is. Whoever waits is served in the order of coming, and what was held up is not made
/// up for at once.
#[derive(Debug)]
pub(super) struct Pacer {
    second: Mutex<Duration>,
    /// When the next turn would be if nothing could be done at once.
    next: Mutex<BTreeMap<String, Arc<Turn>>>,
}

type Turn = tokio::sync::Mutex<Instant>;

impl Default for Pacer {
    fn default() -> Self {
        Self { second: Mutex::new(Duration::from_secs(1)), next: Mutex::default() }
    }
}

impl Pacer {
    /// How long a second is: for tests, shorter.
    fn second(&self) -> Duration {
        *self.second.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn set_second(&self, second: Duration) {
        *self.second.lock().unwrap_or_else(PoisonError::into_inner) = second;
    }

    fn named(&self, name: &str) -> Arc<Turn> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() > MOST_KEPT {
            let now = Instant::now();
            // Those whom somebody waits for are in other hands, too.
            next.retain(|_, turn| turn.try_lock().map_or(true, |at| *at > now));
        }
        next.entry(name.to_owned()).or_insert_with(|| Arc::new(Turn::new(Instant::now()))).clone()
    }

    /// Waits for a turn; how long it takes at least, if that is after `stop`.
    pub(super) async fn turn(&self, name: &str, pace: Pace, stop: Instant) -> Result<(), Duration> {
        let gap = self.second().saturating_mul(pace.tenths) / 10;
        let turn = self.named(name);
        let Ok(mut next) = tokio::time::timeout_at(stop, turn.lock()).await else {
            return Err(gap);
        };
        let ahead = gap.saturating_mul(pace.at_once.saturating_sub(1));
        let at = next.checked_sub(ahead).unwrap_or(*next);
        if at > stop {
            return Err(at.duration_since(Instant::now()));
        }
        tokio::time::sleep_until(at).await;
        *next = (*next).max(Instant::now()) + gap;
        Ok(())
    }

    /// Slack wants nothing under this name for so long.
    pub(super) async fn hold(&self, name: &str, pause: Duration) {
        let turn = self.named(name);
        let mut next = turn.lock().await;
        *next = (*next).max(Instant::now() + pause);
    }
}
