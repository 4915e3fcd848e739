//! A run, in a few lines for people.

use std::fmt::Write as _;

use countersign::desk::{Explain, Needs, Preview, RuleView, RunView};
use countersign::model::{Outcome, Status, UserId};
use serde_json::Value;

use super::print::{self, Clock, Style, for_so_long, plain};

/// What would happen, with its verb first: `WILL ASK ops@acme.test (Slack #ops) for ..`.
pub(super) fn plan(preview: &Preview, what: &str) -> String {
    let style = Style::stdout();
    let what = plain(what);
    let mut text = match preview.would.as_str() {
        "asks" => {
            let whom = asked(preview.explain.needs.as_ref(), &preview.asked);
            format!("{} {whom} for {what}\n", style.bold("WILL ASK"))
        }
        "automatic" => format!("{} {what}\n", style.bold("WILL GRANT")),
        "denied" => format!("{} {what}\n", style.bold("WILL DENY")),
        "ignored" => format!("{} {what}\n", style.bold("WILL IGNORE")),
        "expires" => format!("{} {what}: nobody can be asked\n", style.bold("WILL EXPIRE")),
        other => format!("{} {what}\n", style.bold(&format!("WILL END AS {}", plain(other)))),
    };
    let _ = writeln!(text, "  {}", plain(&preview.standing));
    text.push_str(&why(&preview.explain));
    text
}

/// Who is asked, and where: `2 of ada@acme.test, bo@acme.test (Okta group data-security)`.
fn asked(needs: Option<&Needs>, people: &[UserId]) -> String {
    let names: Vec<_> = people.iter().take(5).map(UserId::as_str).collect();
    let mut text = match people.len() {
        0 => "nobody known".to_owned(),
        1..=5 => names.join(", "),
        many => format!("{} and {} more", names.join(", "), many - names.len()),
    };
    let Some(needs) = needs else { return text };
    if needs.quorum > 1 {
        text = format!("{} of {text}", needs.quorum);
    }
    let who = plain(&needs.who);
    match &needs.asked_in {
        Some(place) => format!("{text} ({who}, in {})", plain(place)),
        None if who == text => text,
        None => format!("{text} ({who})"),
    }
}

/// What a run is for: the target as pages call it, or the flow.
pub(super) fn what(run: &RunView) -> String {
    let named = run.target_label.clone().filter(|label| !label.is_empty());
    let name = named.or_else(|| run.target.as_ref().map(ToString::to_string));
    let name = name.unwrap_or_else(|| run.flow.to_string());
    format!("{}{}", plain(&name), for_so_long(run.duration))
}

/// What has happened to a request, with its verb first, and how it goes on.
pub(super) fn outcome(run: &RunView, program: &str) -> String {
    let (style, what) = (Style::stdout(), what(run));
    let mut text = match (run.status, run.outcome) {
        (Status::Pending, _) if !run.waiting_for.is_empty() => {
            let whom = asked(run.explain.needs.as_ref(), &run.waiting_for);
            format!("{} {whom} for {what}\n", style.bold("ASKED"))
        }
        (Status::Active, _) => format!("{} {what}\n", style.bold("GRANTED")),
        (Status::Closed, Some(Outcome::Approved)) => {
            format!("{} {what}\n", style.bold("APPROVED"))
        }
        (status, outcome) => {
            let word = print::word(status, outcome).to_uppercase();
            format!("{} {what}\n", style.bold(&word))
        }
    };
    text.push_str(&facts(run, program));
    text
}

/// Id, standing, address, and what can be done from here.
pub(super) fn facts(run: &RunView, program: &str) -> String {
    let clock = Clock::local();
    let mut text = format!("  run       {}\n", run.id);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:8}  {value}");
    };
    line("standing", &plain(&run.explain.standing));
    if let (Status::Active, Some(until)) = (run.status, run.until) {
        line("ends", &clock.both(until));
    }
    if let Some(deadline) = run.explain.needs.as_ref().and_then(|needs| needs.deadline) {
        line("decide by", &clock.both(deadline));
    }
    line("page", &plain(&run.url));
    match (run.status, run.waiting_for.first()) {
        (Status::Pending, Some(who)) if run.explain.needs.is_some() => {
            line("approve", &format!("{program} approve {} --as {}", run.id, plain(who.as_str())));
        }
        (Status::Active, _) => line("end it", &format!("{program} revoke {}", run.id)),
        _ => {}
    }
    text
}

/// Why it stands so: which function answered what.
pub(super) fn why(explain: &Explain) -> String {
    let mut text = String::new();
    for (index, rule) in explain.rules.iter().enumerate() {
        let same = |other: &RuleView| {
            (&other.question, &other.answer, &other.error)
                == (&rule.question, &rule.answer, &rule.error)
        };
        // Those who may decide are found out again and again.
        if explain.rules.iter().take(index).any(same) {
            continue;
        }
        let answer = match (&rule.error, &rule.answer) {
            (Some(failure), _) => format!("failed: {}", failure.message),
            (None, Value::Null) => "nothing to say".to_owned(),
            (None, answer) => short(&answer.to_string()),
        };
        let place = rule.location.as_ref().map(|at| format!("  [{at}]")).unwrap_or_default();
        let (question, place) = (plain(&rule.question), plain(&place).into_owned());
        let _ = writeln!(text, "  why       {question}: {}{place}", plain(&answer));
        for policy in &rule.policies {
            let _ = writeln!(text, "            {}", plain(&policy.headline()));
        }
    }
    text
}

/// What the caller may do now, or why not.
pub(super) fn you(explain: &Explain) -> String {
    let mut text = String::new();
    for may in &explain.you {
        let word = if may.allowed { "yes" } else { "no" };
        let _ = writeln!(text, "  {:8}  {word}: {}", plain(&may.action), plain(&may.why));
    }
    text
}

/// A text, cut where it grows long.
pub(super) fn short(text: &str) -> String {
    let cut: String = text.chars().take(160).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
