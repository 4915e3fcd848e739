//! The keys at hand, and when the issuer is asked for them again.
//!
//! Anybody can send tokens that name keys which nobody has. So what a token says may lead to one
//! request a minute, and no more, however many come; and all who wait, wait for the same one.

use std::sync::{Arc, PoisonError, RwLock};

use countersign::model::{Duration, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Refused;
use super::issuer::Issuer;
use super::key::{Algorithm, Key};

/// After this the issuer is asked again: a key that it took back is good for no longer.
const FRESH: Duration = Duration::hours(1);

/// While the issuer gives no answer, its keys are good for so long.
const USABLE: Duration = Duration::hours(4);

/// Between two requests to the issuer, while there are keys.
const PAUSE: Duration = Duration::minutes(1);

/// Between two requests to the issuer, while there are none and nobody gets in.
const PAUSE_WITHOUT: Duration = Duration::seconds(5);

/// The keys at hand.
#[derive(Debug)]
pub(super) struct Keyring {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    issuer: Issuer,
    known: RwLock<Arc<Known>>,
    /// Held by whoever asks the issuer.
    asking: Arc<Mutex<()>>,
}

/// What is known of the issuer's keys.
#[derive(Debug, Clone, Default)]
struct Known {
    keys: Vec<Key>,
    /// When they were asked for.
    fetched: Option<Timestamp>,
    /// When the issuer was last asked, with or without success.
    tried: Option<Timestamp>,
}

impl Keyring {
    pub(super) fn new(issuer: Issuer) -> Self {
        let (known, asking) = Default::default();
        Self { inner: Arc::new(Inner { issuer, known, asking }) }
    }

    /// Whose keys they are.
    pub(super) fn issuer(&self) -> &Issuer {
        &self.inner.issuer
    }

    /// The keys that a token may be signed with: by its `kid`; without one, the only one there is
    /// (OpenID Connect Core 1.0, section 10.1).
    pub(super) async fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Vec<Key>, Refused> {
        let known = self.inner.known();
        let found = known.find(kid, algorithm, now);
        let asking = Arc::clone(&self.inner.asking);
        if matches!(found, Err(Refused::UnknownKey | Refused::Unavailable)) {
            // Perhaps somebody asks already, and this key is in the answer.
            self.refresh(asking.lock_owned().await, now).await;
        } else if known.is_fresh(now) {
            return found;
        } else if let Ok(asking) = asking.try_lock_owned() {
            self.refresh(asking, now).await;
        }
        self.inner.known().find(kid, algorithm, now)
    }

    /// Asks the issuer, unless it was asked a moment ago.
    async fn refresh(&self, asking: OwnedMutexGuard<()>, now: Timestamp) {
        if !self.inner.known().may_try(now) {
            return;
        }
        let inner = Arc::clone(&self.inner);
        // In a task of its own: whoever brought the token may hang up, and others wait for this.
        let task = tokio::spawn(async move {
            inner.ask(now).await;
            drop(asking);
        });
        if task.await.is_err() {
            tracing::error!("asking the identity provider for its keys was broken off");
        }
    }
}

impl Inner {
    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, known: Known) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }

    async fn ask(&self, now: Timestamp) {
        let before = self.known();
        self.learn(Known { tried: Some(now), ..Known::clone(&before) });
        match self.issuer.keys().await {
            Ok(keys) => self.learn(Known { keys, fetched: Some(now), tried: Some(now) }),
            Err(why) => {
                tracing::warn!(issuer = self.issuer.name(), "no keys of the issuer: {why}");
            }
        }
    }
}

impl Known {
    fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Vec<Key>, Refused> {
        if !is_within(self.fetched, USABLE, now) {
            return Err(Refused::Unavailable);
        }
        // Without a name any key may be meant that could have signed it.
        let named = |key: &&Key| match kid {
            Some(kid) => key.kid.as_deref() == Some(kid),
            None => key.fits(algorithm),
        };
        let named: Vec<_> = self.keys.iter().filter(named).collect();
        if named.is_empty() {
            // The issuer may have a new one; that is only known once it has answered.
            let has_answered = self.tried == self.fetched;
            return Err(if has_answered { Refused::UnknownKey } else { Refused::Unavailable });
        }
        if kid.is_none() && named.len() > 1 {
            return Err(Refused::NoKey);
        }
        let fitting: Vec<_> =
            named.into_iter().filter(|key| key.fits(algorithm)).cloned().collect();
        if fitting.is_empty() { Err(Refused::Algorithm) } else { Ok(fitting) }
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        is_within(self.fetched, FRESH, now)
    }

    fn may_try(&self, now: Timestamp) -> bool {
        let has_keys = is_within(self.fetched, USABLE, now);
        !is_within(self.tried, if has_keys { PAUSE } else { PAUSE_WITHOUT }, now)
    }
}

/// Whether something was less than so long ago. A clock that was set back by more makes it long ago.
fn is_within(then: Option<Timestamp>, limit: Duration, now: Timestamp) -> bool {
    then.is_some_and(|then| {
        now.duration_since(then).unsigned_abs().as_secs() < limit.as_seconds().into()
    })
}
