//! The machine: its clock, its chance, threads for foreign code.

use std::time::Duration as Budget;

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::engine::{Died, Due, Host};
use countersign::model::{RunId, Timestamp};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::dispatch::Dispatcher;

/// The machine that the local server runs on.
#[derive(Debug)]
pub(super) struct LocalHost {
    dispatcher: Dispatcher,
    /// The earliest time that was armed since the timers last looked; `None`: none.
    armed: watch::Sender<Option<Timestamp>>,
    stopped: watch::Sender<bool>,
}

impl LocalHost {
    pub(super) fn new(dispatcher: Dispatcher) -> Self {
        Self { dispatcher, armed: watch::Sender::new(None), stopped: watch::Sender::new(false) }
    }

    pub(super) fn armed(&self) -> watch::Receiver<Option<Timestamp>> {
        self.armed.subscribe()
    }

    pub(super) fn stopped(&self) -> watch::Receiver<bool> {
        self.stopped.subscribe()
    }

    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Has the timers look at that time.
    pub(super) fn look_at(&self, at: Timestamp) {
        self.armed.send_if_modified(|armed| {
            let is_earlier = armed.is_none_or(|armed| at < armed);
            if is_earlier {
                *armed = Some(at);
            }
            is_earlier
        });
    }

    /// What was armed since this was last asked.
    pub(super) fn take_armed(&self) {
        self.armed.send_if_modified(|armed| {
            *armed = None;
            false
        });
    }
}

#[async_trait]
impl Host for LocalHost {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn entropy(&self) -> u128 {
        let mut bytes = [0; 16];
        // Without chance no name can be made that nobody has; every platform that we run on has it.
        #[expect(clippy::expect_used, reason = "there is nothing to go on with")]
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        u128::from_be_bytes(bytes)
    }

    async fn guard(&self, work: BoxFuture<'static, ()>, budget: Budget) -> Result<(), Died> {
        // On a thread of its own: foreign code may block as well as it may wait.
        let runtime = tokio::runtime::Handle::current();
        let work = tokio::task::spawn_blocking(move || {
            runtime.block_on(async { tokio::time::timeout(budget, work).await })
        });
        match tokio::time::timeout(budget, work).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Err(error)) => Err(Died::Panicked(panic_message(error))),
            Ok(Ok(Err(_))) | Err(_) => Err(Died::OutOfTime(budget)),
        }
    }

    async fn arm(&self, _: &RunId, _: Due, at: Timestamp) -> Result<(), ServiceError> {
        // The due item is in the store; this is for being on time.
        self.look_at(at);
        Ok(())
    }

    fn wake(&self, run: &RunId) {
        self.dispatcher.wake(run);
    }

    async fn changed(&self, run: &RunId, at_most: Budget) {
        self.dispatcher.changed(run, at_most).await;
    }
}

fn panic_message(error: tokio::task::JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was cancelled".to_owned() };
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => match panic.downcast::<&'static str>() {
            Ok(message) => (*message).to_owned(),
            Err(_) => "it panicked".to_owned(),
        },
    }
}
