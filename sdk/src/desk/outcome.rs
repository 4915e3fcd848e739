//! What became of a command.

use serde::{Deserialize, Serialize};

use super::submit::Accepted;
use super::{Caller, Desk, Problem, RunView};
use crate::engine::records;
use crate::engine::{Cause, What};
use crate::model::{CommandId, RunId};
use crate::store::Query;

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum EventStatus {
    /// It has not been handled yet.
    Pending,
    /// It did what it was to do.
    Success,
    /// It had nothing to do any more.
    Ignored,
    /// It was refused.
    Error,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventView {
    /// The command.
    pub id: CommandId,
    /// The run.
    pub run: RunId,
    /// What became of it.
    pub status: EventStatus,
    /// Why it was refused, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Desk {
    /// Waits until a command has been handled and its run has settled, or for so long. The functions
    /// after its steps may still be under way.
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or the command was refused.
    pub async fn settled(
        &self,
        caller: &Caller,
        accepted: &Accepted,
        at_most: std::time::Duration,
    ) -> Result<Option<RunView>, Problem> {
        let host = &self.runner.host;
        let limit = jiff::SignedDuration::try_from(at_most).unwrap_or_default();
        let deadline = host.now().checked_add(limit).unwrap_or(host.now());
        loop {
            // Handled first, settled then: a run may well stand still just before the command is
            // handled.
            if !self.is_waiting(&accepted.id, &accepted.event).await?
                && let Some(run) = self.runner.run(&accepted.id).await?
                && run.is_settled(host.now())
            {
                let event = self.outcome(&accepted.id, &accepted.event).await?;
                if event.status == EventStatus::Error {
                    let code = event.code.unwrap_or_default();
                    let message = event.message.unwrap_or_default();
                    return Err(Problem::from_code(&code, message));
                }
                if !self.may_see(caller, &run).await {
                    return Err(Problem::no_run(&accepted.id));
                }
                return self.viewed(caller, &run).await.map(Some);
            }
            let left = host.now().duration_until(deadline);
            let Ok(left) = std::time::Duration::try_from(left) else { return Ok(None) };
            if left.is_zero() {
                return Ok(None);
            }
            host.changed(&accepted.id, left).await;
        }
    }

    async fn is_waiting(&self, run: &RunId, id: &CommandId) -> Result<bool, Problem> {
        let query = records::commands(run).limit(100);
        let suffix = format!("#{id}");
        Ok(self
            .runner
            .store
            .query(&query)
            .await?
            .items
            .iter()
            .any(|item| item.key.sk.ends_with(&suffix)))
    }

    /// What became of a command.
    ///
    /// # Errors
    ///
    /// If there is no such command, or it is not for the caller to see.
    pub async fn event(&self, caller: &Caller, id: &CommandId) -> Result<EventView, Problem> {
        let unknown = || Problem::new(404, "no_such_event", format!("there is no event `{id}`"));
        let run = id
            .as_str()
            .split_once('.')
            .and_then(|(run, _)| RunId::parse(run).ok())
            .ok_or_else(unknown)?;
        if self.is_waiting(&run, id).await? {
            return Ok(EventView {
                id: id.clone(),
                run,
                status: EventStatus::Pending,
                code: None,
                message: None,
            });
        }
        self.seen(caller, &run).await.map_err(|_| unknown())?;
        self.outcome(&run, id).await
    }

    async fn outcome(&self, run: &RunId, id: &CommandId) -> Result<EventView, Problem> {
        let mut view = EventView {
            id: id.clone(),
            run: run.clone(),
            status: EventStatus::Ignored,
            code: None,
            message: None,
        };
        // The newest entries come first: a command is mostly asked about soon.
        let mut query = Query::of(records::partition(run)).prefix("E#").descending().limit(8);
        loop {
            let page = self.runner.store.query(&query).await?;
            let entries = page.items.iter().map(records::read_entries);
            for sealed in entries.collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
                let is_caused =
                    matches!(&sealed.entry.cause, Cause::Command { id: cause, .. } if cause == id);
                if !is_caused {
                    continue;
                }
                if let What::Refused { code, message, .. } = sealed.entry.what {
                    (view.status, view.code, view.message) =
                        (EventStatus::Error, Some(code), Some(message));
                } else {
                    view.status = EventStatus::Success;
                }
                return Ok(view);
            }
            match page.items.last() {
                Some(last) if page.more => query.after = Some(last.key.sk.clone()),
                Some(_) | None => return Ok(view),
            }
        }
    }
}

impl Problem {
    /// A refusal as an entry recorded it.
    fn from_code(code: &str, message: String) -> Self {
        let status = match code {
            "unavailable" | "hook_failed" => 503,
            "no_such_run" | "unknown_user" => 404,
            "self_approval" | "self_denial" | "not_an_approver" | "not_yours" | "deactivated"
            | "bots_never_decide" | "not_distinct" | "revoke_not_allowed" => 403,
            _ => 409,
        };
        Self::new(status, code, message)
    }
}

impl From<crate::engine::Illegal> for Problem {
    fn from(illegal: crate::engine::Illegal) -> Self {
        Self::from_code(illegal.code, illegal.message)
    }
}
