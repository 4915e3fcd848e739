//! Giving access and taking it away.

use serde_json::Value;

use super::super::command::{Auth, Command};
use super::super::entry::{Effect, EffectId, EndedBy, Failure, Found, Notice, ReachedBy, What};
use super::super::state::{Decider, Due, Run, State};
use super::draft::{self, Draft, Stop};
use super::{Illegal, decide};
use crate::flow::Objection;
use crate::model::{Duration, Outcome, Role, Step, Timestamp, User};

/// A grant ends at least so long after it was begun.
const SHORTEST: Duration = Duration::seconds(5);

/// Giving access is tried so often, for about a minute.
const ATTEMPTS: u32 = 6;

/// Taking it away raises an alarm when it has failed for so long.
const ALARM_AFTER: Duration = Duration::minutes(2);

/// Everything is approved: access is given, or there is none to give.
pub(super) fn begin(draft: &mut Draft<'_>) -> Result<(), Stop> {
    let run = draft.run()?;
    if !run.grants() {
        draft.close(Outcome::Approved, None, Some(Step::Approval));
        return Ok(());
    }
    if let Some(held) = run.request.extends.clone()
        && draft.holds(&held.run)? != Ok(true)
    {
        let message = "the access that it was to prolong has ended: ask anew".to_owned();
        draft.close(Outcome::Failed, Some(message), Some(Step::Approval));
        return Ok(());
    }
    if let Err(failure) = draft.consent(Step::Escalate)? {
        let message = format!("the flow stopped the grant: {}", failure.message);
        draft.close(Outcome::Failed, Some(message), Some(Step::Approval));
        return Ok(());
    }
    let requester = draft.run()?.request.requester.clone();
    match draft.user_now(&requester)? {
        Ok(Some(User { deactivated: true, .. })) => {
            let message = format!("{requester} has been deactivated since");
            draft.close(Outcome::Failed, Some(message), Some(Step::Approval));
            return Ok(());
        }
        Ok(Some(_) | None) => {}
        // Whoever approves does so again.
        Err(failure) => return Err(draft::unavailable(&failure).into()),
    }
    let until = end_of(draft.run()?, draft.now);
    if until.is_some_and(|until| until < draft.now + SHORTEST) {
        let message = "too little time was left to give access".to_owned();
        draft.close(Outcome::Failed, Some(message), Some(Step::Approval));
        return Ok(());
    }
    // Invariant: the timer that takes access away is armed before access is given.
    let mut effects: Vec<_> =
        until.map(|at| Effect::Arm { due: Due::End, at }).into_iter().collect();
    effects.push(Effect::Grant);
    effects.push(Effect::Act { step: Step::Approval });
    draft.happen(What::Granting { until }, effects);
    Ok(())
}

/// When access ends: counted from now, or from the end of the hold that it prolongs; never beyond
/// the maximum.
fn end_of(run: &Run, now: Timestamp) -> Option<Timestamp> {
    if !run.rules.schedule_deescalation {
        return None;
    }
    let duration = run.request.duration.unwrap_or(Duration::HOUR).min(run.rules.max_duration);
    Some(match &run.request.extends {
        Some(held) => (held.until.max(now) + duration).min(held.latest),
        None => now + duration,
    })
}

pub(super) fn granted(
    draft: &mut Draft<'_>,
    run: &Run,
    id: EffectId,
    output: Option<&Value>,
    reached: ReachedBy,
) {
    if !is_outstanding(run, id) || !matches!(run.state, State::Granting { .. }) {
        return;
    }
    let effects =
        vec![Effect::Notify { notice: Notice::Standing }, Effect::Act { step: Step::Escalate }];
    draft.happen(What::Granted { output: output.cloned(), reached }, effects);
}

pub(super) fn grant_failed(draft: &mut Draft<'_>, run: &Run, id: EffectId, failure: &Failure) {
    let State::Granting { attempts, .. } = run.state else { return };
    if !is_outstanding(run, id) {
        return;
    }
    let tried = attempts.saturating_add(1);
    let again = (!failure.is_final && tried < ATTEMPTS).then(|| draft.now + pause(attempts));
    let effects = vec![Effect::Notify { notice: Notice::Trouble }];
    draft.happen(What::GrantFailed { failure: failure.clone(), again }, effects);
    if again.is_none() {
        let message = match &failure.hint {
            Some(hint) => format!("{} ({hint})", failure.message),
            None => failure.message.clone(),
        };
        // It may have been given in part, or may still arrive: it is taken away in any case.
        end(draft, EndedBy::Failed, Some(message), Outcome::Failed);
    }
}

pub(super) fn revoke(
    draft: &mut Draft<'_>,
    run: &Run,
    command: &Command,
    message: Option<&String>,
) -> Result<(), Stop> {
    let person = draft.person(command)?;
    may_end(run, &person)?;
    match &run.state {
        State::Granting { .. } => {}
        State::Active { .. } => match draft.objection(Step::Deescalate)? {
            Ok(Some(Objection::Ignore { message: why } | Objection::Deny { reason: why })) => {
                return Err(Illegal::new("ignored", why).into());
            }
            // Taking access away never waits for a hook that fails.
            Ok(None) | Err(_) => {}
        },
        State::Prompted { .. } | State::Pending(_) => {
            return Err(Illegal::new(
                "not_active",
                "there is no access yet: cancel the request instead",
            )
            .into());
        }
        State::Revoking { .. } | State::Closed { .. } => return Err(decide::over(run).into()),
    }
    end(draft, EndedBy::Revoked, message.cloned(), Outcome::Ended);
    Ok(())
}

/// The requester has left. Nobody and nothing keeps what they hold.
pub(super) fn leave(
    draft: &mut Draft<'_>,
    run: &Run,
    command: &Command,
    why: &str,
) -> Result<(), Stop> {
    if command.by.auth != Auth::Engine {
        return Err(Illegal::new("not_yours", "only Countersign itself says who has left").into());
    }
    match &run.state {
        State::Granting { .. } | State::Active { .. } => {
            end(draft, EndedBy::Left, Some(why.to_owned()), Outcome::Ended);
            Ok(())
        }
        State::Prompted { .. } | State::Pending(_) => {
            Err(Illegal::new("not_active", "there is no access to end").into())
        }
        State::Revoking { .. } | State::Closed { .. } => Err(decide::over(run).into()),
    }
}

fn may_end(run: &Run, person: &User) -> Result<(), Illegal> {
    let approved = run.approvals.iter().any(|approval| match &approval.by {
        Decider::User { id, .. } => *id == person.id,
        Decider::Flow { .. } | Decider::Engine => false,
    });
    let is_admin = person.role == Role::Admin;
    if person.deactivated || !(is_admin || approved || decide::is_requester(run, &person.id)) {
        let message = "only the requester, whoever approved, and administrators end access";
        return Err(Illegal::new("not_yours", message));
    }
    if !run.rules.allow_revoke && !is_admin {
        return Err(Illegal::new("revoke_not_allowed", "this flow lets access end only by itself"));
    }
    Ok(())
}

/// Access is going to be taken away, whatever there is of it.
pub(super) fn end(draft: &mut Draft<'_>, why: EndedBy, message: Option<String>, outcome: Outcome) {
    draft.happen(What::Ending { why, message, outcome }, vec![Effect::Revoke]);
}

pub(super) fn revoked(
    draft: &mut Draft<'_>,
    run: &Run,
    id: EffectId,
    output: Option<&Value>,
    reached: ReachedBy,
) {
    let State::Revoking { outcome, message, .. } = &run.state else { return };
    if !is_outstanding(run, id) {
        return;
    }
    let (outcome, message) = (*outcome, message.clone());
    draft.happen(What::Revoked { output: output.cloned(), reached }, Vec::new());
    draft.close(outcome, message, Some(Step::Deescalate));
}

pub(super) fn revoke_failed(draft: &mut Draft<'_>, run: &Run, id: EffectId, failure: &Failure) {
    let State::Revoking { attempts, since, .. } = run.state else { return };
    if !is_outstanding(run, id) {
        return;
    }
    let again = draft.now + pause(attempts);
    let alarm = since + ALARM_AFTER <= draft.now;
    // Somebody is told at first, and then ever more seldom.
    let tells = attempts == 0 || attempts.is_power_of_two();
    let effects = tells.then_some(Effect::Notify { notice: Notice::Trouble }).into_iter().collect();
    draft.happen(What::RevokeFailed { failure: failure.clone(), again, alarm }, effects);
}

pub(super) fn rechecked(draft: &mut Draft<'_>, run: &Run, found: Found, failure: Option<&Failure>) {
    let State::Closed { recheck: Some(recheck), .. } = &run.state else { return };
    if recheck.at > draft.now {
        return;
    }
    let trouble = found == Found::TakenAgain || failure.is_some();
    let effects =
        trouble.then_some(Effect::Notify { notice: Notice::Trouble }).into_iter().collect();
    draft.happen(What::Rechecked { found, failure: failure.cloned() }, effects);
}

fn is_outstanding(run: &Run, id: EffectId) -> bool {
    run.outstanding.iter().any(|left| left.id == id)
}

/// One second, then twice as long each time, at most half a minute.
fn pause(attempts: u32) -> Duration {
    Duration::seconds(1_u32.checked_shl(attempts).filter(|pause| *pause > 0).unwrap_or(30).min(30))
}
