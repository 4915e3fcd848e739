//! What a command, a time or an outcome does to a run: pure, total, without a clock.
//!
//! [`apply`] is called again and again with more answers until it has all that it needs; then it
//! returns what happened, all of it at once. So the whole life of a run can be tested without a
//! runtime, previewed without doing anything, and replayed from its log.

mod access;
mod begin;
mod decide;
mod draft;
mod follow_up;
mod timers;

use serde_json::Value;

use super::chain::SealedEntry;
use super::command::{Command, CommandKind};
use super::entry::{EffectId, Failure, Found, ReachedBy};
use super::question::{Answers, Question};
use super::state::{Due, Run};
use crate::flow::TemplateKind;
use crate::model::Timestamp;

use draft::{Draft, Stop};

pub use begin::may_not_ask;
pub use draft::Begin;

/// What comes to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<'a> {
    /// Somebody wants something.
    Command(&'a Command),
    /// A time came.
    Due(Due),
    /// Access was given.
    Granted(EffectId, Option<Value>, ReachedBy),
    /// It could not be.
    GrantFailed(EffectId, Failure),
    /// Access was taken away.
    Revoked(EffectId, Option<Value>, ReachedBy),
    /// It could not be.
    RevokeFailed(EffectId, Failure),
    /// The target was looked at again.
    Rechecked(Found, Option<Failure>),
    /// Effects that touch no target were carried out.
    Done(Vec<EffectId>),
}

/// What comes of an [`Input`].
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Answer this first. The run is as it would stand at that moment.
    Ask(Question, Box<Run>),
    /// This happened.
    Move(Box<Transition>),
    /// Nothing, as with a timer that goes off late or twice.
    Nothing,
}

/// Where a run goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The run after it.
    pub run: Run,
    /// What is added to its chain. What has to be done is among the run's outstanding effects.
    pub entries: Vec<SealedEntry>,
}

/// The input cannot happen to the run as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Illegal {
    /// A stable code, such as `self_approval`.
    pub code: &'static str,
    /// Why not, for whoever wanted it.
    pub message: String,
    /// Whether trying again may help.
    pub passing: bool,
}

impl Illegal {
    /// It cannot happen.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), passing: false }
    }

    /// It cannot happen now.
    pub(super) fn passing(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), passing: true }
    }
}

/// What `input` does to `run` at `now`. A run that does not exist yet begins with a request, under
/// the rules in `begin`; without any, as where the program does not have its flow, it fails.
///
/// # Errors
///
/// If it cannot happen. Nothing changes then, and [`refuse`] records it.
pub fn apply(
    run: Option<&Run>,
    begin: Option<&Begin>,
    input: &Input<'_>,
    answers: &Answers,
    now: Timestamp,
) -> Result<Next, Illegal> {
    let mut draft = Draft::new(run, input, answers, now);
    let done = match (run, begin, input) {
        (None, Some(begin), Input::Command(command)) => match &command.kind {
            CommandKind::Request { flow, request } => {
                begin::request(&mut draft, begin, flow, request)
            }
            CommandKind::Approve { .. }
            | CommandKind::Deny { .. }
            | CommandKind::Cancel { .. }
            | CommandKind::Revoke { .. }
            | CommandKind::Answer { .. }
            | CommandKind::Leave { .. }
            | CommandKind::Undelivered { .. }
            | CommandKind::Wake => {
                Err(Stop::Illegal(Illegal::new("no_such_run", "there is no such run")))
            }
        },
        (
            None,
            None,
            Input::Command(Command { kind: CommandKind::Request { flow, request }, .. }),
        ) => {
            begin::unknown(&mut draft, flow, request);
            Ok(())
        }
        (None, _, _) => Err(Stop::Illegal(Illegal::new("no_such_run", "there is no such run"))),
        (Some(run), _, input) => existing(&mut draft, run, input),
    };
    match done {
        Ok(()) => Ok(draft.finish()),
        Err(Stop::Ask(question)) => Ok(draft.ask(question)),
        Err(Stop::Illegal(illegal)) => Err(illegal),
    }
}

/// The entry that records that a command was refused.
#[must_use]
pub fn refuse(
    run: &Run,
    command: &Command,
    illegal: &Illegal,
    answers: &Answers,
    now: Timestamp,
) -> Transition {
    let input = Input::Command(command);
    let mut draft = Draft::new(Some(run), &input, answers, now);
    draft.refused(command, illegal);
    draft.into_transition(run)
}

fn existing(draft: &mut Draft<'_>, run: &Run, input: &Input<'_>) -> Result<(), Stop> {
    match input {
        Input::Command(command) => return command_to(draft, run, command),
        Input::Due(due) => return timers::due(draft, run, *due),
        Input::Granted(id, output, reached) => {
            access::granted(draft, run, *id, output.as_ref(), *reached);
        }
        Input::GrantFailed(id, failure) => access::grant_failed(draft, run, *id, failure),
        Input::Revoked(id, output, reached) => {
            access::revoked(draft, run, *id, output.as_ref(), *reached);
        }
        Input::RevokeFailed(id, failure) => access::revoke_failed(draft, run, *id, failure),
        Input::Rechecked(found, failure) => access::rechecked(draft, run, *found, failure.as_ref()),
        Input::Done(effects) => draft.done(effects),
    }
    Ok(())
}

fn command_to(draft: &mut Draft<'_>, run: &Run, command: &Command) -> Result<(), Stop> {
    match (&command.kind, run.template) {
        (CommandKind::Request { .. } | CommandKind::Wake, _)
        | (CommandKind::Undelivered { .. }, TemplateKind::FollowUp) => Ok(()),
        (CommandKind::Undelivered { stage, why }, TemplateKind::Access) => {
            decide::undelivered(draft, run, command, *stage, why)
        }
        (CommandKind::Approve { message, shown }, TemplateKind::Access) => {
            decide::approve(draft, run, command, message.as_ref(), shown.as_ref())
        }
        (CommandKind::Deny { message }, TemplateKind::Access) => {
            decide::deny(draft, run, command, message.as_ref())
        }
        (CommandKind::Cancel { message }, _) => {
            decide::cancel(draft, run, command, message.as_ref())
        }
        (CommandKind::Revoke { message }, TemplateKind::Access) => {
            access::revoke(draft, run, command, message.as_ref())
        }
        (CommandKind::Leave { why }, TemplateKind::Access) => {
            access::leave(draft, run, command, why)
        }
        (CommandKind::Answer { fields }, TemplateKind::FollowUp) => {
            follow_up::answer(draft, run, command, fields)
        }
        (CommandKind::Answer { .. }, TemplateKind::Access)
        | (
            CommandKind::Approve { .. }
            | CommandKind::Deny { .. }
            | CommandKind::Revoke { .. }
            | CommandKind::Leave { .. },
            TemplateKind::FollowUp,
        ) => Err(Stop::Illegal(Illegal::new(
            "wrong_template",
            format!("`{}` is nothing for a run of `{}`", command.kind.as_str(), run.flow),
        ))),
    }
}
