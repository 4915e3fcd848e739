//! How things are said in Slack.

use countersign::desk::{Preview, RunView};
use countersign::model::{Duration, Status, UserId};

use super::blocks::escape;
use super::reply::sentence;
pub(super) use super::text::date as time;

/// How long, as people say it.
pub(super) fn duration(duration: Duration) -> String {
    let mut rest = duration.as_seconds();
    let mut parts = Vec::new();
    for (one, many, seconds) in [
        ("day", "days", 86_400),
        ("hour", "hours", 3_600),
        ("minute", "minutes", 60),
        ("second", "seconds", 1),
    ] {
        let number = rest.checked_div(seconds).unwrap_or_default();
        rest = rest.checked_rem(seconds).unwrap_or_default();
        match number {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            number => parts.push(format!("{number} {many}")),
        }
    }
    parts.join(" ")
}

/// What a run is for: the target, or the flow where there is none.
pub(super) fn what(run: &RunView) -> String {
    let label = run.target_label.as_deref().filter(|label| !label.is_empty());
    let name = run.target.as_ref().map(ToString::to_string);
    escape(label.unwrap_or(name.as_deref().unwrap_or(run.flow.as_str())))
}

/// Where a run stands, in a few words.
pub(super) fn standing(run: &RunView) -> String {
    match (run.status, run.until) {
        (Status::Active, Some(until)) => format!("until {}", time(until)),
        (Status::Active, None) => "until somebody ends it".to_owned(),
        (Status::Granting, _) => "Approved; access is being given.".to_owned(),
        (Status::Revoking, _) => "Access is being taken away.".to_owned(),
        (Status::Pending, _) if !run.waiting_for.is_empty() => {
            format!("Waiting for {}.", people(&run.waiting_for))
        }
        (Status::Pending | Status::Approved | Status::Closed, _) => sentence(&run.explain.standing),
    }
}

/// Several people, the first few by name.
pub(super) fn people(ids: &[UserId]) -> String {
    let shown = if ids.len() <= 4 { ids.len() } else { 3 };
    let mut names: Vec<_> = ids.iter().take(shown).map(|id| escape(id.as_str())).collect();
    let rest = ids.len().saturating_sub(shown);
    if rest > 0 {
        names.push(format!("{rest} more"));
    }
    match names.split_last() {
        None => "nobody".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// What would happen to a request, in a line.
pub(super) fn preview(preview: &Preview) -> String {
    match (preview.would.as_str(), &preview.explain.needs) {
        ("asks", Some(needs)) => {
            let people = people(&needs.people);
            let quorum = if needs.quorum > 1 {
                format!(" ({} of them have to agree)", needs.quorum)
            } else {
                String::new()
            };
            format!("Who will be asked: {people}{quorum}")
        }
        ("automatic", _) => "Nobody will be asked: it is given at once.".to_owned(),
        _ => format!(":warning: As it stands: {}", sentence(&preview.standing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_people_say_them() {
        assert_eq!(duration(Duration::seconds(5_400)), "1 hour 30 minutes");
        assert_eq!(duration(Duration::days(2)), "2 days");
    }

    #[test]
    fn a_few_people_are_named_and_the_rest_is_counted() {
        let ids: Vec<_> =
            ["a", "b", "c", "d", "e"].map(|it| UserId::parse(format!("{it}@x.y")).unwrap()).into();
        assert_eq!(people(&[]), "nobody");
        assert_eq!(people(&ids[..1]), "a@x.y");
        assert_eq!(people(&ids[..4]), "a@x.y, b@x.y, c@x.y or d@x.y");
        assert_eq!(people(&ids), "a@x.y, b@x.y, c@x.y or 2 more");
    }
}
