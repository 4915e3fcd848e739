//! Where a run stands and who is meant, in the words that people use.

use countersign::desk::{GrantView, RunView};
use countersign::model::{Duration, Outcome, Status, User, UserId};
use maud::{Markup, html};

use super::App;
use super::times::Clock;

/// Somebody, as `@bo`; by the whole address where that could be somebody else.
pub(super) fn who(app: &App, id: &UserId) -> Markup {
    let short = short(&app.people, id);
    html! { span.person title=(id) { (short) } }
}

fn short(people: &[User], id: &UserId) -> String {
    let local = |id: &UserId| id.as_str().split('@').next().unwrap_or_default().to_owned();
    let mine = local(id);
    let same = people.iter().filter(|user| local(&user.id) == mine);
    let is_only = same.clone().count() == 1 && same.clone().any(|user| user.id == *id);
    if is_only && !id.is_bot() { format!("@{mine}") } else { id.to_string() }
}

/// Whoever an approval names: a person, or a flow.
pub(super) fn decider(app: &App, by: &str) -> Markup {
    let (first, rest) = by.split_once(' ').unwrap_or((by, ""));
    if let Ok(id) = UserId::parse(first) {
        html! { (who(app, &id)) @if !rest.is_empty() { " " (rest) } }
    } else {
        html! { (by) }
    }
}

/// Several, the first few by name.
pub(super) fn people(app: &App, ids: &[UserId]) -> Markup {
    let rest = ids.len().saturating_sub(4);
    let shown = ids.len().min(if rest == 1 { 5 } else { 4 });
    let rest = ids.len().saturating_sub(shown);
    html! {
        @if ids.is_empty() { "nobody could be found out" }
        @for (index, id) in ids.iter().take(shown).enumerate() {
            @if index > 0 {
                @if index + 1 == shown && rest == 0 { " or " } @else { ", " }
            }
            (who(app, id))
        }
        @if rest > 0 { " or " (rest) " more" }
    }
}

/// What a run is for: the target, or the flow where there is none.
pub(super) fn what(run: &RunView) -> String {
    match (&run.target_label, &run.target) {
        (Some(label), _) if !label.is_empty() => label.clone(),
        (_, Some(target)) => target.to_string(),
        (_, None) => run.flow.to_string(),
    }
}

/// How long, as people say it.
pub(super) fn duration(duration: Duration) -> String {
    let total = duration.as_seconds();
    let units = [("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let mut rest = total;
    let mut parts = Vec::new();
    for (unit, seconds) in units {
        let number = rest / seconds;
        rest %= seconds;
        match (unit, number) {
            (_, 0) => {}
            ("day", 1) => parts.push("1 day".to_owned()),
            ("day", number) => parts.push(format!("{number} days")),
            (unit, number) => parts.push(format!("{number} {unit}")),
        }
    }
    parts.join(" ")
}

/// The word on a pill, and the class that colours it.
pub(super) const fn pill_word(
    status: Status,
    outcome: Option<Outcome>,
) -> (&'static str, &'static str) {
    match (status, outcome) {
        (Status::Pending, _) => ("Pending", "waiting"),
        (Status::Granting, _) => ("Being given", "moving"),
        (Status::Active, _) => ("Active", "good"),
        (Status::Revoking, _) => ("Being taken away", "moving"),
        (Status::Closed, Some(Outcome::Denied)) => ("Denied", "bad"),
        (Status::Closed, Some(Outcome::Ignored)) => ("Ignored", "over"),
        (Status::Closed, Some(Outcome::Expired)) => ("Expired", "over"),
        (Status::Closed, Some(Outcome::Cancelled)) => ("Cancelled", "over"),
        (Status::Approved, _) | (Status::Closed, Some(Outcome::Approved)) => ("Approved", "good"),
        (Status::Closed, Some(Outcome::Failed)) => ("Failed", "bad"),
        (Status::Closed, Some(Outcome::Ended)) => ("Ended", "over"),
        (Status::Closed, None) => ("Closed", "over"),
    }
}

/// The status as a pill.
pub(super) fn pill(status: Status, outcome: Option<Outcome>) -> Markup {
    let (word, class) = pill_word(status, outcome);
    html! { span class={ "pill " (class) } { (word) } }
}

/// Where a run stands, after the pill: the part that names people and times.
pub(super) fn standing(app: &App, clock: &Clock, run: &RunView) -> Markup {
    match (run.status, &run.explain.needs, run.until) {
        (Status::Pending, Some(needs), _) => html! {
            "Waiting for " (needs.quorum as usize - needs.given.min(needs.quorum as usize)) " of "
            (needs.people.len()) ": " (people(app, &needs.people))
            @if needs.stages > 1 { " (stage " (needs.stage) " of " (needs.stages) ")" }
        },
        (Status::Active, _, Some(until)) => {
            html! { "Ends " (clock.at(until)) " (" (clock.distance(until)) ")" }
        }
        (Status::Active, _, None) => html! { "Lasts until somebody ends it" },
        (Status::Granting, ..) => html! { "Approved; access is being given" },
        (Status::Revoking, ..) => html! { "Access is being taken away" },
        (Status::Pending | Status::Approved | Status::Closed, ..) => {
            html! { (run.explain.standing) }
        }
    }
}

/// When a hold ends.
pub(super) fn ends(clock: &Clock, grant: &GrantView) -> Markup {
    match (grant.status, grant.until) {
        (Status::Revoking, _) => html! { "Is being taken away" },
        (Status::Granting, _) => html! { "Is being given" },
        (_, Some(until)) => html! { "Ends " (clock.at(until)) " (" (clock.distance(until)) ")" },
        (_, None) => html! { "Until somebody ends it" },
    }
}

/// A text as it may stand in a path, a query or a cookie.
pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@".contains(&byte);
    let one = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(one).collect()
}

/// What [`encoded`] made of a text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let value = digit(rest.next())?.checked_mul(16)?.checked_add(digit(rest.next())?)?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_people_say_them() {
        assert_eq!(duration(Duration::seconds(5_400)), "1 h 30 min");
        assert_eq!(duration(Duration::days(2)), "2 days");
        assert_eq!(duration(Duration::seconds(90)), "1 min 30 s");
    }

    #[test]
    fn a_text_comes_out_of_a_cookie_as_it_went_in() {
        for text in ["ada@acme.test", "a;b=\"c\"@x.y", "zoë@acme.test", "100%"] {
            assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
            assert!(encoded(text).bytes().all(|byte| byte.is_ascii_graphic() && byte != b';'));
        }
        assert_eq!(decoded("%zz"), None);
    }
}
