//! What happened to access, in the words that the pages and the command line share.

use countersign::engine::{EndedBy, Entry, Found, ReachedBy, SealedEntry, What};
use countersign::model::{Duration, Object, Target};

/// What a hook made of the request, beside how it stood before in the same entries: its target, its
/// duration, its fields, and who has to approve besides.
pub(crate) fn changed(entry: &Entry, all: &[SealedEntry]) -> String {
    let What::Changed { by, also, .. } = &entry.what else { return String::new() };
    let earlier = all.iter().map(|sealed| &sealed.entry);
    let before = earlier
        .filter(|it| it.run == entry.run && it.seq < entry.seq)
        .filter_map(|it| Some((it.seq, asked_for(&it.what)?)))
        .max_by_key(|(seq, _)| *seq)
        .map(|(_, before)| before);
    let mut changes = Vec::new();
    if let Some((target, duration, fields)) = asked_for(&entry.what) {
        if let Some(target) = target
            && before.is_none_or(|(before, ..)| before != Some(target))
        {
            changes.push(format!("target: {}", target.label));
        }
        if let Some(duration) = duration
            && before.is_none_or(|(_, before, _)| before != Some(duration))
        {
            changes.push(format!("duration: {duration}"));
        }
        let is_new = |(name, value): &(&String, &_)| {
            before.is_none_or(|(.., before)| before.get(*name) != Some(*value))
        };
        let fields = fields.iter().filter(is_new);
        changes.extend(fields.map(|(name, value)| format!("{name}: {value}")));
    }
    if let Some(over) = also {
        changes.push(format!("{} has to approve, too: {}", over.by_whom(), over.because));
    }
    if changes.is_empty() {
        return format!("The flow's on_{by} left the request as it was");
    }
    format!("The flow's on_{by} changed the request: {}", changes.join("; "))
}

fn asked_for(what: &What) -> Option<(Option<&Target>, Option<Duration>, &Object)> {
    match what {
        What::Requested { request, .. } => {
            Some((request.target.as_ref(), request.duration, &request.fields))
        }
        What::Changed { target, duration, fields, .. } => {
            Some((target.as_ref(), *duration, fields))
        }
        _ => None,
    }
}

/// How it is known that access is there, or gone.
pub(crate) const fn reached(by: ReachedBy) -> &'static str {
    match by {
        ReachedBy::Seen => ", as the target shows",
        ReachedBy::Said => ", as the target says",
        ReachedBy::Shared => "; another run of the same person holds it too",
        ReachedBy::Standing => "; it was there before and is not touched",
        ReachedBy::Nothing => "; nothing had been given",
    }
}

/// Why access is taken away.
pub(crate) const fn ended(by: EndedBy) -> &'static str {
    match by {
        EndedBy::TimeUp => "its time is up",
        EndedBy::Revoked => "somebody ended it",
        EndedBy::Cancelled => "the request was taken back",
        EndedBy::Failed => "it could not be given",
        EndedBy::Left => "whoever held it has left",
    }
}

/// What a look at the target after the end has shown.
pub(crate) const fn found(what: Found) -> &'static str {
    match what {
        Found::Gone => "no access",
        Found::TakenAgain => "access had come back, and was taken away again",
        Found::NotLooked => "not this time",
        Found::Unknown => "the look failed",
    }
}

#[cfg(test)]
mod tests {
    use countersign::testing::TestApp;

    use super::*;

    mod altered {
        //! Access for half an hour at most, which security has to approve.
        use countersign::prelude::*;

        flow!("altered", Access);

        #[reducer]
        fn get_approver() -> Approvers {
            slack::channel("#ops")
        }

        #[hook]
        fn on_request() -> Option<Decision> {
            let shorter = Change::new().duration(Duration::minutes(30)).target("replica");
            Some(shorter.overridden_by(okta::group("security"), "it is late").into())
        }
    }

    #[tokio::test]
    async fn what_a_hook_changed_is_told_and_nothing_else() {
        let app = TestApp::new(&altered::FLOW)
            .target("orders", "db")
            .target("replica", "db")
            .group("security", ["sue@acme.test"])
            .channel("#ops", ["ops@acme.test"]);
        let run = app.person("ada@acme.test").asks("orders").reason("INC-42").duration("1h").await;
        let entries = run.entries();
        let told: Vec<_> = entries
            .iter()
            .filter(|sealed| matches!(sealed.entry.what, What::Changed { .. }))
            .map(|sealed| changed(&sealed.entry, &entries))
            .collect();
        assert_eq!(
            told,
            ["The flow's on_request changed the request: target: replica; duration: 30m; \
              Okta group security has to approve, too: it is late"]
        );
    }
}
