//! Why a run stands where it does: who may decide and why each, which rule answered what, what ends
//! it, and what one may not do.

use countersign::approvers::Approvers;
use countersign::desk::{Explain, Needs, RuleView};
use countersign::model::UserId;
use maud::{Markup, html};
use serde_json::Value;

use super::page::sentence;
use super::times::Clock;
use super::{App, story, words};

/// The part of a run's page that says why.
pub(super) fn why(app: &App, clock: &Clock, explain: &Explain) -> Markup {
    // Why one does not decide stands where the buttons would.
    let is_said = |action: &str| matches!(action, "approve" | "deny");
    let refused: Vec<_> =
        explain.you.iter().filter(|may| !may.allowed && !is_said(&may.action)).collect();
    html! {
        section.card aria-labelledby="why-title" {
            h2 #why-title { "Why" }
            @if let Some(needed) = &explain.needs { (needs(app, Some(clock), needed)) }
            @for line in &explain.decided { p { "Approved: " (words::decider(app, line)) "." } }
            @if explain.ends.is_some() {
                p { (sentence(ends_sooner(explain.ends.as_deref().unwrap_or_default()))) }
            }
            (rules(app, &explain.rules))
            @if !refused.is_empty() {
                details {
                    summary { "What you may not do here" }
                    ul.plain {
                        @for may in refused {
                            li { strong { (sentence(action(&may.action))) } " " (sentence(&may.why)) }
                        }
                    }
                }
            }
        }
    }
}

/// What ends access besides its time, which the first line says already.
fn ends_sooner(ends: &str) -> &str {
    ends.split_once("; ").map_or(ends, |(_, sooner)| sooner)
}

fn action(name: &str) -> &str {
    match name {
        "revoke" => "end access",
        other => other,
    }
}

/// Who is asked, how many of them it takes, until when, and who is asked then.
pub(super) fn needs(app: &App, clock: Option<&Clock>, needs: &Needs) -> Markup {
    html! {
        ul.plain {
            li {
                "It takes " (needs.quorum) " of " strong { (needs.who) }
                @if needs.given > 0 { ", and " (needs.given) " approved already" }
                "."
            }
            @if let Some(place) = &needs.asked_in { li { "They are asked in " (place) "." } }
            @if !needs.people.is_empty() {
                li { "Asked: " (words::people(app, &needs.people)) ", because they are in " (needs.who) "." }
            }
            @if needs.stages > 1 { li { "This is stage " (needs.stage) " of " (needs.stages) "." } }
            @if let (Some(deadline), Some(clock)) = (needs.deadline, clock) {
                li {
                    "They have until " (clock.both(deadline)) "; "
                    @match &needs.or_else {
                        Some(next) => { "then " (next) " is asked." }
                        None => "then the request expires.",
                    }
                }
            } @else if let Some(next) = &needs.or_else {
                li { "If they do not answer in time, " (next) " is asked." }
            }
        }
    }
}

/// Which functions and directories answered what. One that answered the same again, as each time
/// somebody clicks, stands once.
pub(super) fn rules(app: &App, rules: &[RuleView]) -> Markup {
    let is_first = |index: usize, rule: &RuleView| {
        rules.iter().take(index).all(|earlier| {
            (&earlier.question, &earlier.answer, &earlier.error)
                != (&rule.question, &rule.answer, &rule.error)
        })
    };
    html! {
        @if !rules.is_empty() {
            h3 { "What was asked, and answered" }
            ol.rules {
                @for (index, rule) in rules.iter().enumerate() {
                    @if is_first(index, rule) { li { (self::rule(app, rule)) } }
                }
            }
        }
    }
}

fn rule(app: &App, rule: &RuleView) -> Markup {
    html! {
        p { strong { (question(&rule.question)) } }
        @match &rule.error {
            Some(error) => p.error {
                (error.code) ": " (error.message)
                @if let Some(hint) = &error.hint { " (" (hint) ")" }
            },
            None => p.answer { (answer(app, &rule.answer)) },
        }
        @for policy in &rule.policies {
            p { (policy.headline()) }
            @if policy.details().next().is_some() {
                ul.plain.small { @for line in policy.details() { li { code { (line) } } } }
            }
            p.muted.small { "sha256 " code { (policy.hash) } }
        }
        @if let (Some(handler), Some(location)) = (&rule.handler, &rule.location) {
            p.muted.small { code { (handler) } " at " code { (location) } }
        }
    }
}

/// An answer in words, where there are words for it.
fn answer(app: &App, answer: &Value) -> Markup {
    if let Ok(plan) = serde_json::from_value::<Approvers>(answer.clone()) {
        return html! {
            @for (index, stage) in plan.stages().iter().enumerate() {
                @if index > 0 { ", then " }
                (stage.quorum) " of " (stage.who)
                @if stage.allow_self { ", the requester included" }
                @if let Some(timeout) = stage.timeout { ", within " (words::duration(timeout)) }
            }
        };
    }
    match answer {
        Value::Null => html! { "Nothing: it goes on." },
        Value::Bool(true) => html! { "Yes." },
        Value::Bool(false) => html! { "No." },
        Value::Array(ids) if !ids.is_empty() => {
            let read = |id: &Value| UserId::parse(id.as_str()?).ok();
            ids.iter().map(read).collect::<Option<Vec<_>>>().map_or_else(
                || html! { code { (story::short(answer)) } },
                |ids| words::people(app, &ids),
            )
        }
        answer => html! { code { (story::short(answer)) } },
    }
}

/// A question as people would ask it, where it is one of the fixed ones.
fn question(name: &str) -> String {
    let asked = match name {
        "get_approver" => "Who may decide?",
        "get_requester" => "Who may ask?",
        "on_request" => "What does the flow say to the request?",
        "on_approval" => "What does the flow say to the approval?",
        "on_deescalate" => "What does the flow say to the end?",
        other => {
            return match other.strip_prefix("members of ") {
                Some(set) => format!("Who is in {set}?"),
                None => other.to_owned(),
            };
        }
    };
    format!("{asked} ({name})")
}
