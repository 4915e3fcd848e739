//! The port to the machine: time, chance, guarded execution, waking up.

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::state::Due;
use crate::context::ServiceError;
use crate::model::{RunId, Timestamp};

/// How guarded work ended, if not well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Died {
    /// It panicked, with this message.
    #[error("it panicked: {0}")]
    Panicked(String),
    /// It took longer than its budget. It may still be running.
    #[error("it took longer than {0:?}")]
    OutOfTime(std::time::Duration),
    /// This machine runs none.
    #[error("it is not run here")]
    NotHere,
}

/// The machine.
#[async_trait]
pub trait Host: std::fmt::Debug + Send + Sync {
    /// The time, in whole milliseconds.
    fn now(&self) -> Timestamp;

    /// 80 bits that nobody can guess.
    fn entropy(&self) -> u128;

    /// Runs foreign code apart from everything else: neither its panic, nor its blocking, nor its
    /// taking for ever touches the caller.
    ///
    /// # Errors
    ///
    /// If it panicked or ran out of time.
    async fn guard(
        &self,
        work: BoxFuture<'static, ()>,
        budget: std::time::Duration,
    ) -> Result<(), Died>;

    /// Runs our own work, which never blocks: only its panic and its taking for ever are kept from
    /// the caller.
    ///
    /// # Errors
    ///
    /// If it panicked or ran out of time.
    async fn guard_here(
        &self,
        work: BoxFuture<'static, ()>,
        budget: std::time::Duration,
    ) -> Result<(), Died> {
        self.guard(work, budget).await
    }

    /// Has the run woken at that time. The due item in the store stands in any case: this is for
    /// being on time.
    ///
    /// # Errors
    ///
    /// If the timer cannot be set. It is tried again, and nothing is granted before it is.
    async fn arm(&self, run: &RunId, due: Due, at: Timestamp) -> Result<(), ServiceError>;

    /// The run need not be woken at that time any more. Being woken for nothing does no harm, so
    /// this may do nothing, and nobody asks whether it worked.
    async fn disarm(&self, _run: &RunId, _due: Due, _at: Timestamp) {}

    /// The run stands where whoever waits for it may look at it. Those who wait look again in any
    /// case: this is for not letting them wait longer than they need.
    fn settled(&self, _run: &RunId) {}

    /// Has the run looked at soon.
    fn wake(&self, run: &RunId);

    /// Returns when the run may have changed, and at the latest after this time.
    async fn changed(&self, run: &RunId, at_most: std::time::Duration);
}
