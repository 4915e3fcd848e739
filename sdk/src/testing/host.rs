//! A machine for tests: its clock stands still until it is told to move, its dice come from a seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration as Real;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::context::ServiceError;
use crate::engine::{Died, Due, Host};
use crate::model::{RunId, Timestamp};

/// How long foreign code may really take before a test gives up on it.
const PATIENCE: Real = Real::from_secs(5);

/// A machine for tests. Time passes when [`set`](Self::set) says so, and never by itself.
#[derive(Debug)]
pub struct TestHost {
    now: Mutex<Timestamp>,
    dice: AtomicU64,
    armed: Mutex<Vec<Timer>>,
    woken: Mutex<Vec<RunId>>,
    timers_broken: AtomicBool,
}

/// A timer that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// For which run.
    pub run: RunId,
    /// For what.
    pub due: Due,
    /// When it goes off.
    pub at: Timestamp,
}

impl TestHost {
    /// A machine on which it is `now`. The same seed gives the same ids.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self {
            now: Mutex::new(now),
            dice: AtomicU64::new(seed),
            armed: Mutex::default(),
            woken: Mutex::default(),
            timers_broken: AtomicBool::new(false),
        }
    }

    /// Moves the clock, backwards too.
    pub fn set(&self, now: Timestamp) {
        *lock(&self.now) = now;
    }

    /// All timers that were set, in the order they were.
    #[must_use]
    pub fn timers(&self) -> Vec<Timer> {
        lock(&self.armed).clone()
    }

    /// Whether timers cannot be set, from now on.
    pub fn break_timers(&self, broken: bool) {
        self.timers_broken.store(broken, Ordering::Relaxed);
    }

    /// Whether timers cannot be set.
    #[must_use]
    pub fn timers_are_broken(&self) -> bool {
        self.timers_broken.load(Ordering::Relaxed)
    }

    /// The runs that were to be looked at soon, once.
    #[must_use]
    pub fn take_woken(&self) -> Vec<RunId> {
        std::mem::take(&mut *lock(&self.woken))
    }

    /// A number that follows from the seed and from how many were drawn before.
    pub fn draw(&self) -> u64 {
        let state = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        super::mix(state)
    }
}

#[async_trait]
impl Host for TestHost {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }

    fn entropy(&self) -> u128 {
        (u128::from(self.draw()) << 64) | u128::from(self.draw())
    }

    async fn guard(&self, work: BoxFuture<'static, ()>, budget: Real) -> Result<(), Died> {
        let (answer, ended) = oneshot::channel();
        let runtime = tokio::runtime::Handle::try_current().ok();
        // Two threads, so that neither a blocked function nor a paused clock of the runtime holds
        // up the test: one works, one watches it.
        thread::spawn(move || {
            let (done, watch) = mpsc::channel();
            thread::spawn(move || {
                let _context = runtime.as_ref().map(tokio::runtime::Handle::enter);
                let _ = done.send(catch_unwind(AssertUnwindSafe(|| finish(work))));
            });
            let _ = answer.send(watch.recv_timeout(PATIENCE));
        });
        match ended.await {
            Ok(Ok(Ok(true))) => Ok(()),
            Ok(Ok(Ok(false)) | Err(_)) | Err(_) => Err(Died::OutOfTime(budget)),
            Ok(Ok(Err(panic))) => Err(Died::Panicked(words(&*panic))),
        }
    }

    async fn arm(&self, run: &RunId, due: Due, at: Timestamp) -> Result<(), ServiceError> {
        if self.timers_are_broken() {
            return Err(ServiceError::passing("timers", "they are broken"));
        }
        lock(&self.armed).push(Timer { run: run.clone(), due, at });
        Ok(())
    }

    /// Runs are driven by the test itself: there is nothing to wait for.
    async fn changed(&self, _: &RunId, _: std::time::Duration) {
        tokio::task::yield_now().await;
    }

    fn wake(&self, run: &RunId) {
        lock(&self.woken).push(run.clone());
    }
}

/// What a panic said.
pub(super) fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

struct Bell {
    rung: AtomicBool,
    thread: Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Runs a future to its end on this thread. `false`: it waits for something that nobody can ever
/// tell it, which is known at once and takes no time.
fn finish(mut work: BoxFuture<'static, ()>) -> bool {
    let bell = Arc::new(Bell { rung: AtomicBool::new(false), thread: thread::current() });
    let waker = Waker::from(bell.clone());
    loop {
        if work.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(()) {
            return true;
        }
        while !bell.rung.swap(false, Ordering::Acquire) {
            // One is `bell`, one is in `waker`: no one else could ring.
            if Arc::strong_count(&bell) <= 2 {
                if bell.rung.swap(false, Ordering::Acquire) {
                    break;
                }
                return false;
            }
            thread::park_timeout(Real::from_millis(50));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn guard(work: impl Future<Output = ()> + Send + 'static) -> Result<(), Died> {
        let host = TestHost::new(Timestamp::UNIX_EPOCH, 1);
        host.guard(Box::pin(work), Real::from_secs(7)).await
    }

    #[tokio::test]
    async fn foreign_code_runs_to_its_end() {
        assert_eq!(guard(async {}).await, Ok(()));
        assert_eq!(guard(tokio::task::yield_now()).await, Ok(()));
        assert_eq!(guard(async { drop(tokio::spawn(async {}).await) }).await, Ok(()));
    }

    #[tokio::test]
    async fn a_panic_is_caught_with_its_words() {
        assert_eq!(guard(async { panic!("no {}", 1) }).await, Err(Died::Panicked("no 1".into())));
    }

    #[tokio::test]
    async fn waiting_for_nothing_is_out_of_time_at_once() {
        let began = std::time::Instant::now();
        let died = guard(std::future::pending()).await;
        assert_eq!(died, Err(Died::OutOfTime(Real::from_secs(7))));
        assert!(began.elapsed() < PATIENCE);
    }
}
