//! How often something may be done.
//! Source: <https://docs.slack.dev/apis/web-api/rate-limits>.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

/// How often something may be done.
#[derive(Debug)]
pub(crate) struct Rates {
    /// How long a second is.
    pub(crate) second: Duration,
    /// How often somebody was asked to wait.
    pub(crate) refused: usize,
    calls: BTreeMap<String, VecDeque<Instant>>,
    /// When each channel would be posted to if its posts were spread evenly.
    posts: BTreeMap<String, Instant>,
}

impl Default for Rates {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { second, refused: 0, calls: BTreeMap::new(), posts: BTreeMap::new() }
    }
}

/// Calls a minute; a method without a number has a limit of its own, or none to speak of.
fn calls_a_minute(method: &str) -> Option<usize> {
    match method {
        "conversations.list" | "users.list" | "usergroups.list" | "usergroups.users.list" => {
            Some(20)
        }
        "chat.update"
        | "chat.delete"
        | "conversations.open"
        | "conversations.history"
        | "conversations.replies"
        | "conversations.info"
        | "conversations.join"
        | "bots.info"
        | "users.lookupByEmail" => Some(50),
        "chat.postEphemeral"
        | "conversations.members"
        | "users.info"
        | "views.open"
        | "views.update"
        | "views.push"
        | "views.publish" => Some(100),
        _ => None,
    }
}

/// Slack lets short bursts of posts pass: so many at once, and one more a second.
const BURST: u32 = 5;

impl Rates {
    /// Whether this may be called now; otherwise for how many of its seconds to wait.
    pub(crate) fn call(&mut self, method: &str) -> Result<(), u64> {
        let Some(most) = calls_a_minute(method) else { return Ok(()) };
        let calls = self.calls.entry(method.to_owned()).or_default();
        let passed = pass(calls, most, self.second * 60);
        self.refused += usize::from(passed.is_err());
        passed.map_err(|wait| seconds(wait, self.second))
    }

    /// Whether a channel may be posted to now: once a second, in the long run.
    pub(crate) fn post(&mut self, channel: &str) -> Result<(), u64> {
        let now = Instant::now();
        // What was sent evenly may arrive a little unevenly.
        let gap = self.second.mul_f64(0.95);
        let due = self.posts.get(channel).copied().unwrap_or(now).max(now);
        let ahead = due - now;
        let most = gap * (BURST - 1);
        if ahead > most {
            self.refused += 1;
            return Err(seconds(ahead.saturating_sub(most), self.second));
        }
        self.posts.insert(channel.to_owned(), due + gap);
        Ok(())
    }
}

fn pass(calls: &mut VecDeque<Instant>, most: usize, window: Duration) -> Result<(), Duration> {
    // What was sent evenly may arrive a little unevenly.
    let window = window.mul_f64(0.9);
    while calls.front().is_some_and(|at| at.elapsed() >= window) {
        calls.pop_front();
    }
    match calls.front() {
        Some(first) if calls.len() >= most => Err(window.saturating_sub(first.elapsed())),
        Some(_) | None => {
            calls.push_back(Instant::now());
            Ok(())
        }
    }
}

fn seconds(wait: Duration, second: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(second.as_micros().max(1))).unwrap().max(1)
}
