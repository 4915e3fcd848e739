//! Recording a command, and what became of it.

use serde::{Deserialize, Serialize};

use super::account::busy;
use super::{
    Ask, Caller, DecisionBody, Desk, FieldProblem, Filter, Problem, RunView, Scope, check_text,
    command_id, digest,
};
use crate::engine::records::{self, json};
use crate::engine::{Cause, Command, CommandKind, Extends, Request, Run, SealedEntry, State, What};
use crate::model::{CommandId, Duration, FlowName, Object, RunId, Status, UserId};
use crate::store::{Commit, Expect, Key, Query, Write, write_surely};

/// A command that was recorded: it will be handled, whatever happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accepted {
    /// The run.
    pub id: RunId,
    /// The command.
    pub event: CommandId,
}

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

/// What is kept under an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Once {
    accepted: Accepted,
    digest: String,
}

impl Desk {
    /// Asks for something.
    ///
    /// # Errors
    ///
    /// What is wrong with the request; that is recorded too.
    pub async fn request(
        &self,
        caller: &Caller,
        ask: &Ask,
        key: Option<&str>,
    ) -> Result<Accepted, Problem> {
        let result = self.try_request(caller, ask, key).await;
        if let Err(problem) = &result {
            self.refused(caller, "request", problem).await;
        }
        result
    }

    async fn try_request(
        &self,
        caller: &Caller,
        ask: &Ask,
        key: Option<&str>,
    ) -> Result<Accepted, Problem> {
        caller.needs(Scope::Request)?;
        let request = self.checked(caller, ask).await?;
        let digest = digest(ask);
        if let Some(accepted) = self.earlier(caller, key, &digest).await? {
            return Ok(accepted);
        }
        let twin = records::twin(
            &request.requester,
            &ask.flow,
            request.target.as_ref().map(|it| &it.name),
        );
        if let Some(item) = self.runner.store.get(&twin).await? {
            let run: RunId = records::read(&item)?;
            return Err(Problem::new(
                409,
                "duplicate",
                format!("the same request is under way already: {run}"),
            )
            .hint("look at that run; cancel or end it to ask anew")
            .run(run));
        }
        self.record_request(caller, &ask.flow, request, key, digest).await
    }

    /// The request as the engine takes it, if the caller may make it.
    pub(super) async fn checked(&self, caller: &Caller, ask: &Ask) -> Result<Request, Problem> {
        let request = ask.check(&self.runner.environment, caller)?;
        let requester = if request.filed_by.is_some() {
            let user = self.runner.services.user(&request.requester).await?;
            user.ok_or_else(|| {
                let message = format!("nobody knows `{}`", request.requester);
                Problem::field(
                    "requester",
                    message,
                    "name somebody who is in the settings, or has been here",
                )
            })?
        } else {
            caller.user.clone()
        };
        match crate::engine::may_not_ask(&requester) {
            Some(why) => Err(Problem::new(403, "may_not_ask", why)),
            None => Ok(request),
        }
    }

    async fn record_request(
        &self,
        caller: &Caller,
        flow: &FlowName,
        request: Request,
        key: Option<&str>,
        digest: String,
    ) -> Result<Accepted, Problem> {
        let now = self.runner.host.now();
        let run = RunId::from_parts(records::millis(now), self.runner.host.entropy());
        let kind = CommandKind::Request { flow: flow.clone(), request: Box::new(request) };
        self.record(caller, run, kind, key, digest).await
    }

    /// Gives a command to a run. Whether it is legal is found out when it is handled; see
    /// [`event`](Self::event).
    ///
    /// # Errors
    ///
    /// If there is no such run, or it is not for the caller.
    pub async fn command(
        &self,
        caller: &Caller,
        run: &RunId,
        kind: CommandKind,
        key: Option<&str>,
    ) -> Result<Accepted, Problem> {
        let name = kind.as_str();
        let result = self.try_command(caller, run, kind, key).await;
        if let Err(problem) = &result {
            self.refused(caller, name, problem).await;
        }
        result
    }

    async fn try_command(
        &self,
        caller: &Caller,
        run: &RunId,
        kind: CommandKind,
        key: Option<&str>,
    ) -> Result<Accepted, Problem> {
        caller.needs(match &kind {
            CommandKind::Approve { .. } | CommandKind::Deny { .. } => Scope::Decide,
            CommandKind::Cancel { .. } | CommandKind::Revoke { .. } => Scope::Revoke,
            CommandKind::Request { .. } | CommandKind::Answer { .. } | CommandKind::Wake => {
                Scope::Request
            }
        })?;
        let stored = self.seen(caller, run).await?;
        let kind = match kind {
            CommandKind::Answer { fields } => {
                CommandKind::Answer { fields: self.answers(&stored, &fields)? }
            }
            CommandKind::Approve { .. }
            | CommandKind::Deny { .. }
            | CommandKind::Cancel { .. }
            | CommandKind::Revoke { .. }
            | CommandKind::Request { .. }
            | CommandKind::Wake => kind,
        };
        let digest = digest(&(run, &kind));
        if let Some(accepted) = self.earlier(caller, key, &digest).await? {
            return Ok(accepted);
        }
        self.record(caller, run.clone(), kind, key, digest).await
    }

    fn answers(&self, run: &Run, fields: &Object) -> Result<Object, Problem> {
        let config =
            self.runner.environment.flow(&run.flow).ok_or_else(|| Problem::no_run(&run.id))?;
        config.table.validate(fields).map_err(|errors| {
            let problem = |error: crate::flow::FieldError| FieldProblem {
                field: format!("fields.{}", error.field),
                message: error.message,
                hint: error.hint,
            };
            Problem::fields(errors.into_iter().map(problem).collect())
        })
    }

    /// Ends all access of somebody, or of everybody: one command for each run that holds any.
    ///
    /// # Errors
    ///
    /// If the caller is no administrator, or the store fails. What was recorded before is carried
    /// out; calling it again ends the rest.
    pub async fn end_all(
        &self,
        caller: &Caller,
        user: Option<&UserId>,
        message: Option<&str>,
    ) -> Result<Vec<Accepted>, Problem> {
        if !caller.is_admin() {
            let problem = Problem::new(403, "admins_only", "only administrators end all access");
            self.refused(caller, "revoke_all", &problem).await;
            return Err(problem);
        }
        let mut accepted = Vec::new();
        let mut filter = Filter { requester: user.cloned(), limit: Some(200), ..Filter::default() };
        loop {
            let page = self.grants(caller, &filter).await?;
            for grant in page.items.iter().filter(|grant| grant.status != Status::Revoking) {
                let kind = CommandKind::Revoke { message: message.map(str::to_owned) };
                accepted.push(self.command(caller, &grant.run, kind, None).await?);
            }
            match page.next {
                Some(next) => filter.cursor = Some(next),
                None => return Ok(accepted),
            }
        }
    }

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

    /// What an earlier call with this key recorded.
    pub(super) async fn earlier(
        &self,
        caller: &Caller,
        key: Option<&str>,
        digest: &str,
    ) -> Result<Option<Accepted>, Problem> {
        let Some(key) = key else { return Ok(None) };
        let is_plain =
            (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain {
            return Err(Problem::field(
                "Idempotency-Key",
                "it is not 1 to 128 visible ASCII characters",
                "use a UUID",
            ));
        }
        let Some(item) = self.runner.store.get(&once_key(caller, key)).await? else {
            return Ok(None);
        };
        let once: Once = records::read(&item)?;
        if once.digest == digest {
            return Ok(Some(once.accepted));
        }
        Err(Problem::new(
            422,
            "idempotency_mismatch",
            "this Idempotency-Key was used for something else",
        )
        .hint("use a new key for a new request")
        .run(once.accepted.id))
    }

    async fn record(
        &self,
        caller: &Caller,
        run: RunId,
        kind: CommandKind,
        key: Option<&str>,
        digest: String,
    ) -> Result<Accepted, Problem> {
        let host = &self.runner.host;
        let id = command_id(&run, host.entropy());
        let accepted = Accepted { id: run.clone(), event: id.clone() };
        let command = Command {
            id,
            run,
            at: host.now(),
            by: caller.actor(),
            channel: caller.channel.clone(),
            kind,
        };
        let mut writes = records::recorded(&command);
        if let Some(key) = key {
            writes.insert(0, once(caller, key, &accepted, &digest));
        }
        match write_surely(&*self.runner.store, &records::transaction(writes)).await {
            Commit::Committed => {
                host.wake(&accepted.id);
                Ok(accepted)
            }
            // Somebody used the key at the same time: theirs counts.
            Commit::Conflict(_) => self.earlier(caller, key, &digest).await?.ok_or_else(busy),
            Commit::Throttled | Commit::Unknown(_) | Commit::Invalid(_) => Err(busy()),
        }
    }

    /// Waits until a command has been handled and its run rests, or for so long.
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
            // Handled first, at rest then: a run may well rest just before the command is handled.
            if !self.is_waiting(&accepted.id, &accepted.event).await?
                && let Some(run) = self.runner.run(&accepted.id).await?
                && run.rests(host.now())
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
        let query = Query::of(records::partition(run)).prefix("C#").limit(100);
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
        let mut query = Query::of(records::partition(run)).prefix("E#").descending();
        loop {
            let page = self.runner.store.query(&query).await?;
            for item in &page.items {
                let sealed: SealedEntry = records::read_entry(item)?;
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

/// Remembers what was recorded under a key.
pub(super) fn once(caller: &Caller, key: &str, accepted: &Accepted, digest: &str) -> Write {
    let body = json(&Once { accepted: accepted.clone(), digest: digest.to_owned() });
    Write::Put { key: once_key(caller, key), body, expect: Expect::Absent }
}

fn once_key(caller: &Caller, key: &str) -> Key {
    Key::new(format!("K#{}#{key}", caller.user.id), "#")
}

impl DecisionBody {
    /// The message, if there is one.
    ///
    /// # Errors
    ///
    /// If it is too long, or hides what it says.
    pub fn checked(self) -> Result<Option<String>, Problem> {
        check_text("message", &self.message).map_err(|problem| Problem::fields(vec![problem]))?;
        let message = self.message.trim();
        Ok((!message.is_empty()).then(|| message.to_owned()))
    }
}
