//! A transition while it is being put together.

use std::collections::BTreeSet;

use super::super::chain::{SealedEntry, genesis, seal};
use super::super::command::{Actor, Auth, Command};
use super::super::deciders::may_decide;
use super::super::entry::{Cause, Effect, EffectId, Entry, Failure, Notice, What};
use super::super::question::{Answer, Answered, Answers, Question};
use super::super::rules::Rules;
use super::super::state::{Decider, Run, SCHEMA};
use super::{Illegal, Input, Next, Transition};
use crate::approvers::{People, Stage};
use crate::flow::{Decision, Objection, Refusal, Ruling, TemplateKind};
use crate::model::{
    Channel, Outcome, RunId, Source, Step, Target, TargetName, Timestamp, User, UserId,
};

/// What a run begins under, from the settings and the dispatch table.
#[derive(Debug, Clone, PartialEq)]
pub struct Begin {
    /// The template of the flow.
    pub template: TemplateKind,
    /// The version of the program.
    pub flow_version: String,
    /// The flow's settings.
    pub rules: Rules,
    /// The steps after which it has a function.
    pub acts: BTreeSet<Step>,
}

/// Why a transition cannot be finished now.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something has to be known first.
    Ask(Question),
    /// It cannot happen.
    Illegal(Illegal),
}

impl From<Question> for Stop {
    fn from(question: Question) -> Self {
        Self::Ask(question)
    }
}

impl From<Illegal> for Stop {
    fn from(illegal: Illegal) -> Self {
        Self::Illegal(illegal)
    }
}

/// A transition while it is being put together.
pub(super) struct Draft<'a> {
    run: Option<Run>,
    entries: Vec<SealedEntry>,
    input: &'a Input<'a>,
    answers: &'a Answers,
    pub(super) now: Timestamp,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        run: Option<&Run>,
        input: &'a Input<'a>,
        answers: &'a Answers,
        now: Timestamp,
    ) -> Self {
        // An entry is never older than the one before, whatever the clock says.
        let now = run.map_or(now, |run| now.max(run.touched));
        Self { run: run.cloned(), entries: Vec::new(), input, answers, now }
    }

    /// The run as it stands after what happened so far.
    pub(super) fn run(&self) -> Result<&Run, Illegal> {
        self.run.as_ref().ok_or_else(|| Illegal::new("no_such_run", "there is no such run"))
    }

    /// Something happens. The first thing carries what was answered, and what was scheduled.
    pub(super) fn happen(&mut self, what: What, effects: Vec<Effect>) {
        let (run_id, seq, previous) = if let Some(run) = &self.run {
            (run.id.clone(), run.seq, run.chain.clone())
        } else {
            let id = self.input_run();
            (id.clone(), 0, genesis(&id))
        };
        let mut all = Vec::new();
        let mut notes = Vec::new();
        if self.entries.is_empty() {
            notes = self.answers.notes();
            let start = |run: &crate::context::NewRun| Effect::Start { run: Box::new(run.clone()) };
            // What a refused step scheduled does not take effect.
            if !matches!(what, What::Refused { .. }) {
                all.extend(self.answers.scheduled().map(start));
            }
            all.extend(
                self.answers.any_failed().then_some(Effect::Notify { notice: Notice::Trouble }),
            );
        }
        let acts = match (&self.run, &what) {
            (Some(run), _) => Some(&run.acts),
            (None, What::Requested { acts, .. }) => Some(acts),
            (None, _) => None,
        };
        all.extend(effects.into_iter().filter(|effect| match effect {
            Effect::Act { step } => acts.is_some_and(|acts| acts.contains(step)),
            Effect::Arm { .. }
            | Effect::Grant
            | Effect::Revoke
            | Effect::Ask
            | Effect::Notify { .. }
            | Effect::Start { .. } => true,
        }));
        let (actor, channel, cause) = self.origin();
        let entry = Entry {
            v: SCHEMA,
            run: run_id,
            seq: seq.saturating_add(1),
            at: self.now,
            actor,
            channel,
            cause,
            what,
            effects: all,
            notes,
        };
        let sealed = seal(entry, previous);
        match &mut self.run {
            Some(run) => run.evolve(&sealed.entry, sealed.hash.clone()),
            none => *none = Run::begin(&sealed.entry, sealed.hash.clone()),
        }
        self.entries.push(sealed);
    }

    fn input_run(&self) -> RunId {
        match self.input {
            Input::Command(command) => command.run.clone(),
            Input::Due(_)
            | Input::Granted(..)
            | Input::GrantFailed(..)
            | Input::Revoked(..)
            | Input::RevokeFailed(..)
            | Input::Rechecked(..)
            | Input::Done(_) => RunId::from_parts(0, 0),
        }
    }

    fn origin(&self) -> (Actor, Channel, Cause) {
        let internal = Channel::from(Source::Internal);
        match self.input {
            Input::Command(command) => {
                let cause = Cause::Command { id: command.id.clone(), recorded: command.at };
                (command.by.clone(), command.channel.clone(), cause)
            }
            Input::Due(due) => (Actor::ENGINE, internal, Cause::Due { due: *due }),
            Input::Granted(id, ..)
            | Input::GrantFailed(id, _)
            | Input::Revoked(id, ..)
            | Input::RevokeFailed(id, _) => (Actor::ENGINE, internal, Cause::Effect { id: *id }),
            Input::Rechecked(..) => {
                (Actor::ENGINE, internal, Cause::Due { due: super::Due::Recheck })
            }
            Input::Done(effects) => {
                let id = effects.first().copied().unwrap_or(EffectId { seq: 0, index: 0 });
                (Actor::ENGINE, internal, Cause::Effect { id })
            }
        }
    }

    pub(super) fn close(&mut self, outcome: Outcome, message: Option<String>, act: Option<Step>) {
        let mut effects = vec![Effect::Notify { notice: Notice::Standing }];
        effects.extend(act.map(|step| Effect::Act { step }));
        self.happen(What::Closed { outcome, message }, effects);
    }

    pub(super) fn deny(&mut self, by: Decider, message: Option<String>) {
        // Whether the requester reads what an approver said is the flow's choice; the entry has it.
        let passed_on = match (&by, &self.run) {
            (Decider::User { .. }, Some(run)) if !run.rules.include_decision_message => None,
            (Decider::User { .. } | Decider::Flow { .. } | Decider::Engine, _) => message.clone(),
        };
        self.happen(What::Denied { by, message }, Vec::new());
        self.close(Outcome::Denied, passed_on, Some(Step::Denial));
    }

    pub(super) fn refused(&mut self, command: &Command, illegal: &Illegal) {
        let (command, code) = (command.kind.as_str().to_owned(), illegal.code.to_owned());
        self.happen(What::Refused { command, code, message: illegal.message.clone() }, Vec::new());
    }

    pub(super) fn done(&mut self, effects: &[EffectId]) {
        let known = |id: &&EffectId| {
            self.run.as_ref().is_some_and(|run| run.outstanding.iter().any(|left| left.id == **id))
        };
        let effects: Vec<_> = effects.iter().filter(known).copied().collect();
        if !effects.is_empty() {
            self.happen(What::Done { effects }, Vec::new());
        }
    }

    pub(super) fn finish(self) -> Next {
        match self.run {
            Some(run) if !self.entries.is_empty() => {
                Next::Move(Box::new(Transition { run, entries: self.entries }))
            }
            Some(_) | None => Next::Nothing,
        }
    }

    pub(super) fn into_transition(self, before: &Run) -> Transition {
        Transition { run: self.run.unwrap_or_else(|| before.clone()), entries: self.entries }
    }

    pub(super) fn ask(self, question: Question) -> Next {
        self.run.map_or(Next::Nothing, |run| Next::Ask(question, Box::new(run)))
    }

    /// Whether a function of the flow, or a directory, failed so far. Then nothing is approved by
    /// the flow itself.
    pub(super) fn something_failed(&self) -> bool {
        self.answers.any_failed()
    }

    fn answer(&self, question: Question) -> Result<&Answered, Question> {
        self.answers.get(question)
    }
}

/// A failure to answer: kept apart from [`Stop`], because each place has its own way to go on.
pub(super) type Fallible<T> = Result<Result<T, Failure>, Stop>;

macro_rules! typed {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty = $question:expr, $pattern:pat => $value:expr;)*) => {
        impl Draft<'_> {$(
            pub(super) fn $name(&self $(, $arg: $ty)*) -> Fallible<$out> {
                match &self.answer($question)?.answer {
                    Ok($pattern) => Ok(Ok($value)),
                    Ok(_) => Ok(Err(mismatch())),
                    Err(failure) => Ok(Err(failure.clone())),
                }
            }
        )*}
    };
}

fn mismatch() -> Failure {
    Failure {
        code: "Engine:MISMATCH".to_owned(),
        message: "a question was given the answer to another".to_owned(),
        hint: None,
        is_final: true,
    }
}

typed! {
    fn decision(step: Step) -> Option<Decision> = Question::Hook(step), Answer::Decision(decision) => decision.clone();
    fn objection(step: Step) -> Option<Objection> = Question::Hook(step), Answer::Objection(objection) => objection.clone();
    fn refusal(step: Step) -> Option<Refusal> = Question::Hook(step), Answer::Refusal(refusal) => refusal.clone();
    fn ruling(step: Step) -> Option<Ruling> = Question::Hook(step), Answer::Ruling(ruling) => ruling.clone();
    fn consent(step: Step) -> () = Question::Hook(step), Answer::Nothing => ();
    fn may_ask() -> bool = Question::MayAsk, Answer::MayAsk(may) => *may;
    fn approvers() -> crate::approvers::Approvers = Question::Approvers, Answer::Approvers(approvers) => approvers.clone();
    fn members(people: &People) -> Vec<User> = Question::Members(people.clone()), Answer::Members(users) => users.clone();
    fn is_member(people: &People, id: &UserId) -> bool = Question::IsMember(people.clone(), id.clone()), Answer::IsMember(is_member) => *is_member;
    fn user_now(id: &UserId) -> Option<User> = Question::UserNow(id.clone()), Answer::User(user) => user.as_deref().cloned();
    fn user(id: &UserId) -> Option<User> = Question::User(id.clone()), Answer::User(user) => user.as_deref().cloned();
    fn holds(run: &RunId) -> bool = Question::Holds(run.clone()), Answer::Holds(holds) => *holds;
    fn twin(target: Option<TargetName>) -> Option<RunId> = Question::Twin(target), Answer::Twin(run) => run.clone();
    fn target(name: &TargetName) -> Option<Target> = Question::Target(name.clone()), Answer::Target(target) => target.as_deref().cloned();
}

impl Draft<'_> {
    /// The person who gave a command, as far as they are known here: for what takes access away or
    /// gives none, which no other system holds up.
    pub(super) fn person(&self, command: &Command) -> Result<User, Stop> {
        let id = commander(command)?;
        known(id, self.user(id)?)
    }

    /// The person who gave a command, as they are now by all systems that can say so: for decisions.
    pub(super) fn person_now(&self, command: &Command) -> Result<User, Stop> {
        let id = commander(command)?;
        known(id, self.user_now(id)?)
    }

    /// Why this person may decide now.
    pub(super) fn decider(&self, run: &Run, stage: &Stage, person: &User) -> Result<Decider, Stop> {
        let is_member = match self.is_member(&stage.who, &person.id)? {
            Ok(is_member) => is_member,
            Err(failure) => return Err(unavailable(&failure).into()),
        };
        let because = may_decide(run, stage, person, is_member)?;
        Ok(because.decider(person.id.clone()))
    }
}

fn commander(command: &Command) -> Result<&UserId, Illegal> {
    debug_assert!(command.by.user.is_none() || command.by.auth != Auth::Engine);
    let nobody = || Illegal::new("not_an_approver", "only people do that");
    command.by.user.as_ref().ok_or_else(nobody)
}

fn known(id: &UserId, answer: Result<Option<User>, Failure>) -> Result<User, Stop> {
    match answer {
        Ok(Some(user)) => Ok(user),
        Ok(None) => Err(Illegal::new("unknown_user", format!("nobody knows `{id}`")).into()),
        Err(failure) => Err(unavailable(&failure).into()),
    }
}

pub(super) fn unavailable(failure: &Failure) -> Illegal {
    let why = &failure.message;
    Illegal::passing(
        "unavailable",
        format!("it cannot be checked who may do that now: {why}. Try again in a minute"),
    )
}
