//! What a time brings.

use super::super::deciders::eligible;
use super::super::entry::{Effect, EndedBy, Notice, What, Why};
use super::super::state::{Due, Pending, Run, State};
use super::draft::{Draft, Stop};
use super::{access, begin, decide, follow_up};
use crate::flow::TemplateKind;
use crate::model::{Duration, Outcome, Timestamp};

/// The longest pause between two reminders.
const LONGEST_PAUSE: Duration = Duration::days(1);

/// A timer that goes off early, late or twice does nothing.
pub(super) fn due(draft: &mut Draft<'_>, run: &Run, due: Due) -> Result<(), Stop> {
    let now = draft.now;
    if !run.dues().iter().any(|(at, what)| *what == due && *at <= now) {
        return Ok(());
    }
    match (due, &run.state) {
        (Due::Start, State::Prompted { .. }) => match run.template {
            TemplateKind::Access => begin::access(draft),
            TemplateKind::FollowUp => follow_up::start(draft),
        },
        (Due::Deadline, State::Pending(pending)) => match run.template {
            TemplateKind::Access => {
                decide::forward(draft, &pending.plan, pending.stage, Why::TimedOut, None)
            }
            TemplateKind::FollowUp => {
                follow_up::expire(draft);
                Ok(())
            }
        },
        (Due::Remind, State::Pending(pending)) => remind(draft, run, pending),
        (Due::Warn, State::Active { .. }) => {
            draft.happen(What::Warned, vec![Effect::Notify { notice: Notice::EndsSoon }]);
            Ok(())
        }
        (Due::End, State::Active { .. }) => {
            access::end(draft, EndedBy::TimeUp, None, Outcome::Ended);
            Ok(())
        }
        (Due::End, State::Granting { .. }) => {
            let message = "access could not be given in time".to_owned();
            access::end(draft, EndedBy::TimeUp, Some(message), Outcome::Failed);
            Ok(())
        }
        // The look itself is made by the runner; see `Input::Rechecked`.
        (Due::Recheck | Due::Resume, _)
        | (
            Due::Start,
            State::Pending(_)
            | State::Granting { .. }
            | State::Active { .. }
            | State::Revoking { .. }
            | State::Closed { .. },
        )
        | (
            Due::Deadline | Due::Remind,
            State::Prompted { .. }
            | State::Granting { .. }
            | State::Active { .. }
            | State::Revoking { .. }
            | State::Closed { .. },
        )
        | (
            Due::Warn,
            State::Prompted { .. }
            | State::Pending(_)
            | State::Granting { .. }
            | State::Revoking { .. }
            | State::Closed { .. },
        )
        | (
            Due::End,
            State::Prompted { .. }
            | State::Pending(_)
            | State::Revoking { .. }
            | State::Closed { .. },
        ) => Ok(()),
    }
}

/// Reminds whoever may decide now, and plans the next reminder, after twice the pause.
fn remind(draft: &mut Draft<'_>, run: &Run, pending: &Pending) -> Result<(), Stop> {
    let Some(stage) = run.stage() else { return Ok(()) };
    let members = draft.members(&stage.who)?;
    let failed = members.is_err();
    let asked = members.map_or_else(
        |_| pending.asked.clone(),
        |members| eligible(run, &pending.plan, stage, &members),
    );
    let next = if failed {
        Some(draft.now + Duration::MINUTE)
    } else {
        next_reminder(draft.now, pending, run)
    };
    let mut effects: Vec<_> =
        next.map(|at| Effect::Arm { due: Due::Remind, at }).into_iter().collect();
    if !failed {
        effects.push(Effect::Notify { notice: Notice::Reminder });
    }
    draft.happen(What::Reminded { asked, next }, effects);
    Ok(())
}

fn next_reminder(now: Timestamp, pending: &Pending, run: &Run) -> Option<Timestamp> {
    let pause = run.stage()?.remind_every?.as_seconds();
    let doublings = pending.reminders.saturating_add(1).min(16);
    let pause = Duration::seconds(pause.saturating_mul(1 << doublings)).min(LONGEST_PAUSE);
    Some(now + pause)
}
