//! Many who ask the same at the same time are answered by one look that began after all of them came:
//! as fresh as a look of one's own, and within what Slack allows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client::SlackError;

/// So many looks may follow each other at once.
const AT_ONCE: u32 = 10;

/// More names than this are not kept.
const MOST_KEPT: usize = 1_000;

/// What was looked at, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks(Arc<Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Seen>>>>>);

/// The last look.
#[derive(Debug, Default)]
struct Seen {
    last: Option<(Instant, Result<Vec<String>, SlackError>)>,
    /// When the next one would be if none could follow at once.
    next: Option<Instant>,
}

impl Looks {
    /// The answer of a look that began after this was called. `gap` is how far they are apart in the
    /// long run.
    pub(super) async fn look(
        &self,
        name: &str,
        gap: Duration,
        look: impl Future<Output = Result<Vec<String>, SlackError>>,
    ) -> Result<Vec<String>, SlackError> {
        let came = Instant::now();
        let place = self.place(name);
        let mut seen = place.lock().await;
        if let Some((began, found)) = &seen.last
            && *began > came
        {
            return found.clone();
        }
        let next = seen.next.unwrap_or(came);
        let ahead = gap.saturating_mul(AT_ONCE.saturating_sub(1));
        if let Some(at) = next.checked_sub(ahead) {
            tokio::time::sleep_until(at).await;
        }
        let began = Instant::now();
        let found = look.await;
        seen.last = Some((began, found.clone()));
        seen.next = Some(next.max(began) + gap);
        found
    }

    fn place(&self, name: &str) -> Arc<tokio::sync::Mutex<Seen>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() > MOST_KEPT {
            // Those whom somebody waits for are in other hands, too.
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        places.entry(name.to_owned()).or_default().clone()
    }
}
