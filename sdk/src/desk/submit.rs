//! Recording a command.

use serde::{Deserialize, Serialize};

use super::account::busy;
use super::{
    Ask, Caller, DecisionBody, Desk, FieldProblem, Filter, Problem, Scope, check_text, command_id,
    digest,
};
use crate::engine::records::{self, json};
use crate::engine::{Command, CommandKind, Request, Run};
use crate::model::{CommandId, FlowName, Object, RunId, Status, UserId};
use crate::store::{Commit, Expect, Key, Write, write_surely};

/// A command that was recorded: it will be handled, whatever happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accepted {
    /// The run.
    pub id: RunId,
    /// The command.
    pub event: CommandId,
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

    pub(super) async fn record_request(
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
            CommandKind::Cancel { .. } | CommandKind::Revoke { .. } | CommandKind::Leave { .. } => {
                Scope::Revoke
            }
            CommandKind::Request { .. }
            | CommandKind::Answer { .. }
            | CommandKind::Undelivered { .. }
            | CommandKind::Wake => Scope::Request,
        })?;
        let stored = self.seen(caller, run).await?;
        tracing::Span::current().record("flow", stored.flow.as_str());
        let kind = match kind {
            CommandKind::Answer { fields } => {
                CommandKind::Answer { fields: self.answers(&stored, &fields)? }
            }
            CommandKind::Approve { .. }
            | CommandKind::Deny { .. }
            | CommandKind::Cancel { .. }
            | CommandKind::Revoke { .. }
            | CommandKind::Leave { .. }
            | CommandKind::Request { .. }
            | CommandKind::Undelivered { .. }
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
        let mut writes = vec![records::recorded(&command)];
        if let Some(key) = key {
            writes.insert(0, once(caller, key, &accepted, &digest));
        }
        match write_surely(&*self.runner.store, &records::transaction(writes)).await {
            Commit::Committed => {
                host.wake(&accepted.id);
                Ok(accepted)
            }
            // Somebody used the key at the same time: theirs counts.
            Commit::Conflict(_) => {
                let earlier = self.earlier(caller, key, &digest).await?;
                earlier.ok_or_else(|| busy("an item is in the way that is not there"))
            }
            Commit::Throttled => Err(busy("it is throttled")),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(busy(&why)),
        }
    }
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
