//! Yes and no: by people, by the flow, by time.

use super::super::command::{Auth, Command};
use super::super::entry::{Effect, EndedBy, Notice, What, Why};
use super::super::rules::Fail;
use super::super::state::{Approval, Decider, Pending, Run, State};
use super::draft::{Draft, Stop};
use super::{Illegal, access, begin};
use crate::approvers::Approvers;
use crate::flow::{Objection, Refusal, Ruling};
use crate::model::{Hash, Outcome, Role, Step, User, UserId};

pub(super) fn approve(
    draft: &mut Draft<'_>,
    run: &Run,
    command: &Command,
    message: Option<&String>,
    shown: Option<&Hash>,
) -> Result<(), Stop> {
    let pending = pending(run, command)?;
    let stage = stage(run)?;
    let person = draft.person_now(command)?;
    let by = draft.decider(run, stage, &person)?;
    let binding = run.binding();
    if shown.is_some_and(|shown| *shown != binding) {
        let message = "the request is not what you were shown any more: look at it again";
        return Err(Illegal::new("changed", message).into());
    }
    counts_once(run, pending, &person)?;
    match draft.objection(Step::Approval)? {
        Ok(None) => {}
        Ok(Some(Objection::Ignore { message })) => {
            return Err(Illegal::new("ignored", message).into());
        }
        Ok(Some(Objection::Deny { reason })) => {
            draft.deny(Decider::Flow { hook: Step::Approval }, Some(reason));
            return Ok(());
        }
        Err(_) if run.rules.fail == Fail::Deny => {
            draft.deny(Decider::Engine, Some(begin::FAILED.to_owned()));
            return Ok(());
        }
        Err(failure) => {
            let message = format!(
                "the flow could not check the approval, so it does not count: {}",
                failure.message
            );
            return Err(Illegal::passing("hook_failed", message).into());
        }
    }
    let at = pending.stage;
    let before = run.approvals.iter().filter(|approval| approval.stage == at).count();
    let complete = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1) >= stage.quorum;
    let what = What::Approved { by, message: message.cloned(), binding, stage: at };
    let standing = Effect::Notify { notice: Notice::Standing };
    draft.happen(what, if complete { Vec::new() } else { vec![standing] });
    if !complete {
        return Ok(());
    }
    let next = at.saturating_add(1);
    if next < pending.plan.stages().len() {
        return begin::ask(draft, pending.plan.clone(), next, None);
    }
    access::begin(draft)
}

pub(super) fn deny(
    draft: &mut Draft<'_>,
    run: &Run,
    command: &Command,
    message: Option<&String>,
) -> Result<(), Stop> {
    pending(run, command)?;
    let stage = stage(run)?;
    let person = draft.person_now(command)?;
    if person.id == run.request.requester && !stage.allow_self {
        let message = "it is your own request: cancel it instead";
        return Err(Illegal::new("self_denial", message).into());
    }
    let by = draft.decider(run, stage, &person)?;
    match draft.refusal(Step::Denial)? {
        Ok(Some(Refusal::Ignore { message })) => {
            return Err(Illegal::new("ignored", message).into());
        }
        // Where the check fails, a denial is the safe side.
        Ok(None) | Err(_) => {}
    }
    draft.deny(by, message.cloned());
    Ok(())
}

pub(super) fn cancel(
    draft: &mut Draft<'_>,
    run: &Run,
    command: &Command,
    message: Option<&String>,
) -> Result<(), Stop> {
    let person = draft.person(command)?;
    let theirs = is_requester(run, &person.id);
    if person.deactivated || !(theirs || person.role == Role::Admin) {
        let message = "only the requester, or an administrator, cancels a request";
        return Err(Illegal::new("not_yours", message).into());
    }
    match &run.state {
        State::Prompted { .. } | State::Pending(_) => {
            draft.close(Outcome::Cancelled, message.cloned(), None);
            Ok(())
        }
        State::Granting { .. } => {
            access::end(draft, EndedBy::Cancelled, message.cloned(), Outcome::Cancelled);
            Ok(())
        }
        State::Active { .. } => {
            Err(Illegal::new("already_active", "access is there already: end it instead").into())
        }
        State::Revoking { .. } | State::Closed { .. } => Err(over(run).into()),
    }
}

/// The flow itself approves. Returns whether that settles the request.
pub(super) fn by_flow(draft: &mut Draft<'_>, hook: Step, reason: String) -> Result<bool, Stop> {
    // A policy said no, and the flow is not who may override it.
    if !draft.run()?.overrides.is_empty() {
        return Ok(false);
    }
    // Where nobody knows whether the requester is still here, people are asked.
    let requester = draft.run()?.request.requester.clone();
    if draft.user_now(&requester)?.is_err() {
        return Ok(false);
    }
    match draft.objection(Step::Approval)? {
        Ok(None) => {}
        // Not approved by the flow, then: people are asked.
        Ok(Some(Objection::Ignore { .. })) | Err(_) => return Ok(false),
        Ok(Some(Objection::Deny { reason })) => {
            draft.deny(Decider::Flow { hook: Step::Approval }, Some(reason));
            return Ok(true);
        }
    }
    let binding = draft.run()?.binding();
    let by = Decider::Flow { hook };
    draft.happen(What::Approved { by, message: Some(reason), binding, stage: 0 }, Vec::new());
    access::begin(draft)?;
    Ok(true)
}

/// The time of those who are asked is up, or they could not be asked.
pub(super) fn forward(
    draft: &mut Draft<'_>,
    plan: &Approvers,
    stage: usize,
    why: Why,
    act: Option<Step>,
) -> Result<(), Stop> {
    let Some(fallback) = plan.stages().get(stage).and_then(|stage| stage.or_else.clone()) else {
        let who = plan.stages().get(stage).map(|stage| stage.who.to_string()).unwrap_or_default();
        let message = match why {
            Why::TimedOut => format!("nobody of {who} answered in time"),
            Why::NobodyReached => format!("there is nobody in {who} who may decide"),
        };
        return expire(draft, Some(message));
    };
    if ruled(draft, Step::Forward)? {
        return Ok(());
    }
    draft.happen(What::Forwarded { why }, vec![Effect::Act { step: Step::Forward }]);
    // Those who come instead stand behind the ones before, whose approvals do not count for them.
    let next = stage.saturating_add(1);
    let mut plan = plan.clone();
    plan.distinct |= fallback.distinct;
    plan.stages.splice(next..next, fallback.stages);
    begin::ask(draft, plan, next, act)
}

/// Those who are asked could not be told. Whoever comes instead is asked; without anybody the request
/// expires, and says why.
pub(super) fn undelivered(
    draft: &mut Draft<'_>,
    run: &Run,
    command: &Command,
    stage: usize,
    why: &str,
) -> Result<(), Stop> {
    if command.by.auth != Auth::Engine {
        return Err(Illegal::new("not_yours", "only Countersign itself says so").into());
    }
    let State::Pending(pending) = &run.state else { return Ok(()) };
    // Somebody has decided already, or others are asked by now.
    let is_answered = run.approvals.iter().any(|approval| approval.stage == stage);
    if pending.stage != stage || is_answered {
        return Ok(());
    }
    let plan = pending.plan.clone();
    let Some(asked) = plan.stages().get(stage) else { return Ok(()) };
    if asked.or_else.is_none() {
        let message = format!("nobody of {} could be reached: {why}", asked.who);
        return expire(draft, Some(message));
    }
    forward(draft, &plan, stage, Why::NobodyReached, None)
}

/// Nobody answered, and nobody is left to be asked.
pub(super) fn expire(draft: &mut Draft<'_>, message: Option<String>) -> Result<(), Stop> {
    if !ruled(draft, Step::Expiry)? {
        draft.close(Outcome::Expired, message, Some(Step::Expiry));
    }
    Ok(())
}

/// Whether the flow's hook settles the request instead.
fn ruled(draft: &mut Draft<'_>, step: Step) -> Result<bool, Stop> {
    match draft.ruling(step)? {
        Ok(Some(Ruling::Approve { reason })) if !draft.something_failed() => {
            by_flow(draft, step, reason)
        }
        Ok(Some(Ruling::Deny { reason })) => {
            draft.deny(Decider::Flow { hook: step }, Some(reason));
            Ok(true)
        }
        Ok(Some(Ruling::Approve { .. }) | None) | Err(_) => Ok(false),
    }
}

/// The run waits for a decision, and this command came in time for it.
fn pending<'a>(run: &'a Run, command: &Command) -> Result<&'a Pending, Illegal> {
    match &run.state {
        State::Pending(pending)
            if pending.deadline.is_none_or(|deadline| command.at < deadline) =>
        {
            Ok(pending)
        }
        State::Pending(_) => Err(Illegal::new("too_late", "the time for this decision is up")),
        State::Prompted { .. } => Err(Illegal::new("not_begun", "the request has not begun yet")),
        State::Granting { .. } | State::Active { .. } => {
            Err(Illegal::new("already_decided", "the request has been approved already"))
        }
        State::Revoking { .. } | State::Closed { .. } => Err(over(run)),
    }
}

fn stage(run: &Run) -> Result<&crate::approvers::Stage, Illegal> {
    run.stage().ok_or_else(|| Illegal::new("not_begun", "nobody is asked now"))
}

pub(super) fn over(run: &Run) -> Illegal {
    let how = run.outcome().map_or("is being ended", Outcome::as_str);
    Illegal::new("closed", format!("the request is over: {how}"))
}

pub(super) fn is_requester(run: &Run, id: &UserId) -> bool {
    run.request.requester == *id || run.request.filed_by.as_ref() == Some(id)
}

/// One person counts once in a stage, and where the plan says so, once in all.
fn counts_once(run: &Run, pending: &Pending, person: &User) -> Result<(), Illegal> {
    let theirs = |approval: &&Approval| match &approval.by {
        Decider::User { id, .. } => *id == person.id,
        Decider::Flow { .. } | Decider::Engine => false,
    };
    for approval in run.approvals.iter().filter(theirs) {
        if approval.stage == pending.stage {
            return Err(Illegal::new("already_approved", "you have approved this request already"));
        }
        if pending.plan.is_distinct() {
            let message = "you have approved an earlier stage: this one takes somebody else";
            return Err(Illegal::new("not_distinct", message));
        }
    }
    Ok(())
}
