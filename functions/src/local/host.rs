//! The machine that the local server runs on.

use std::time::Duration as Budget;

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::engine::{Died, Due, Host};
use countersign::model::{RunId, Timestamp};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::dispatch::Dispatcher;
use crate::machine;

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
        machine::now()
    }

    fn entropy(&self) -> u128 {
        machine::entropy()
    }

    async fn guard(&self, work: BoxFuture<'static, ()>, budget: Budget) -> Result<(), Died> {
        machine::guard(work, budget).await
    }

    async fn guard_here(&self, work: BoxFuture<'static, ()>, budget: Budget) -> Result<(), Died> {
        machine::guard_here(work, budget).await
    }

    async fn arm(&self, _: &RunId, _: Due, at: Timestamp) -> Result<(), ServiceError> {
        // The due item is in the store; this is for being on time.
        self.look_at(at);
        Ok(())
    }

    fn settled(&self, run: &RunId) {
        self.dispatcher.settled(run);
    }

    fn wake(&self, run: &RunId) {
        self.dispatcher.wake(run);
    }

    async fn changed(&self, run: &RunId, at_most: Budget) {
        self.dispatcher.changed(run, at_most).await;
    }
}
