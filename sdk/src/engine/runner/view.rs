//! The event as a flow's functions see it.

use std::collections::BTreeMap;

use super::super::apply::Input;
use super::super::command::CommandKind;
use super::super::state::{Decider, Run};
use super::Runner;
use crate::context::ServiceError;
use crate::model::{Channel, Event, FlowInfo, RunInfo, Source, Step, Timestamp, User, UserId};

/// What is known about the cause of an event.
pub(super) struct Origin {
    actor: Option<UserId>,
    channel: Channel,
    message: Option<String>,
}

impl Origin {
    pub(super) fn of(input: &Input<'_>) -> Self {
        let Input::Command(command) = input else { return Self::engine() };
        let message = match &command.kind {
            CommandKind::Approve { message, .. }
            | CommandKind::Deny { message }
            | CommandKind::Cancel { message }
            | CommandKind::Revoke { message } => message.clone(),
            CommandKind::Leave { why } => Some(why.clone()),
            CommandKind::Request { .. }
            | CommandKind::Answer { .. }
            | CommandKind::Undelivered { .. }
            | CommandKind::Wake => None,
        };
        // A request is its requester's, whoever filed it: what a hook allows the one, it must not
        // give to the other.
        let actor = match &command.kind {
            CommandKind::Request { request, .. } => Some(request.requester.clone()),
            CommandKind::Approve { .. }
            | CommandKind::Deny { .. }
            | CommandKind::Cancel { .. }
            | CommandKind::Revoke { .. }
            | CommandKind::Answer { .. }
            | CommandKind::Leave { .. }
            | CommandKind::Undelivered { .. }
            | CommandKind::Wake => command.by.user.clone(),
        };
        Self { actor, channel: command.channel.clone(), message }
    }

    pub(super) fn engine() -> Self {
        Self { actor: None, channel: Source::Internal.into(), message: None }
    }

    /// The origin of a step that a run went through, for the action after it.
    pub(super) fn of_step(run: &Run, step: Step) -> Self {
        let passed = run.steps.get(&step);
        let by_flow = run
            .approvals
            .last()
            .is_some_and(|approval| matches!(approval.by, Decider::Flow { .. }));
        let channel = match step {
            Step::Request | Step::Prompt => run.request.channel.clone(),
            Step::Approval if by_flow => Source::Flow.into(),
            Step::Approval
            | Step::Denial
            | Step::Forward
            | Step::Expiry
            | Step::Escalate
            | Step::Deescalate => Source::Internal.into(),
        };
        Self {
            actor: passed.and_then(|passed| passed.actor.clone()),
            channel,
            message: passed.and_then(|passed| passed.message.clone()),
        }
    }
}

impl Runner {
    /// The event of the form that begins a run, or of whoever looks at one.
    pub(crate) async fn looking(&self, run: &Run, now: Timestamp) -> Event {
        self.event(run, Step::Prompt, Origin::of_step(run, Step::Request), now).await
    }

    /// The event of a step of this run.
    pub(super) async fn event(
        &self,
        run: &Run,
        step: Step,
        origin: Origin,
        at: Timestamp,
    ) -> Event {
        let requester = self.person(&run.request.requester).await;
        let user = match &origin.actor {
            Some(id) if *id != requester.id => self.person(id).await,
            Some(_) | None => requester.clone(),
        };
        self.event_of(run, step, origin, at, [requester, user])
    }

    /// The event of a step, for a function that decides: with people as they are now, by all systems
    /// that can say so.
    pub(super) async fn event_now(
        &self,
        run: &Run,
        step: Step,
        origin: Origin,
        at: Timestamp,
    ) -> Result<Event, ServiceError> {
        let requester = self.person_now(&run.request.requester).await?;
        let user = match &origin.actor {
            Some(id) if *id != requester.id => self.person_now(id).await?,
            Some(_) | None => requester.clone(),
        };
        Ok(self.event_of(run, step, origin, at, [requester, user]))
    }

    fn event_of(
        &self,
        run: &Run,
        step: Step,
        origin: Origin,
        at: Timestamp,
        [requester, user]: [User; 2],
    ) -> Event {
        let vars = self.environment.flow(&run.flow).map(|flow| flow.vars.clone());
        Event {
            step,
            target: run.request.target.clone(),
            duration: run.request.duration,
            reason: run.request.reason.clone(),
            fields: run.request.fields.clone(),
            vars: vars.unwrap_or_default(),
            flow: FlowInfo { name: run.flow.clone(), version: run.flow_version.clone() },
            run: info(run, &[&requester, &user]),
            channel: origin.channel,
            at,
            message: origin.message,
            user,
            requester,
        }
    }

    /// Everything known about a user; just the name where nobody can be asked.
    async fn person(&self, id: &UserId) -> User {
        match self.services.user(id).await {
            Ok(Some(user)) => user,
            Ok(None) | Err(_) => User::new(id.clone()),
        }
    }

    async fn person_now(&self, id: &UserId) -> Result<User, ServiceError> {
        let user = self.services.user_now(id).await?;
        Ok(user.unwrap_or_else(|| User::new(id.clone())))
    }
}

fn info(run: &Run, known: &[&User]) -> RunInfo {
    let person = |id: &UserId| {
        let found = known.iter().find(|person| person.id == *id);
        found.map_or_else(|| User::new(id.clone()), |person| (*person).clone())
    };
    let mut info = RunInfo {
        id: run.id.clone(),
        created: run.created,
        parent: run.request.parent.clone(),
        actors: BTreeMap::new(),
        contexts: BTreeMap::new(),
        outputs: BTreeMap::new(),
    };
    for (step, passed) in &run.steps {
        info.actors.extend(passed.actor.as_ref().map(|actor| (*step, person(actor))));
        info.contexts.insert(*step, passed.context.clone());
        if !passed.output.is_null() {
            info.outputs.insert(*step, passed.output.clone());
        }
    }
    info
}
