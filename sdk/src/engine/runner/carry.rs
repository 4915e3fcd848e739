//! Carries effects out, in order, each once as far as anybody can see: what is repeated after a
//! crash has the same identity.

use super::super::apply::{Input, Next, Transition};
use super::super::command::{Actor, Auth, Command, CommandKind};
use super::super::entry::{Effect, EffectId, Failure};
use super::super::notices;
use super::super::question::Answers;
use super::super::records;
use super::super::rules::Request;
use super::super::state::{Outstanding, Run};
use super::view::Origin;
use super::{DriveError, Runner, Stored};
use crate::context::{Call as Mode, NewRun};
use crate::model::{
    Channel, CommandId, Object, RunId, Source, Step, Target, TargetName, Timestamp,
};
use crate::store::{Commit, Write, write_surely};

/// Why an effect that touches no target is left for later.
enum Later {
    Store(String),
}

impl Runner {
    /// Carries out what is ready of these effects, up to and including the first effect on a target, and commits
    /// the outcome.
    pub(super) async fn carry_out(
        &self,
        run: &Run,
        version: u64,
        now: Timestamp,
        which: impl Fn(&Effect) -> bool,
    ) -> Result<Option<Stored>, DriveError> {
        let mut done = Vec::new();
        let mut later = None;
        let mut outcome = None;
        let mut writes = Vec::new();
        for left in run.ready(now).into_iter().filter(|left| which(&left.effect)) {
            let Outstanding { id, effect, .. } = left;
            // Nothing is given before its end is armed; but taking away waits for nothing.
            if effect == Effect::Grant && later.is_some() {
                break;
            }
            if effect.touches_target() {
                let (input, more) = self.touch(run, version, id, &effect).await;
                outcome = Some(input);
                writes = more;
                break;
            }
            match self.do_one(run, id, &effect).await {
                Ok(()) => done.push(id),
                Err(Later::Store(why)) => later = Some(why),
            }
        }
        if let Some(why) = later
            && done.is_empty()
            && outcome.is_none()
        {
            return Err(DriveError::Write { run: run.id.clone(), why });
        }
        let inputs = (!done.is_empty()).then_some(Input::Done(done)).into_iter().chain(outcome);
        let transition = self.settle(run, inputs.collect()).await;
        self.commit(&run.id, Some((run.clone(), version)), transition, writes).await
    }

    /// Applies outcomes one after the other, as one transition.
    async fn settle(&self, run: &Run, inputs: Vec<Input<'_>>) -> Option<Transition> {
        let mut all: Option<Transition> = None;
        for input in inputs {
            let now = self.host.now();
            let current = all.as_ref().map_or(run, |transition| &transition.run);
            let next =
                self.ask_and_apply(Some(current), None, &input, &mut Answers::default(), now).await;
            if let Ok(Next::Move(transition)) = next {
                let mut entries = all.map(|before| before.entries).unwrap_or_default();
                entries.extend(transition.entries);
                all = Some(Transition { run: transition.run, entries });
            }
        }
        all
    }

    /// An effect on the target itself.
    async fn touch(
        &self,
        run: &Run,
        version: u64,
        id: EffectId,
        effect: &Effect,
    ) -> (Input<'static>, Vec<Write>) {
        let Some(target) = &run.request.target else {
            let failure = Failure {
                code: "Engine:NO_TARGET".to_owned(),
                message: "the run has no target".to_owned(),
                hint: None,
                is_final: true,
            };
            return (Input::GrantFailed(id, failure), Vec::new());
        };
        let now = self.host.now();
        let takes = *effect == Effect::Revoke;
        let reached = if takes {
            self.take(run, target, now).await
        } else {
            self.give(run, version, target, now).await
        };
        let input = match (reached.result, takes) {
            (Ok((output, reached)), false) => Input::Granted(id, output, reached),
            (Ok((output, reached)), true) => Input::Revoked(id, output, reached),
            (Err(failure), false) => Input::GrantFailed(id, failure),
            (Err(failure), true) => Input::RevokeFailed(id, failure),
        };
        (input, reached.writes)
    }

    /// An effect that touches no target. Its failure is logged and not held against the run; only
    /// what has to be durable is left for later.
    async fn do_one(&self, run: &Run, id: EffectId, effect: &Effect) -> Result<(), Later> {
        match effect {
            Effect::Arm { due, at } => {
                let armed = self.host.arm(&run.id, *due, *at).await;
                return armed.map_err(|error| Later::Store(error.to_string()));
            }
            Effect::Start { run: new } => return self.start(run, id, new).await,
            Effect::Act { step } => return self.act(run, id, *step).await,
            // Never outstanding, or not here.
            Effect::Ask | Effect::Notify { .. } | Effect::Grant | Effect::Revoke => {}
        }
        Ok(())
    }

    /// Calls an `after_` function. Its failure goes to the error channel; where a run that it
    /// scheduled cannot be recorded, it is called again.
    async fn act(&self, run: &Run, id: EffectId, step: Step) -> Result<(), Later> {
        // The same when this is repeated after a crash, so that what is posted twice is posted once.
        let now = run.steps.get(&step).map_or(run.touched, |passed| passed.at);
        let table = self.environment.flow(&run.flow).map(|flow| flow.table);
        let Some(entry) = table.and_then(|table| table.actions.after(step)).copied() else {
            return Ok(());
        };
        let event = self.event(run, step, Origin::of_step(run, step), now).await;
        let key = format!("{}/{}/{}", run.id, id.seq, id.index);
        let mode = Mode::Acting(Box::new(event.clone()));
        let (result, left) = self.call(entry, event, (), mode, key, now, self.budgets.action).await;
        if let Err(failure) = result {
            let Failure { code, message, .. } = &failure;
            tracing::warn!(run.id = %run.id, location = entry.location, code, "{message}");
            let trouble = notices::trouble(run, id, entry.path, entry.location, &failure);
            if let Err(error) = self.services.post(trouble).await {
                tracing::warn!(run.id = %run.id, "a message could not be sent: {error}");
            }
        }
        for (index, new) in left.scheduled.iter().enumerate() {
            let id = EffectId { seq: id.seq, index: 1_000_usize.saturating_add(index) };
            self.start(run, id, new).await?;
        }
        Ok(())
    }

    /// Records the request that begins another run, under an id that is the same if this is
    /// repeated.
    async fn start(&self, run: &Run, id: EffectId, new: &NewRun) -> Result<(), Later> {
        let command = self.first_command(run, id, new);
        let writes = vec![records::recorded(&command)];
        match write_surely(&*self.store, &records::transaction(writes)).await {
            Commit::Committed | Commit::Conflict(_) => {
                self.host.wake(&command.run);
                Ok(())
            }
            Commit::Throttled => Err(Later::Store("it is throttled".to_owned())),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(Later::Store(why)),
        }
    }

    /// The target of this name; where there is none, one of the same name that no flow has, so
    /// that the run says so.
    fn named_target(&self, name: &TargetName) -> Target {
        self.environment.targets.get(name).cloned().unwrap_or_else(|| Target {
            name: name.clone(),
            kind: String::new(),
            label: name.to_string(),
            strategy: None,
            settings: Object::new(),
        })
    }

    fn first_command(&self, run: &Run, id: EffectId, new: &NewRun) -> Command {
        let target = match &new.target {
            Some(name) => Some(self.named_target(name)),
            None => run.request.target.clone(),
        };
        let reason = if new.reason.is_empty() { &run.request.reason } else { &new.reason };
        let channel = Channel::from(Source::Flow);
        let request = Request {
            requester: run.request.requester.clone(),
            filed_by: None,
            target,
            duration: run.request.duration,
            reason: reason.clone(),
            fields: new.fields.clone(),
            context: serde_json::Value::Null,
            channel: channel.clone(),
            parent: Some(run.id.clone()),
            extends: None,
            starts: new.at,
        };
        let child = child_id(run, id);
        let name = format!("start-{}", child.as_str());
        Command {
            id: CommandId::parse(name)
                .unwrap_or_else(|_| unreachable!("letters, digits and a dash")),
            run: child,
            at: run.touched,
            by: Actor { user: Some(run.request.requester.clone()), auth: Auth::Flow },
            channel,
            kind: CommandKind::Request { flow: new.flow.clone(), request: Box::new(request) },
        }
    }
}

/// The id of a run that another one starts: the same however often it is started.
fn child_id(run: &Run, id: EffectId) -> RunId {
    let name = format!("{}/{}/{}", run.id, id.seq, id.index);
    let hash = super::super::chain::sha256(&[name.as_bytes()]);
    let digits = hash.as_str().get(..20).unwrap_or_default();
    RunId::from_parts(
        records::millis(run.created),
        u128::from_str_radix(digits, 16).unwrap_or_default(),
    )
}
