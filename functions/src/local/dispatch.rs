//! Runs are driven side by side, each by one task at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration as Pause;

use countersign::engine::Runner;
use countersign::model::RunId;
use tokio::sync::{Notify, Semaphore, mpsc};

/// So many runs are driven at the same time.
const SIDE_BY_SIDE: usize = 64;

/// After a failure of the store a run is tried again so soon.
const AGAIN: Pause = Pause::from_secs(1);

/// Drives runs that are woken.
#[derive(Debug, Clone)]
pub(super) struct Dispatcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runner: OnceLock<Runner>,
    busy: Mutex<HashMap<RunId, Slot>>,
    places: Semaphore,
    idle: Notify,
    /// Told after a run was driven, if anybody listens.
    driven: OnceLock<mpsc::UnboundedSender<RunId>>,
    /// Told when something may be to be said about a run, if anybody listens.
    said: OnceLock<mpsc::UnboundedSender<RunId>>,
}

/// A run that is being driven.
#[derive(Debug)]
struct Slot {
    /// It was woken again meanwhile.
    again: bool,
    /// Told when it has been driven, and when it has settled.
    done: Arc<Notify>,
}

impl Default for Dispatcher {
    fn default() -> Self {
        Self(Arc::new(Inner {
            runner: OnceLock::new(),
            busy: Mutex::default(),
            places: Semaphore::new(SIDE_BY_SIDE),
            idle: Notify::new(),
            driven: OnceLock::new(),
            said: OnceLock::new(),
        }))
    }
}

impl Dispatcher {
    pub(super) fn start(&self, runner: Runner) {
        // Started once, by `Local::over`.
        let _ = self.0.runner.set(runner);
    }

    /// Every run that was driven, from now on. There is one listener: the timers.
    pub(super) fn driven(&self) -> mpsc::UnboundedReceiver<RunId> {
        let (told, driven) = mpsc::unbounded_channel();
        // Asked for once, by `timers::start`.
        let _ = self.0.driven.set(told);
        driven
    }

    /// Every run that something may be to be said about, from now on. There is one listener.
    pub(super) fn said(&self) -> mpsc::UnboundedReceiver<RunId> {
        let (told, said) = mpsc::unbounded_channel();
        // Asked for once, by `Local::with`.
        let _ = self.0.said.set(told);
        said
    }

    fn may_have_said(&self, run: &RunId) {
        if let Some(said) = self.0.said.get() {
            // Nobody listens any more once the server ends.
            let _ = said.send(run.clone());
        }
    }

    /// Whether a run is being driven, or waits for its turn.
    pub(super) fn is_driving(&self, run: &RunId) -> bool {
        self.busy().contains_key(run)
    }

    /// Has a run driven, now or once more after it is done.
    pub(super) fn wake(&self, run: &RunId) {
        let mut busy = self.busy();
        if let Some(slot) = busy.get_mut(run) {
            slot.again = true;
            return;
        }
        busy.insert(run.clone(), Slot { again: false, done: Arc::default() });
        drop(busy);
        tokio::spawn(self.clone().work(run.clone()));
    }

    async fn work(self, run: RunId) {
        let Some(runner) = self.0.runner.get() else { return };
        loop {
            let place = self.0.places.acquire().await;
            let result = runner.drive(&run).await;
            drop(place);
            if let Err(error) = &result {
                tracing::error!(run.id = %run, "{error}: {}", source(error));
                tokio::time::sleep(AGAIN).await;
            }
            self.may_have_said(&run);
            let mut busy = self.busy();
            match busy.get_mut(&run) {
                Some(slot) if slot.again || result.is_err() => slot.again = false,
                Some(_) | None => {
                    let slot = busy.remove(&run);
                    let is_idle = busy.is_empty();
                    drop(busy);
                    if let Some(slot) = slot {
                        slot.done.notify_waiters();
                    }
                    if is_idle {
                        self.0.idle.notify_waiters();
                    }
                    if let Some(driven) = self.0.driven.get() {
                        // Nobody listens any more once the timers were stopped.
                        let _ = driven.send(run);
                    }
                    return;
                }
            }
        }
    }

    /// Whoever waits for the run may look at it.
    pub(super) fn settled(&self, run: &RunId) {
        self.may_have_said(run);
        if let Some(slot) = self.busy().get(run) {
            slot.done.notify_waiters();
        }
    }

    /// Returns when a run that is being driven is done, or soon if it is not.
    pub(super) async fn changed(&self, run: &RunId, at_most: Pause) {
        let done = self.busy().get(run).map(|slot| slot.done.clone());
        let Some(done) = done else {
            tokio::time::sleep(at_most.min(Pause::from_millis(20))).await;
            return;
        };
        let notified = done.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        if self.busy().contains_key(run) {
            // In the worst case it is looked at once more for nothing.
            let _ = tokio::time::timeout(at_most, notified).await;
        }
    }

    /// Returns when nothing is being driven.
    pub(super) async fn drain(&self) {
        let idle = self.0.idle.notified();
        tokio::pin!(idle);
        idle.as_mut().enable();
        if !self.busy().is_empty() {
            let _ = tokio::time::timeout(Pause::from_secs(10), idle).await;
        }
    }

    fn busy(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, Slot>> {
        self.0.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn source(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}
