//! What happened, an entry a line.

use std::fmt::Write as _;

use countersign::desk::EntryView;
use countersign::engine::{Decider, Entry, What, Why};
use countersign::model::UserId;

use super::print::{Clock, for_so_long, plain};
use super::words::short;
use crate::story::{changed, ended, found, reached};

/// Entries, a line each, oldest first.
pub(super) fn text(entries: &[EntryView]) -> String {
    let clock = Clock::local();
    entries.iter().map(|sealed| line(&clock, sealed, entries)).collect()
}

/// Entries of several chains, each with its chain.
pub(super) fn audit(entries: &[EntryView]) -> String {
    if entries.is_empty() {
        return "no entries".to_owned();
    }
    let clock = Clock::local();
    let mut text = String::new();
    for sealed in entries {
        let _ = write!(text, "{}{}", sealed.entry.run, line(&clock, sealed, entries));
    }
    text
}

fn line(clock: &Clock, sealed: &EntryView, all: &[EntryView]) -> String {
    let entry = &sealed.entry;
    let by = match &entry.actor.user {
        Some(user) => format!("{user}, by {}", entry.channel.source),
        None => entry.channel.source.to_string(),
    };
    let happened = happened(clock, entry, all);
    format!(
        "  {:>3}  {}  {}  ({})\n",
        entry.seq,
        clock.exactly(entry.at),
        plain(&happened),
        plain(&by)
    )
}

fn happened(clock: &Clock, entry: &Entry, all: &[EntryView]) -> String {
    match &entry.what {
        What::Requested { flow, request, .. } => {
            let target = request.target.as_ref().map_or(flow.as_str(), |target| &target.label);
            format!(
                "{} asked for {target}{}{}",
                request.requester,
                for_so_long(request.duration),
                remark(Some(&request.reason))
            )
        }
        What::Changed { .. } => changed(entry, all),
        What::Asked(ask) => format!("asked: {}", people(&ask.asked)),
        What::Forwarded { why: Why::TimedOut } => "nobody answered in time".to_owned(),
        What::Forwarded { why: Why::NobodyReached } => "too few could be asked".to_owned(),
        What::Approved { by, message, .. } => {
            format!("{} approved{}", decider(by), remark(message.as_deref()))
        }
        What::Denied { by, message } => {
            format!("{} denied{}", decider(by), remark(message.as_deref()))
        }
        What::Refused { command, code, message } => {
            format!("`{command}` was refused: {message} ({code})")
        }
        What::Reminded { asked, .. } => format!("reminded: {}", people(asked)),
        What::Warned => "the requester was told that access ends soon".to_owned(),
        What::Answers { .. } => "the questions were answered".to_owned(),
        What::Noted { about, details } => {
            format!("noted about a {about}: {}", short(&details.to_string()))
        }
        What::Done { effects } => {
            let done: Vec<_> =
                effects.iter().map(|id| format!("{}.{}", id.seq, id.index)).collect();
            format!("carried out what was called for: {}", done.join(", "))
        }
        What::Closed { outcome, message } => {
            format!("over: {outcome}{}", remark(message.as_deref()))
        }
        What::Granting { .. }
        | What::Granted { .. }
        | What::GrantFailed { .. }
        | What::Ending { .. }
        | What::Revoked { .. }
        | What::RevokeFailed { .. }
        | What::Rechecked { .. } => access(clock, &entry.what),
    }
}

/// What happened to the access itself.
fn access(clock: &Clock, what: &What) -> String {
    match what {
        What::Granting { until: Some(until) } => {
            format!("access is going to be given, until {}", clock.exactly(*until))
        }
        What::Granting { until: None } => "access is going to be given".to_owned(),
        What::Granted { reached: by, .. } => format!("access is there{}", reached(*by)),
        What::GrantFailed { failure, again } => {
            let again = again.map_or_else(
                || "it is not tried again".to_owned(),
                |at| format!("tried again at {}", clock.exactly(at)),
            );
            format!("giving access failed: {}; {again}", failure.message)
        }
        What::Ending { why, message, .. } => {
            let why = ended(*why);
            format!("access is going to be taken away, since {why}{}", remark(message.as_deref()))
        }
        What::Revoked { reached: by, .. } => format!("access is gone{}", reached(*by)),
        What::RevokeFailed { failure, again, alarm } => format!(
            "taking access away failed: {}; tried again at {}{}",
            failure.message,
            clock.exactly(*again),
            if *alarm { "; an alarm was raised" } else { "" }
        ),
        What::Rechecked { found: what, .. } => format!("looked again: {}", found(*what)),
        _ => String::new(),
    }
}

fn decider(by: &Decider) -> String {
    match by {
        Decider::User { id, because, .. } if because.is_empty() => id.to_string(),
        Decider::User { id, because, .. } => format!("{id}, who {because},"),
        Decider::Flow { hook } => format!("the flow's on_{hook}"),
        Decider::Engine => "Countersign, for want of anybody else,".to_owned(),
    }
}

fn people(ids: &[UserId]) -> String {
    if ids.is_empty() {
        return "nobody could be found out".to_owned();
    }
    let names: Vec<_> = ids.iter().map(UserId::as_str).collect();
    names.join(", ")
}

fn remark(text: Option<&str>) -> String {
    match text {
        None | Some("") => String::new(),
        Some(text) => format!(": {text}"),
    }
}
