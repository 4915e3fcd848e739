//! All that happened in a run: one line for each entry, and whether the chain holds.

use countersign::desk::{EntryView, Problem, RunView};
use countersign::engine::{
    Actor, Auth, Cause, Decider, Due, Effect, EffectId, Entry, Notice, What, Why, verify,
};
use countersign::model::{Outcome, RunId};
use maud::{Markup, html};
use serde_json::Value;

use super::App;
use super::person::Me;
use super::times::Clock;
use super::words;
use crate::story::{ended, found, reached};

/// So many entries stand on a page.
const PAGE: usize = 200;

/// A run's entries, as many as fit on a page.
pub(super) struct Story {
    entries: Vec<EntryView>,
    after: Option<u64>,
    next: Option<u64>,
}

pub(super) async fn load(
    app: &App,
    me: &Me,
    id: &RunId,
    after: Option<u64>,
) -> Result<Story, Problem> {
    let (entries, next) = app.entries(&me.caller, id, after, PAGE).await?;
    Ok(Story { entries, after, next })
}

impl Story {
    pub(super) fn render(&self, app: &App, clock: &Clock, run: &RunView) -> Markup {
        html! {
            section.card.story-card #story aria-labelledby="story-title" {
                h2 #story-title { "The whole story" }
                ol.story {
                    @for sealed in &self.entries { (line(app, clock, sealed, &self.entries)) }
                }
                @if let Some(next) = self.next {
                    p { a.button href={ "/runs/" (run.id) "?after=" (next) "#story" } { "Later entries" } }
                }
                (self.verified(&run.id))
            }
        }
    }

    fn verified(&self, id: &RunId) -> Markup {
        let count = self.entries.len();
        if self.after.is_some() || self.next.is_some() {
            return html! { p.muted.seal { "This is a part of the story; `audit verify` checks all of it." } };
        }
        match verify(id, &self.entries) {
            Ok(last) => html! {
                p.muted.seal {
                    "Verified just now: " (count) " " (if count == 1 { "entry" } else { "entries" })
                    ", each sealed with all before it; the last seal is "
                    code title=(last) { (last.as_str().get(..12).unwrap_or_default()) } "."
                }
            },
            Err(broken) => html! {
                p.error.seal role="alert" { strong { "The record was tampered with: " } (broken) "." }
            },
        }
    }
}

/// One entry, with its particulars folded away.
pub(super) fn line(app: &App, clock: &Clock, sealed: &EntryView, all: &[EntryView]) -> Markup {
    let entry = &sealed.entry;
    let class = match &entry.what {
        What::Done { .. } => "quiet",
        What::Refused { .. } | What::GrantFailed { .. } | What::RevokeFailed { .. } => "bad",
        _ => "",
    };
    html! {
        li class=(class) {
            span.when { (clock.exactly(entry.at)) }
            div.what {
                p { (happened(app, clock, entry, all)) }
                p.muted.small {
                    (actor(app, &entry.actor)) " · via " (entry.channel.source) " · " (cause(&entry.cause))
                    " · entry " (entry.seq) ", seal "
                    code title=(sealed.hash) { (sealed.hash.as_str().get(..8).unwrap_or_default()) }
                }
            }
        }
    }
}

fn actor(app: &App, actor: &Actor) -> Markup {
    match (&actor.user, &actor.auth) {
        (Some(user), Auth::Token { id }) => html! { (words::who(app, user)) " (token " (id) ")" },
        (Some(user), Auth::Oidc { issuer, .. }) => {
            html! { (words::who(app, user)) " (signed in with " (issuer) ")" }
        }
        (Some(user), Auth::Slack { user: name, .. }) => {
            html! { (words::who(app, user)) " (in Slack, as " (name) ")" }
        }
        (Some(user), Auth::LocalHeader | Auth::Engine | Auth::Flow) => words::who(app, user),
        (None, Auth::Flow) => html! { "the flow" },
        (
            None,
            Auth::Engine
            | Auth::LocalHeader
            | Auth::Token { .. }
            | Auth::Oidc { .. }
            | Auth::Slack { .. },
        ) => html! { "Countersign" },
    }
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Command { .. } => "on command".to_owned(),
        Cause::Due { due } => format!("because {}", due_words(*due)),
        Cause::Effect { id } => format!("carrying out what entry {} called for", id.seq),
    }
}

const fn due_words(due: Due) -> &'static str {
    match due {
        Due::Start => "its beginning came",
        Due::Deadline => "the time of those who were asked was up",
        Due::Remind => "a reminder was due",
        Due::Warn => "the end was near",
        Due::End => "its time was up",
        Due::Recheck => "another look was due",
        Due::Resume => "something was left to do",
    }
}

fn happened(app: &App, clock: &Clock, entry: &Entry, all: &[EntryView]) -> Markup {
    match &entry.what {
        What::Requested { flow, request, .. } => html! {
            (words::who(app, &request.requester)) " asked for "
            (request.target.as_ref().map_or(flow.as_str(), |target| target.label.as_str()))
            @if let Some(duration) = request.duration { " for " (words::duration(duration)) }
            @if !request.reason.is_empty() { ": " span.said { "“" (request.reason) "”" } }
        },
        What::Changed { .. } => html! { (crate::story::changed(entry, all)) },
        What::Asked(ask) => html! { "Asked: " (words::people(app, &ask.asked)) },
        What::Forwarded { why } => html! {
            @match why {
                Why::TimedOut => "Nobody answered in time: the next are asked",
                Why::NobodyReached => "Too few could be asked: the next are asked",
            }
        },
        What::Approved { by, message, .. } => decided(app, by, "approved", message.as_deref()),
        What::Denied { by, message } => decided(app, by, "denied", message.as_deref()),
        What::Refused { command, message, .. } => html! {
            "“" (command) "” was refused because " (message)
        },
        What::Reminded { asked, .. } => html! { "Reminded: " (words::people(app, asked)) },
        What::Warned => html! { "The requester was told that access ends soon" },
        What::Answers { .. } => html! { "The questions were answered" },
        What::Noted { about, details } => {
            html! { "Noted about a " (about) ": " code { (short(details)) } }
        }
        What::Done { effects } => html! { "Done: " (done(effects, all)) },
        What::Closed { outcome, message } => closed(*outcome, message.as_deref()),
        What::Granting { .. }
        | What::Granted { .. }
        | What::GrantFailed { .. }
        | What::Ending { .. }
        | What::Revoked { .. }
        | What::RevokeFailed { .. }
        | What::Rechecked { .. } => access(clock, &entry.what),
    }
}

fn closed(outcome: Outcome, message: Option<&str>) -> Markup {
    html! {
        "The request is over: " (outcome)
        @if let Some(message) = message { ": " span.said { "“" (message) "”" } }
    }
}

/// What happened to the access itself.
fn access(clock: &Clock, what: &What) -> Markup {
    match what {
        What::Granting { until: Some(until) } => {
            html! { "Access is going to be given, until " (clock.exactly(*until)) }
        }
        What::Granting { until: None } => html! { "Access is going to be given" },
        What::Granted { reached: by, .. } => html! { "Access is there" (reached(*by)) },
        What::GrantFailed { failure, again } => html! {
            "Giving access failed: " (failure.message)
            @match again {
                Some(at) => { "; tried again at " (clock.exactly(*at)) }
                None => "; it is not tried again",
            }
        },
        What::Ending { why, message, .. } => html! {
            "Access is going to be taken away: "
            (ended(*why))
            @if let Some(message) = message { ": " span.said { "“" (message) "”" } }
        },
        What::Revoked { reached: by, .. } => html! { "Access is gone" (reached(*by)) },
        What::RevokeFailed { failure, again, alarm } => html! {
            "Taking access away failed: " (failure.message) "; tried again at "
            (clock.exactly(*again)) @if *alarm { ". An alarm was raised" }
        },
        What::Rechecked { found: what, .. } => html! {
            "Looked again: "
            (found(*what))
        },
        _ => Markup::default(),
    }
}

fn decided(app: &App, by: &Decider, word: &str, message: Option<&str>) -> Markup {
    html! {
        @match by {
            Decider::User { id, because, .. } => {
                (words::who(app, id)) " " (word) @if !because.is_empty() { ", who " (because) }
            }
            Decider::Flow { hook } => { "The flow " (word) " (on_" (hook) ")" }
            Decider::Engine => { "Countersign " (word) ", for want of anybody else" }
        }
        @if let Some(message) = message { ": " span.said { "“" (message) "”" } }
    }
}

/// What was carried out, in words.
fn done(ids: &[EffectId], all: &[EntryView]) -> String {
    let word = |id: &EffectId| {
        let entry: &Entry = &all.iter().find(|sealed| sealed.entry.seq == id.seq)?.entry;
        entry.effects.get(id.index).map(effect)
    };
    let words: Vec<_> =
        ids.iter().map(|id| word(id).unwrap_or_else(|| "something".into())).collect();
    words.join(", ")
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Arm { due, .. } => format!("set a timer ({})", due.as_str()),
        Effect::Grant => "gave access".to_owned(),
        Effect::Revoke => "took access away".to_owned(),
        Effect::Ask => "told those who may decide".to_owned(),
        Effect::Notify { notice } => match notice {
            Notice::Standing => "told the requester".to_owned(),
            Notice::Reminder => "reminded those who may decide".to_owned(),
            Notice::EndsSoon => "warned the requester".to_owned(),
            Notice::Overdue => "said that no answer came".to_owned(),
            Notice::Trouble => "told the error channel".to_owned(),
        },
        Effect::Act { step } => format!("called after_{step}"),
        Effect::Start { .. } => "started another run".to_owned(),
    }
}

/// A value on one line, cut where it grows long.
pub(super) fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        value => value.to_string(),
    };
    let cut: String = text.chars().take(300).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
