//! What people are told, in words. The same words go to Slack, the pages and the tests.

use super::apply::Transition;
use super::chain::SealedEntry;
use super::command::Auth;
use super::entry::{EffectId, Entry, Failure, Found, Notice, What};
use super::state::{Decider, Run, State};
use crate::context::{About, Destination, Message};
use crate::flow::TemplateKind;
use crate::model::{Outcome, Timestamp, UserId};

/// What has to be said because of a transition.
#[must_use]
pub fn messages(transition: &Transition) -> Vec<Message> {
    let Transition { run, entries } = transition;
    let mut messages = Vec::new();
    for SealedEntry { entry, .. } in entries {
        messages.extend(answer(run, entry));
        for (index, effect) in entry.effects.iter().enumerate() {
            let id = EffectId { seq: entry.seq, index };
            messages.extend(
                effect.message().into_iter().flat_map(|notice| told(run, id, notice, entry)),
            );
        }
    }
    messages
}

/// A refusal, for whoever is answered nowhere else: Slack shows an answer to a click only if it comes at
/// once, and who may do what is found out later.
fn answer(run: &Run, entry: &Entry) -> Option<Message> {
    let (What::Refused { message, .. }, Auth::Slack { team, user: account }) =
        (&entry.what, &entry.actor.auth)
    else {
        return None;
    };
    let to = Destination::Answer {
        user: entry.actor.user.clone()?,
        team: team.clone(),
        account: account.clone(),
        channel: entry.channel.identifier.clone(),
    };
    Some(Message {
        key: format!("{}/{}/refused", run.id, entry.seq),
        to,
        run: Some(run.id.clone()),
        about: About::Trouble,
        text: message.clone(),
        at: entry.at,
    })
}

fn told(run: &Run, id: EffectId, notice: Option<Notice>, cause: &Entry) -> Vec<Message> {
    let to_requester = || Destination::User(run.request.requester.clone());
    let posts: Vec<(Destination, About, String)> = match notice {
        None => ask(run),
        Some(Notice::Standing) => {
            let text = standing(run);
            let thread = Destination::Thread(run.id.clone());
            vec![(thread, About::Standing, text.clone()), (to_requester(), About::Standing, text)]
        }
        Some(Notice::Reminder) => {
            let again = |(to, about, text): (Destination, About, String)| {
                let about = if about == About::Ask { About::Reminder } else { about };
                (to, about, format!("Still waiting. {text}"))
            };
            ask(run).into_iter().map(again).collect()
        }
        Some(Notice::EndsSoon) => {
            let until = run.until.map(clock).unwrap_or_default();
            let text = format!("Your access to {} ends at {until}.", what(run));
            vec![(to_requester(), About::EndsSoon, text)]
        }
        Some(Notice::Overdue) => overdue(run),
        Some(Notice::Trouble) => {
            let tell = |line| (Destination::Errors, About::Trouble, line);
            troubles(run, cause).into_iter().map(tell).collect()
        }
    };
    let message = |(index, (to, about, text)): (usize, (Destination, About, String))| Message {
        key: format!("{}/{}/{}/{index}", run.id, id.seq, id.index),
        to,
        run: Some(run.id.clone()),
        about,
        text,
        at: run.touched,
    };
    posts.into_iter().enumerate().map(message).collect()
}

/// What went wrong according to an entry: one line each, with the function and where it stands.
fn troubles(run: &Run, entry: &Entry) -> Vec<String> {
    let asked = entry.notes.iter().filter_map(|note| {
        let failure = note.error.as_ref()?;
        let who = match (&note.handler, &note.location) {
            (Some(handler), Some(location)) => format!("{handler} at {location}"),
            (Some(_) | None, _) => note.question.clone(),
        };
        Some(trouble_line(run, &who, failure))
    });
    let failed = match &entry.what {
        What::GrantFailed { failure, .. } => Some(trouble_line(run, "giving access", failure)),
        What::RevokeFailed { failure, alarm, .. } => {
            let line = trouble_line(run, "taking access away", failure);
            Some(if *alarm { format!("ALARM: access is overdue. {line}") } else { line })
        }
        What::Rechecked { failure: Some(failure), .. } => {
            Some(trouble_line(run, "looking at the target again", failure))
        }
        What::Rechecked { found: Found::TakenAgain, .. } => Some(format!(
            "access had come back after its end, and was taken away again, in run {} of {}",
            run.id, run.flow
        )),
        What::Requested { .. }
        | What::Changed { .. }
        | What::Asked(_)
        | What::Forwarded { .. }
        | What::Approved { .. }
        | What::Denied { .. }
        | What::Refused { .. }
        | What::Granting { .. }
        | What::Granted { .. }
        | What::Ending { .. }
        | What::Revoked { .. }
        | What::Closed { .. }
        | What::Reminded { .. }
        | What::Warned
        | What::Rechecked { .. }
        | What::Answers { .. }
        | What::Noted { .. }
        | What::Done { .. } => None,
    };
    asked.chain(failed).collect()
}

fn trouble_line(run: &Run, who: &str, failure: &Failure) -> String {
    let Failure { code, message, hint, .. } = failure;
    let hint = hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{who} failed in run {} of {}: {code}: {message}{hint}", run.id, run.flow)
}

/// An action failed.
#[must_use]
pub fn trouble(
    run: &Run,
    id: EffectId,
    handler: &str,
    location: &str,
    failure: &Failure,
) -> Message {
    Message {
        key: format!("{}/{}/{}/trouble", run.id, id.seq, id.index),
        to: Destination::Errors,
        run: Some(run.id.clone()),
        about: About::Trouble,
        text: trouble_line(run, &format!("{handler} at {location}"), failure),
        at: run.touched,
    }
}

fn ask(run: &Run) -> Vec<(Destination, About, String)> {
    let State::Pending(_) = &run.state else { return Vec::new() };
    if run.template == TemplateKind::FollowUp {
        let text = format!("How did it go with {}? Please answer a few questions.", what(run));
        let to = Destination::User(run.request.requester.clone());
        return vec![(to, About::FollowUp, text)];
    }
    let Some(stage) = run.stage() else { return Vec::new() };
    let there = stage.notify.clone().unwrap_or_else(|| stage.who.clone());
    let duration =
        run.request.duration.map(|duration| format!(" for {duration}")).unwrap_or_default();
    let reason = match run.request.reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let text = format!("{} asks for {}{duration}{reason}", run.request.requester, what(run));
    vec![(Destination::People(there), About::Ask, text)]
}

fn overdue(run: &Run) -> Vec<(Destination, About, String)> {
    let text =
        format!("{} did not answer the follow-up about {}.", run.request.requester, what(run));
    // Whoever approved reads the thread of the run that started this one.
    let to = run.request.parent.clone().map_or(Destination::Errors, Destination::Thread);
    vec![(to, About::Overdue, text)]
}

/// What is asked for, as the settings call it.
#[must_use]
pub fn what(run: &Run) -> String {
    match &run.request.target {
        Some(target) => target.label.clone(),
        None => run.flow.to_string(),
    }
}

/// Where a run stands, as one line.
#[must_use]
pub fn standing(run: &Run) -> String {
    standing_by(run, clock, ToString::to_string)
}

/// Where a run stands, as one line, with times and people as whoever reads it likes them.
#[must_use]
pub fn standing_by(
    run: &Run,
    clock: impl Fn(Timestamp) -> String,
    person: impl Fn(&UserId) -> String,
) -> String {
    let by = || {
        let all = run.approvals.iter().map(|approval| decided(&approval.by, &person));
        all.collect::<Vec<_>>().join(", ")
    };
    let people = |ids: &[UserId]| people(&ids.iter().map(&person).collect::<Vec<_>>());
    match &run.state {
        State::Prompted { starts } => format!("Begins at {}", clock(*starts)),
        State::Pending(pending) => {
            let Some(stage) = run.stage() else { return "Waiting".to_owned() };
            let given =
                run.approvals.iter().filter(|approval| approval.stage == pending.stage).count();
            let missing = usize::try_from(stage.quorum).unwrap_or(usize::MAX).saturating_sub(given);
            match run.template {
                TemplateKind::FollowUp => {
                    format!("Waiting for an answer of {}", people(&pending.asked))
                }
                TemplateKind::Access => {
                    let (who, asked) = (&stage.who, &pending.asked);
                    format!("Waiting for {missing} of {} in {who}: {}", asked.len(), people(asked))
                }
            }
        }
        State::Granting { .. } => format!("Approved by {}; access is being given", by()),
        State::Active { until: Some(until), .. } => {
            format!("Approved by {}; active until {}", by(), clock(*until))
        }
        State::Active { until: None, .. } => {
            format!("Approved by {}; active until somebody ends it", by())
        }
        State::Revoking { .. } => "Access is being taken away".to_owned(),
        State::Closed { outcome, message, .. } => {
            let message =
                message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
            let how = match outcome {
                Outcome::Denied => "Denied",
                Outcome::Ignored => "Ignored",
                Outcome::Expired => "Expired",
                Outcome::Cancelled => "Cancelled",
                Outcome::Ended if run.template == TemplateKind::FollowUp => "Answered",
                Outcome::Ended => "Access has ended",
                Outcome::Approved => "Approved",
                Outcome::Failed => "Failed",
            };
            match outcome {
                Outcome::Approved => format!("{how} by {}{message}", by()),
                Outcome::Denied
                | Outcome::Ignored
                | Outcome::Expired
                | Outcome::Cancelled
                | Outcome::Ended
                | Outcome::Failed => format!("{how}{message}"),
            }
        }
    }
}

/// A time as people read it where nobody knows their time zone.
fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Who decided, in words.
#[must_use]
pub fn decider(by: &Decider) -> String {
    decided(by, &ToString::to_string)
}

fn decided(by: &Decider, person: &impl Fn(&UserId) -> String) -> String {
    match by {
        Decider::User { id, overrides: false, .. } => person(id),
        Decider::User { id, overrides: true, .. } => {
            format!("{} (administrator, override)", person(id))
        }
        Decider::Flow { hook } => format!("the flow (on_{hook})"),
        Decider::Engine => "Countersign".to_owned(),
    }
}

fn people(people: &[String]) -> String {
    match people {
        [] => "nobody could be found out".to_owned(),
        [one] => one.clone(),
        [first, second] => format!("{first} or {second}"),
        [first, second, rest @ ..] => format!("{first}, {second} or {} more", rest.len()),
    }
}
