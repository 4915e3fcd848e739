//! The machine that a function runs on.

use std::time::Duration as Budget;

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::engine::{Died, Due, Host};
use countersign::model::{RunId, Timestamp};
use futures_util::future::BoxFuture;

use super::schedule::Scheduler;
use crate::machine;

/// How often somebody who waits for a run looks at it again.
const LOOK: Budget = Budget::from_millis(100);

/// The machine that a function runs on.
#[derive(Debug)]
pub(super) struct LambdaHost {
    /// Whether user code runs here at all.
    pub(super) runs_user_code: bool,
    /// Makes schedules, where runs are driven.
    pub(super) scheduler: Option<Scheduler>,
}

#[async_trait]
impl Host for LambdaHost {
    fn now(&self) -> Timestamp {
        machine::now()
    }

    fn entropy(&self) -> u128 {
        machine::entropy()
    }

    async fn guard(&self, work: BoxFuture<'static, ()>, budget: Budget) -> Result<(), Died> {
        if self.runs_user_code { machine::guard(work, budget).await } else { Err(Died::NotHere) }
    }

    async fn guard_here(&self, work: BoxFuture<'static, ()>, budget: Budget) -> Result<(), Died> {
        machine::guard_here(work, budget).await
    }

    async fn arm(&self, run: &RunId, due: Due, at: Timestamp) -> Result<(), ServiceError> {
        match &self.scheduler {
            Some(scheduler) => scheduler.arm(run, due, at).await,
            None => Err(ServiceError::lasting(
                "scheduler",
                "this function makes no schedules",
                "runs are driven by the worker alone",
            )),
        }
    }

    async fn disarm(&self, run: &RunId, due: Due, at: Timestamp) {
        // For the others no schedules are made.
        let is_armed = matches!(due, Due::Start | Due::Deadline | Due::Remind | Due::End);
        if let (Some(scheduler), true) = (&self.scheduler, is_armed)
            && let Err(error) = scheduler.disarm(run, due, at).await
        {
            tracing::warn!(run.id = %run, "a schedule stays until its time: {error}");
        }
    }

    /// What was recorded, the table's stream tells the worker.
    fn wake(&self, _: &RunId) {}

    async fn changed(&self, _: &RunId, at_most: Budget) {
        tokio::time::sleep(at_most.min(LOOK)).await;
    }
}
