//! A system to give access in, for tests: a set of who has what, and faults on demand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::TestHost;
use crate::engine::Host;
use crate::flow::HandlerError;
use crate::model::{Duration, Event, Target, TargetName, Timestamp, UserId};
use crate::strategy::{Strategy, StrategyContext};

/// How a call of a [`TestStrategy`] goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing goes wrong: for scripts.
    None,
    /// It fails and has done nothing.
    Fails,
    /// It fails for good and has done nothing.
    FailsForGood,
    /// It fails after it has done what it was asked.
    FailsAfterwards,
    /// It asks to be left alone for a moment, and has done nothing.
    Busy,
    /// It never answers and has done nothing.
    Hangs,
    /// It fails, and does what it was asked so much later.
    LandsLate(Duration),
    /// It panics.
    Panics,
}

/// Who has what in a system, and how that comes about.
#[derive(Debug)]
pub struct TestStrategy {
    host: Arc<TestHost>,
    inner: Mutex<Inner>,
}

/// Who has what.
type Held = (UserId, TargetName);

#[derive(Debug, Default)]
struct Inner {
    held: BTreeSet<Held>,
    late: BTreeMap<Timestamp, Vec<(Held, bool)>>,
    giving: VecDeque<Mishap>,
    taking: VecDeque<Mishap>,
    looking: VecDeque<Mishap>,
    blind: bool,
    output: Option<Value>,
    calls: Vec<String>,
}

impl TestStrategy {
    /// A system in which nobody has anything.
    #[must_use]
    pub fn new(host: Arc<TestHost>) -> Self {
        Self { host, inner: Mutex::default() }
    }

    /// Whether somebody has access now.
    #[must_use]
    pub fn has(&self, user: &UserId, target: &TargetName) -> bool {
        self.lock().held.contains(&(user.clone(), target.clone()))
    }

    /// Everybody who has access now.
    #[must_use]
    pub fn held(&self) -> BTreeSet<(UserId, TargetName)> {
        self.lock().held.clone()
    }

    /// Gives or takes access past Countersign.
    pub fn set(&self, user: &UserId, target: &TargetName, has: bool) {
        self.lock().put((user.clone(), target.clone()), has);
    }

    /// How the next calls that give access go, one after the other; then all goes well.
    pub fn giving(&self, script: impl IntoIterator<Item = Mishap>) {
        self.lock().giving.extend(script);
    }

    /// How the next calls that take access go.
    pub fn taking(&self, script: impl IntoIterator<Item = Mishap>) {
        self.lock().taking.extend(script);
    }

    /// How the next calls that look at access go.
    pub fn looking(&self, script: impl IntoIterator<Item = Mishap>) {
        self.lock().looking.extend(script);
    }

    /// Whether it cannot look, from now on.
    pub fn blind(&self, blind: bool) {
        self.lock().blind = blind;
    }

    /// What giving access leaves, from now on.
    pub fn leaves(&self, output: Value) {
        self.lock().output = Some(output);
    }

    /// All calls so far, such as `give ada@acme.test orders`.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// When something that is under way lands next.
    #[must_use]
    pub fn next_landing(&self) -> Option<Timestamp> {
        self.lock().late.keys().next().copied()
    }

    /// Forgets all scripts: from now on everything goes well.
    pub fn mend(&self) {
        let mut inner = self.lock();
        inner.giving.clear();
        inner.taking.clear();
        inner.looking.clear();
    }

    /// The state of the system, with everything landed that should have by now.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        let now = self.host.now();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(landing) = inner.late.first_entry().filter(|entry| *entry.key() <= now) {
            for (held, has) in landing.remove() {
                inner.put(held, has);
            }
        }
        inner
    }

    async fn change(
        &self,
        deed: &str,
        held: Held,
        has: bool,
    ) -> Result<Option<Value>, HandlerError> {
        let mishap = {
            let mut inner = self.lock();
            inner.calls.push(format!("{deed} {} {}", held.0, held.1));
            let mishap = if has { &mut inner.giving } else { &mut inner.taking }.pop_front();
            let mishap = mishap.unwrap_or(Mishap::None);
            match mishap {
                Mishap::None | Mishap::FailsAfterwards => inner.put(held, has),
                Mishap::LandsLate(after) => {
                    let at = self.host.now() + after;
                    inner.late.entry(at).or_default().push((held, has));
                }
                Mishap::Fails
                | Mishap::FailsForGood
                | Mishap::Busy
                | Mishap::Hangs
                | Mishap::Panics => {}
            }
            mishap
        };
        happens(mishap).await?;
        Ok(if has { self.lock().output.clone() } else { None })
    }
}

impl Inner {
    fn put(&mut self, held: Held, has: bool) {
        if has {
            self.held.insert(held);
        } else {
            self.held.remove(&held);
        }
    }
}

async fn happens(mishap: Mishap) -> Result<(), HandlerError> {
    match mishap {
        Mishap::None => Ok(()),
        Mishap::Fails => Err(HandlerError::new("Test:FAILED", "the system fails")),
        Mishap::Busy => Err(HandlerError::new("Test:BUSY", "the system asks to be left alone")),
        Mishap::FailsForGood => {
            Err(HandlerError::new("Test:REFUSED", "the system refuses").final_())
        }
        Mishap::FailsAfterwards => Err(HandlerError::new("Test:LOST", "the answer was lost")),
        Mishap::LandsLate(_) => Err(HandlerError::new("Test:SLOW", "no answer in time")),
        Mishap::Hangs => std::future::pending().await,
        // As a panic, but for its noise.
        Mishap::Panics => std::panic::resume_unwind(Box::new("the strategy panics")),
    }
}

fn held(target: &Target, event: &Event) -> Held {
    (event.requester().id.clone(), target.name.clone())
}

#[async_trait]
impl Strategy for TestStrategy {
    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        _: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.change("give", held(target, event), true).await
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        _: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.change("take", held(target, event), false).await
    }

    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        _: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        let (mishap, seen) = {
            let mut inner = self.lock();
            let mishap = inner.looking.pop_front().unwrap_or(Mishap::None);
            let seen = inner.held.contains(&held(target, event));
            (mishap, (!inner.blind).then_some(seen))
        };
        happens(mishap).await?;
        Ok(seen)
    }
}
