//! The message that a request is in Slack, as it stands now: a function of the run.

use countersign::approvers::{People, Stage};
use countersign::engine::{Approval, Decider, Environment, Pending, Run, State, notices};
use countersign::flow::TemplateKind;
use countersign::model::{Object, Outcome};
use serde_json::{Value, json};

use super::reply::sentence;
use super::text::{
    Names, cut, cut_escaped, date, escape, link, moment_marked, name_marked, plain, with_clocks,
    with_marks,
};

/// `action_id` of the button that says yes.
pub const APPROVE: &str = "cs_approve";
/// `action_id` of the button that says yes with a message.
pub const APPROVE_SAYING: &str = "cs_approve_saying";
/// `action_id` of the button that says no.
pub const DENY: &str = "cs_deny";
/// `action_id` of the button that ends access.
pub const END: &str = "cs_end";
/// `action_id` of the button that prolongs access.
pub const EXTEND: &str = "cs_extend";
/// `action_id` of the button that opens the questions of a follow-up.
pub const ANSWER: &str = "cs_answer";

/// The longest of what people wrote that is shown; the run's page has the rest.
const LONGEST: usize = 2_000;

/// The longest field.
const LONGEST_FIELD: usize = 500;

/// The longest name of what is asked for, in a sentence.
const LONGEST_TITLE: usize = 150;

/// More fields than this are read on the run's page.
const MOST_FIELDS: usize = 8;

/// More approvers' remarks than this are read on the run's page.
const MOST_REMARKS: usize = 5;

/// The longest line of ours.
const LONGEST_LINE: usize = 600;

/// What a card says besides its run.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The flows and strategies.
    pub environment: &'a Environment,
    /// Where the pages are, without a slash at the end, if anywhere.
    pub url: Option<&'a str>,
    /// What people and user groups are called in Slack, as far as it is known.
    pub names: &'a Names,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// What notifications say, in Slack's markup.
    pub text: String,
    /// What is seen.
    pub blocks: Vec<Value>,
}

impl Card {
    /// Some words, with these buttons below.
    fn of(words: &str, buttons: &[Value]) -> Self {
        let mut blocks = vec![section(words)];
        if !buttons.is_empty() {
            blocks.push(json!({ "type": "actions", "elements": buttons }));
        }
        Self { text: words.to_owned(), blocks }
    }
}

/// The request, wherever it is asked.
#[must_use]
pub fn request(run: &Run, around: &Around<'_>) -> Card {
    let (status, said) = status(run, around);
    let mut blocks = vec![section(&format!("*{status}*"))];
    blocks.extend(said.as_deref().map(|said| words(said, LONGEST).0));
    let mut is_all = said.is_none_or(|said| words(&said, LONGEST).1);
    let requester = named(run.request.requester.as_str(), around);
    let mut facts = vec![
        fact("Requester", &requester),
        fact("Access", &cut_escaped(&escape(&notices::what(run)), LONGEST_FIELD).0),
    ];
    if let Some(duration) = run.request.duration {
        facts.push(fact("Duration", &duration.to_string()));
    }
    if let Some(held) = &run.request.extends {
        facts.push(fact("Prolongs access that ends", &date(held.until)));
    }
    if let Some(starts) = run.request.starts.filter(|_| matches!(run.state, State::Prompted { .. }))
    {
        facts.push(fact("Begins", &date(starts)));
    }
    if let Some(filed_by) = &run.request.filed_by {
        facts.push(fact("Filed by", &escape(filed_by.as_str())));
    }
    blocks.push(json!({ "type": "section", "fields": facts }));
    if !run.request.reason.is_empty() {
        let (reason, fits) = words(&run.request.reason, LONGEST);
        is_all &= fits;
        blocks.extend([small("*Reason*"), reason]);
    }
    for over in &run.overrides {
        let text = format!("{}; {} may override it", over.because, over.by_whom());
        let (text, fits) = words(&text, LONGEST);
        is_all &= fits;
        blocks.extend([small("*Policy*"), text]);
    }
    let fields: Vec<_> = run.request.fields.iter().take(MOST_FIELDS).collect();
    is_all &= fields.len() == run.request.fields.len();
    for (name, value) in fields {
        let label = around.environment.flow(&run.flow).and_then(|flow| flow.table.field(name));
        let value = shown(value);
        let (text, fits) = cut(&plain(&value), LONGEST_FIELD);
        is_all &= fits;
        let label = escape(label.map_or(name.as_str(), |field| field.label));
        let label = cut_escaped(&label, 100).0;
        let label = json!({ "type": "mrkdwn", "text": format!("*{label}*"), "verbatim": true });
        let text = if text.is_empty() { "–".to_owned() } else { text };
        let value = json!({ "type": "plain_text", "text": text, "emoji": false });
        blocks.push(json!({ "type": "section", "fields": [label, value] }));
    }
    let (remarks, fit) = remarks(run, around);
    blocks.extend(remarks);
    is_all &= fit;
    let buttons = buttons(run);
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    let foot = foot(run, around, is_all);
    if !foot.is_empty() {
        blocks.push(small(&foot));
    }
    let text = format!("{requester} asks for {}: {status}", escape(&notices::what(run)));
    Card { text: cut_escaped(&text, 3_000).0, blocks }
}

/// What the requester reads about their own request: where it stood when `text` was written.
#[must_use]
pub fn outcome(run: &Run, around: &Around<'_>, text: &str) -> Card {
    let status = with_clocks(&cut_escaped(&escape(text), LONGEST).0, LONGEST);
    let words = format!("{}: {status}", title(run, around));
    let (held, remarks) = match run.state {
        State::Active { .. } => (buttons(run), remarks(run, around).0),
        State::Closed { outcome: Outcome::Approved, .. } => (Vec::new(), remarks(run, around).0),
        State::Prompted { .. }
        | State::Pending(_)
        | State::Granting { .. }
        | State::Revoking { .. }
        | State::Closed { .. } => (Vec::new(), Vec::new()),
    };
    let mut card = Card::of(&words, &held);
    card.blocks.splice(1..1, remarks);
    card
}

/// What the requester reads shortly before the end.
#[must_use]
pub fn ends_soon(run: &Run, around: &Around<'_>) -> Card {
    let until = run.until.map(date).unwrap_or_default();
    Card::of(&format!("{}: your access ends {until}.", title(run, around)), &buttons(run))
}

/// What whoever did something reads where that was refused.
#[must_use]
pub fn refused(run: &Run, around: &Around<'_>, why: &str) -> Card {
    let why = with_clocks(&cut_escaped(&sentence(why), LONGEST).0, LONGEST);
    Card::of(&format!(":no_entry: {}: {why}", title(run, around)), &[])
}

/// What asks the requester how it went.
#[must_use]
pub fn follow_up(run: &Run, around: &Around<'_>, words: &str) -> Card {
    let (status, _) = status(run, around);
    let is_open = matches!(run.state, State::Pending(_));
    let words = if is_open { escape(words) } else { format!("{}: {status}", title(run, around)) };
    Card::of(&words, &buttons(run))
}

/// Some words of ours or of a flow's.
#[must_use]
pub fn said(run: Option<&Run>, around: &Around<'_>, text: &str) -> Card {
    let escaped = escape(text);
    let (words, is_all) = cut_escaped(&escaped, LONGEST);
    let words = with_clocks(&words, LONGEST);
    let mut card = Card::of(&words, &[]);
    if !is_all && let Some(link) = run.and_then(|run| page(run, around)) {
        card.blocks.push(small(&format!("Cut short: {link}")));
    }
    card
}

/// What those who have not answered read in the thread.
#[must_use]
pub fn reminder(run: &Run, around: &Around<'_>) -> Card {
    Card::of(&format!("Still waiting. {}", status(run, around).0), &[])
}

/// What approvers had to say, where the flow passes that on, and whether that is all of it.
fn remarks(run: &Run, around: &Around<'_>) -> (Vec<Value>, bool) {
    if !run.rules.include_decision_message {
        return (Vec::new(), true);
    }
    let said = |approval: &Approval| Some((by(approval, around), approval.message.clone()?));
    let mut all = run.approvals.iter().filter_map(said);
    let mut blocks = Vec::new();
    let mut is_all = true;
    for (by, message) in all.by_ref().take(MOST_REMARKS) {
        let (words, fits) = words(&message, LONGEST_FIELD);
        is_all &= fits;
        blocks.extend([small(&format!("*{by}*")), words]);
    }
    (blocks, is_all && all.next().is_none())
}

fn by(approval: &Approval, around: &Around<'_>) -> String {
    match &approval.by {
        Decider::User { id, .. } => named(id.as_str(), around),
        by @ (Decider::Flow { .. } | Decider::Engine) => escape(&notices::decider(by)),
    }
}

/// Where it stands in words, and what somebody said about that.
fn status(run: &Run, around: &Around<'_>) -> (String, Option<String>) {
    let mut bare = run.clone();
    let mut said = None;
    if let State::Closed { message, .. } = &mut bare.state {
        said = message.take();
    }
    let line = notices::standing_by(&bare, moment_marked, |id| name_marked(id.as_str()));
    (
        cut_escaped(&with_marks(&line, around.names), LONGEST_LINE).0,
        said.filter(|said| !said.is_empty()),
    )
}

/// The buttons, as far as there is anything to do. Their values name the run and nothing else.
fn buttons(run: &Run) -> Vec<Value> {
    let button = |label: &str, action: &str, style: Option<&str>| {
        let text = json!({ "type": "plain_text", "text": label, "emoji": true });
        let mut button = Object::new();
        button.insert("type".to_owned(), "button".into());
        button.insert("text".to_owned(), text);
        button.insert("action_id".to_owned(), action.into());
        button.insert("value".to_owned(), run.id.as_str().into());
        button.extend(style.map(|style| ("style".to_owned(), style.into())));
        Value::Object(button)
    };
    match (&run.state, run.template) {
        (State::Pending(_), TemplateKind::FollowUp) => {
            vec![button("Answer", ANSWER, Some("primary"))]
        }
        (State::Pending(_), TemplateKind::Access) => {
            let saying = || button("Approve with a message", APPROVE_SAYING, None);
            let saying = run.rules.include_decision_message.then(saying);
            let approve = button("Approve", APPROVE, Some("primary"));
            let deny = button("Deny", DENY, Some("danger"));
            [approve, deny].into_iter().chain(saying).collect()
        }
        (State::Active { until, .. }, _) => {
            let may_extend = until.is_some() && run.rules.max_extensions > 0;
            let extend = may_extend.then(|| button("Extend", EXTEND, None));
            let end = run.rules.allow_revoke.then(|| button("End access", END, Some("danger")));
            extend.into_iter().chain(end).collect()
        }
        (
            State::Prompted { .. }
            | State::Granting { .. }
            | State::Revoking { .. }
            | State::Closed { .. },
            _,
        ) => Vec::new(),
    }
}

/// The small print: until when it is asked, who may decide, what becomes of sessions, where the rest
/// is.
fn foot(run: &Run, around: &Around<'_>, is_all: bool) -> String {
    let mut parts = Vec::new();
    if let State::Pending(pending) = &run.state
        && run.template == TemplateKind::Access
    {
        if let Some(stage) = run.stage() {
            let whose = if stage.allow_self { "" } else { ", not the requester" };
            parts.push(format!("May decide: {}{whose}", deciders(stage, pending, around)));
        }
        parts.extend(pending.deadline.map(|at| format!("Asked until {}", date(at))));
    }
    let is_open = !matches!(run.state, State::Closed { .. });
    if let Some(name) = run.request.target.as_ref().and_then(|target| target.strategy.as_ref())
        && is_open
    {
        let mut strategies = around.environment.strategies.iter();
        let found = strategies.find(|(it, _)| it.as_str() == name.as_str());
        parts.extend(found.map(|(_, config)| {
            config.strategy.ends_sessions().map_or_else(
                || "Sessions that are open when access ends may stay open".to_owned(),
                escape,
            )
        }));
    }
    let parts: Vec<String> = parts.iter().map(|part| cut_escaped(part, LONGEST_LINE).0).collect();
    let mut text = parts.join(" · ");
    if let Some(link) = page(run, around) {
        let before = if is_all { "" } else { "Cut short, read it all: " };
        let dot = if text.is_empty() { "" } else { " · " };
        text = format!("{text}{dot}{before}{link}");
    } else if !is_all {
        text.push_str(" · Cut short: the API and the command line show it all");
    }
    text
}

/// Who may decide: each of them by name where Slack pings them by it.
fn deciders(stage: &Stage, pending: &Pending, around: &Around<'_>) -> String {
    let who = named(&stage.who.to_string(), around);
    let asked = &pending.asked;
    if !asked.iter().any(|id| around.names.contains_key(id.as_str())) {
        return who;
    }
    let names: Vec<_> = asked.iter().map(|id| named(id.as_str(), around)).collect();
    let names = names.join(", ");
    match &stage.who {
        People::Users(_) | People::SlackUser(_) => names,
        People::Anyone
        | People::Admins
        | People::SlackChannel(_)
        | People::SlackGroup(_)
        | People::OktaGroup(_)
        | People::Manager { .. }
        | People::PagerDutySchedule(_)
        | People::PagerDutyPolicy { .. }
        | People::GitHubCollaborators { .. }
        | People::Union(_) => format!("{who}: {names}"),
    }
}

fn named(name: &str, around: &Around<'_>) -> String {
    around.names.get(name).cloned().unwrap_or_else(|| escape(name))
}

/// What is asked for, with a link to its page.
fn title(run: &Run, around: &Around<'_>) -> String {
    let what = cut(&notices::what(run), LONGEST_TITLE).0;
    match address(run, around) {
        Some(url) => format!("*{}*", link(&url, &what)),
        None => format!("*{}*", escape(&what)),
    }
}

fn page(run: &Run, around: &Around<'_>) -> Option<String> {
    address(run, around).map(|url| link(&url, "Details"))
}

fn address(run: &Run, around: &Around<'_>) -> Option<String> {
    around.url.map(|url| format!("{url}/runs/{}", run.id))
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
}

fn small(text: &str) -> Value {
    let text = json!({ "type": "mrkdwn", "text": text, "verbatim": true });
    json!({ "type": "context", "elements": [text] })
}

fn fact(label: &str, value: &str) -> Value {
    json!({ "type": "mrkdwn", "text": format!("*{label}*\n{value}"), "verbatim": true })
}

/// Somebody's words, where Slack looks for no markup.
fn words(text: &str, most: usize) -> (Value, bool) {
    let (text, is_all) = cut(&plain(text), most);
    let text = json!({ "type": "plain_text", "text": text, "emoji": false });
    (json!({ "type": "section", "text": text }), is_all)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => String::new(),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests;
