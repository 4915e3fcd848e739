//! Follow-ups: somebody is asked how it went, reminded, and in the end given up on.

use super::super::command::Command;
use super::super::entry::{Ask, Effect, Notice, What};
use super::super::state::{Decider, Due, Run, State};
use super::draft::{Draft, Stop};
use super::{Illegal, begin, decide};
use crate::approvers::{Approvers, People};
use crate::flow::Decision;
use crate::model::{Duration, Object, Outcome, Step};

/// How long somebody has to answer.
const TIMEOUT: Duration = Duration::days(2);

/// The first pause between reminders.
const REMIND_EVERY: Duration = Duration::hours(4);

pub(super) fn begin(draft: &mut Draft<'_>) -> Result<(), Stop> {
    let starts = draft.run()?.request.starts;
    if starts.is_some_and(|starts| starts > draft.now) {
        return Ok(());
    }
    start(draft)
}

pub(super) fn start(draft: &mut Draft<'_>) -> Result<(), Stop> {
    match draft.decision(Step::Prompt)? {
        Ok(Some(Decision::Ignore { message })) => {
            draft.close(Outcome::Ignored, Some(message), None);
            return Ok(());
        }
        Ok(Some(Decision::Deny { reason })) => {
            draft.deny(Decider::Flow { hook: Step::Prompt }, Some(reason));
            return Ok(());
        }
        // There is nothing to approve in a follow-up; it asks its questions.
        Ok(Some(Decision::Approve { .. } | Decision::Change(_)) | None) | Err(_) => {}
    }
    let requester = draft.run()?.request.requester.clone();
    let plan = Approvers::new(People::Users(vec![requester.clone()]))
        .allow_self()
        .timeout(TIMEOUT)
        .remind_every(REMIND_EVERY);
    let (deadline, remind) = (draft.now + TIMEOUT, draft.now + REMIND_EVERY);
    let effects = vec![
        Effect::Arm { due: Due::Deadline, at: deadline },
        Effect::Arm { due: Due::Remind, at: remind },
        Effect::Ask,
        Effect::Act { step: Step::Prompt },
    ];
    let (deadline, remind) = (Some(deadline), Some(remind));
    let ask = Ask { plan, stage: 0, asked: vec![requester], deadline, remind };
    draft.happen(What::Asked(Box::new(ask)), effects);
    Ok(())
}

pub(super) fn answer(
    draft: &mut Draft<'_>,
    run: &Run,
    command: &Command,
    fields: &Object,
) -> Result<(), Stop> {
    let person = draft.person(command)?;
    if person.id != run.request.requester {
        let message = format!("only {} answers these questions", run.request.requester);
        return Err(Illegal::new("not_yours", message).into());
    }
    if let Some(why) = begin::may_not_ask(&person) {
        return Err(Illegal::new("not_yours", why).into());
    }
    match &run.state {
        State::Pending(_) => {}
        State::Prompted { .. } => {
            return Err(Illegal::new("not_begun", "the questions have not been asked yet").into());
        }
        State::Granting { .. }
        | State::Active { .. }
        | State::Revoking { .. }
        | State::Closed { .. } => {
            return Err(decide::over(run).into());
        }
    }
    draft.happen(What::Answers { fields: fields.clone() }, Vec::new());
    draft.close(Outcome::Ended, None, Some(Step::Request));
    Ok(())
}

pub(super) fn expire(draft: &mut Draft<'_>) {
    let message = "no answer came".to_owned();
    let effects =
        vec![Effect::Notify { notice: Notice::Overdue }, Effect::Act { step: Step::Expiry }];
    draft.happen(What::Closed { outcome: Outcome::Expired, message: Some(message) }, effects);
}
