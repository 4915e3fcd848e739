//! Holding access for longer.

use super::submit::Accepted;
use super::{Caller, Desk, Problem, Scope, check_text, digest};
use crate::engine::{Extends, Request, Run, State};
use crate::model::{Duration, RunId, Status};

impl Desk {
    /// Asks to hold access for longer: a request of its own, whose time begins where the other's
    /// ends.
    ///
    /// # Errors
    ///
    /// If there is nothing to extend, or it may not be.
    pub async fn extend(
        &self,
        caller: &Caller,
        id: &RunId,
        duration: Option<Duration>,
        reason: &str,
        key: Option<&str>,
    ) -> Result<Accepted, Problem> {
        let result = self.try_extend(caller, id, duration, reason, key).await;
        if let Err(problem) = &result {
            self.refused(caller, "extend", problem).await;
        }
        result
    }

    async fn try_extend(
        &self,
        caller: &Caller,
        id: &RunId,
        duration: Option<Duration>,
        reason: &str,
        key: Option<&str>,
    ) -> Result<Accepted, Problem> {
        caller.needs(Scope::Request)?;
        let run = self.seen(caller, id).await?;
        let digest = digest(&(id, duration, reason));
        if let Some(accepted) = self.earlier(caller, key, &digest).await? {
            return Ok(accepted);
        }
        check_text("reason", reason).map_err(|problem| Problem::fields(vec![problem]))?;
        if caller.user.id != run.request.requester {
            return Err(Problem::new(
                403,
                "not_yours",
                "only whoever holds access asks to keep it",
            ));
        }
        let extends = held(&run)?;
        let duration = duration.or(run.request.duration).unwrap_or(Duration::HOUR);
        if extends.until + duration > extends.latest {
            let message = format!(
                "{duration} more would end after {}, the latest that is allowed",
                extends.latest
            );
            let hint = format!(
                "it may last for {} in all, counted from the first grant",
                run.rules.max_duration
            );
            return Err(Problem::field("duration", message, hint));
        }
        let request = Request {
            duration: Some(duration),
            reason: if reason.is_empty() { run.request.reason.clone() } else { reason.to_owned() },
            channel: caller.channel.clone(),
            filed_by: None,
            parent: Some(run.id.clone()),
            extends: Some(extends),
            starts: None,
            ..run.request.clone()
        };
        self.record_request(caller, &run.flow, request, key, digest).await
    }
}

/// The hold that an extension prolongs.
fn held(run: &Run) -> Result<Extends, Problem> {
    let nth = run.request.extends.as_ref().map_or(0, |extends| extends.nth);
    let State::Active { until: Some(until), .. } = run.state else {
        let message = match run.status() {
            Status::Active => {
                "access lasts until somebody ends it: there is nothing to extend".to_owned()
            }
            status => format!("the run is {status}: only access that is there can be extended"),
        };
        return Err(Problem::new(409, "not_active", message));
    };
    if nth >= run.rules.max_extensions {
        let message = format!("it was extended {nth} times, which is the most");
        return Err(
            Problem::new(409, "too_many_extensions", message).hint("ask anew when it has ended")
        );
    }
    let first = run.request.extends.as_ref().map(|extends| extends.latest);
    let latest = first.unwrap_or_else(|| run.since.unwrap_or(run.created) + run.rules.max_duration);
    Ok(Extends { run: run.id.clone(), until, nth: nth.saturating_add(1), latest })
}
