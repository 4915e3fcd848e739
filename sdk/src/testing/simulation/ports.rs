//! Ports that stop at every call, so that whoever runs them may go on elsewhere, or never again.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::host::words;
use super::super::{Fault, FaultyStore, MemoryStore, Mishap, TestHost, TestStrategy};
use crate::context::ServiceError;
use crate::engine::{Died, Due, Host};
use crate::flow::HandlerError;
use crate::model::{Duration, Event, RunId, Target, Timestamp};
use crate::store::{Commit, Item, Key, Page, Query, ReadError, Store, Transaction};
use crate::strategy::{Strategy, StrategyContext};

/// Numbers from a seed.
#[derive(Debug)]
pub(super) struct Dice(AtomicU64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// One of `0..sides`.
    pub(super) fn roll(&self, sides: u64) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        super::super::mix(state).checked_rem(sides).unwrap_or_default()
    }

    pub(super) fn one_in(&self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// How much goes wrong, and how many calls of ports there were.
#[derive(Debug)]
pub(super) struct Weather {
    dice: Dice,
    /// One call in so many goes wrong; 0: none.
    odds: AtomicU64,
    pauses: AtomicUsize,
    /// Whether anything was written or touched since somebody asked.
    changed: AtomicBool,
}

impl Weather {
    pub(super) const fn new(seed: u64) -> Self {
        let (odds, pauses) = (AtomicU64::new(0), AtomicUsize::new(0));
        Self { dice: Dice::new(seed), odds, pauses, changed: AtomicBool::new(false) }
    }

    pub(super) fn set_odds(&self, odds: u64) {
        self.odds.store(odds, Ordering::Relaxed);
    }

    pub(super) fn pauses(&self) -> usize {
        self.pauses.load(Ordering::Relaxed)
    }

    pub(super) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }

    fn is_bad(&self) -> bool {
        match self.odds.load(Ordering::Relaxed) {
            0 => false,
            odds => self.dice.one_in(odds),
        }
    }

    /// Lets others go on.
    async fn pause(&self) {
        self.pauses.fetch_add(1, Ordering::Relaxed);
        let mut paused = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut paused, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    fn fault(&self) -> Fault {
        if !self.is_bad() {
            return Fault::None;
        }
        match self.dice.roll(3) {
            0 => Fault::Throttled,
            1 => Fault::Lost,
            _ => Fault::AnswerLost,
        }
    }

    /// What goes wrong with giving access; taking it is never late, which nobody could mend.
    fn mishap(&self, gives: bool) -> Mishap {
        if !self.is_bad() {
            return Mishap::None;
        }
        match self.dice.roll(if gives { 9 } else { 4 }) {
            0 => Mishap::Fails,
            1 => Mishap::FailsAfterwards,
            2 => Mishap::Hangs,
            3 => Mishap::Panics,
            4 | 5 => Mishap::FailsForGood,
            _ => Mishap::LandsLate(Duration::seconds(
                u32::try_from(1 + self.dice.roll(900)).unwrap_or(1),
            )),
        }
    }
}

/// A store that stops before and after each operation, and fails.
#[derive(Debug)]
pub(super) struct SimStore {
    inner: FaultyStore,
    weather: Arc<Weather>,
}

impl SimStore {
    pub(super) fn new(memory: Arc<MemoryStore>, weather: Arc<Weather>) -> Self {
        let of_store = weather.clone();
        Self { inner: FaultyStore::new(memory, move |_| of_store.fault()), weather }
    }

    async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        self.weather.pause().await;
        let answer = work.await;
        self.weather.pause().await;
        answer
    }
}

#[async_trait]
impl Store for SimStore {
    async fn get(&self, key: &Key) -> Result<Option<Item>, ReadError> {
        self.around(self.inner.get(key)).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError> {
        self.around(self.inner.get_many(keys)).await
    }

    async fn query(&self, query: &Query) -> Result<Page, ReadError> {
        self.around(self.inner.query(query)).await
    }

    async fn write(&self, transaction: &Transaction) -> Commit {
        self.weather.pause().await;
        let commit = self.inner.write(transaction).await;
        self.weather.changed.store(true, Ordering::Relaxed);
        self.weather.pause().await;
        commit
    }
}

/// A machine on which foreign code runs in turn with everything else.
#[derive(Debug)]
pub(super) struct SimHost {
    pub(super) inner: Arc<TestHost>,
    pub(super) weather: Arc<Weather>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl Host for SimHost {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn entropy(&self) -> u128 {
        self.inner.entropy()
    }

    async fn guard(
        &self,
        mut work: BoxFuture<'static, ()>,
        budget: std::time::Duration,
    ) -> Result<(), Died> {
        poll_fn(move |cx| {
            let flag = Arc::new(Flag(AtomicBool::new(false)));
            let waker = Waker::from(flag.clone());
            let mut inner = Context::from_waker(&waker);
            match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut inner))) {
                Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
                Ok(Poll::Pending) if flag.0.load(Ordering::Relaxed) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                // Nobody will ever wake it.
                Ok(Poll::Pending) => Poll::Ready(Err(Died::OutOfTime(budget))),
                Err(panic) => Poll::Ready(Err(Died::Panicked(words(&*panic)))),
            }
        })
        .await
    }

    async fn arm(&self, run: &RunId, due: Due, at: Timestamp) -> Result<(), ServiceError> {
        self.weather.pause().await;
        if self.weather.is_bad() {
            return Err(ServiceError::passing("scheduler", "it does not answer"));
        }
        self.inner.arm(run, due, at).await
    }

    /// Runs are driven by the test itself: there is nothing to wait for.
    async fn changed(&self, _: &RunId, _: std::time::Duration) {
        tokio::task::yield_now().await;
    }

    fn wake(&self, run: &RunId) {
        self.inner.wake(run);
    }
}

/// What was really done to the system, by which run.
pub(super) type Deeds = Arc<Mutex<Vec<(RunId, &'static str)>>>;

/// A system that stops before and after each call, and fails.
#[derive(Debug)]
pub(super) struct SimStrategy {
    pub(super) inner: Arc<TestStrategy>,
    pub(super) weather: Arc<Weather>,
    pub(super) deeds: Deeds,
}

impl SimStrategy {
    fn note(&self, event: &Event, deed: &'static str) {
        let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
        deeds.push((event.run().id.clone(), deed));
        self.weather.changed.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl Strategy for SimStrategy {
    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.weather.pause().await;
        self.note(event, "give");
        self.inner.giving([self.weather.mishap(true)]);
        let answer = self.inner.escalate(target, event, cx).await;
        self.weather.pause().await;
        answer
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.weather.pause().await;
        self.note(event, "take");
        self.inner.taking([self.weather.mishap(false)]);
        let answer = self.inner.deescalate(target, event, cx).await;
        self.weather.pause().await;
        answer
    }

    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        self.weather.pause().await;
        let fails = if self.weather.is_bad() { Mishap::Fails } else { Mishap::None };
        self.inner.looking([fails]);
        let answer = self.inner.is_granted(target, event, cx).await;
        self.weather.pause().await;
        answer
    }
}
