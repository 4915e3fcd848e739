//! Policies in flows, from the hook that asks one to the story that tells what it said.
#![cfg(all(feature = "rego", feature = "sentinel", feature = "testing"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::format_collect,
    reason = "a test that goes wrong ends so, in its helpers too"
)]

use countersign::engine::{Decider, What};
use countersign::model::{Outcome, Step};
use countersign::policy::{Explanation, Verdict};
use countersign::testing::{TestApp, TestRun};

mod policed {
    //! Access as far as policies go; which one, and what it means, is the target's kind.
    use countersign::prelude::*;

    flow!("policed", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        slack::channel("#ops")
    }

    #[hook]
    fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
        let input = json!({ "user": event.user(), "target": "prod" });
        let sentinel = sentinel!("policies/team.sentinel");
        Ok(match event.target().kind() {
            "advised" => sentinel.enforce(cx, input, Level::Advisory)?,
            "overridable" => {
                sentinel.enforce(cx, input, Level::SoftMandatory(okta::group("security")))?
            }
            "forbidden" => sentinel.enforce(cx, input, Level::HardMandatory)?,
            "broken" => {
                let allows = rego!("policies/broken.rego").allows(cx, input)?;
                allows.then(|| Decision::approve("the policy says yes"))
            }
            "panics" => {
                rego!("policies/team.rego").allows(cx, input)?;
                panic!("after the policy was asked")
            }
            "explained" => {
                let explanation = rego!("policies/team.rego").explain(cx, input)?;
                (!explanation.reasons.is_empty())
                    .then(|| Decision::deny(explanation.reasons.join("; ")))
            }
            _ => {
                let allows = rego!("policies/team.rego").allows(cx, input)?;
                allows.then(|| Decision::approve("the policy says yes"))
            }
        })
    }

    #[hook]
    fn on_expiry() -> Option<Ruling> {
        Some(Ruling::approve("nobody answered"))
    }
}

fn acme() -> TestApp {
    ["advised", "overridable", "forbidden", "broken", "panics", "explained", "allowed"]
        .into_iter()
        .fold(TestApp::new(&policed::FLOW), |app, kind| app.target(kind, kind))
        .user("eve@acme.test")
        .group("sre", ["ada@acme.test"])
        .group("security", ["sue@acme.test"])
        .channel("#ops", ["ops@acme.test"])
}

/// What policies said in a run.
fn told(run: &TestRun<'_>) -> Vec<Explanation> {
    let notes = run.entries().into_iter().flat_map(|sealed| sealed.entry.notes);
    notes.flat_map(|note| note.policies).collect()
}

#[tokio::test]
async fn whom_the_policy_allows_gets_in_and_the_story_says_why() {
    let app = acme();
    let run = app.person("ada@acme.test").asks("allowed").reason("INC-42").duration("1h").await;
    run.assert_active();
    let told = told(&run);
    let [explanation] = &*told else { panic!("{told:?}") };
    assert_eq!((&*explanation.policy, explanation.verdict), ("policies/team.rego", Verdict::Allow));
    assert_eq!(explanation.hash.len(), 64);
    assert_eq!(explanation.rules[0].rule, "allow");
    assert_eq!(explanation.rules[0].value, Some(true.into()));
    assert_eq!(explanation.values["user.groups"], serde_json::json!(["sre"]));
}

#[tokio::test]
async fn whom_the_policy_does_not_allow_is_left_to_people() {
    let app = acme();
    let run = app.person("eve@acme.test").asks("allowed").reason("INC-42").await;
    run.assert_waits_for(["ops@acme.test"]);
    assert_eq!(told(&run)[0].verdict, Verdict::Deny);
}

#[tokio::test]
async fn the_policy_s_reasons_are_there_for_the_flow() {
    let app = acme();
    let run = app.person("eve@acme.test").asks("explained").reason("INC-42").await;
    run.assert_closed(Outcome::Denied);
    assert!(run.standing().contains("is not in the team"), "{}", run.standing());
}

#[tokio::test]
async fn a_policy_that_fails_approves_nothing_and_is_recorded() {
    let app = acme();
    let run = app.person("eve@acme.test").asks("broken").reason("INC-42").await;
    run.assert_waits_for(["ops@acme.test"]);
    let told = told(&run);
    assert_eq!(told[0].verdict, Verdict::Undecided);
    assert!(told[0].reasons[0].contains("to_number"), "{told:?}");
    let entries = run.entries();
    let failed =
        entries.iter().flat_map(|sealed| &sealed.entry.notes).find_map(|note| note.error.clone());
    assert!(app.error_channel()[0].contains("broken.rego did not decide"));
    assert!(failed.expect("the hook's failure").message.contains("broken.rego did not decide"));
}

#[tokio::test]
async fn what_a_policy_said_before_its_hook_panicked_is_recorded() {
    let app = acme();
    let run = app.person("ada@acme.test").asks("panics").reason("INC-42").await;
    run.assert_waits_for(["ops@acme.test"]);
    assert_eq!(told(&run)[0].verdict, Verdict::Allow);
    assert!(app.error_channel()[0].contains("after the policy was asked"));
}

#[tokio::test]
async fn an_advisory_policy_is_noted_and_no_more() {
    let app = acme();
    let run = app.person("eve@acme.test").asks("advised").reason("INC-42").await;
    run.assert_waits_for(["ops@acme.test"]);
    let told = told(&run);
    assert_eq!((told[0].verdict, told[0].level.as_deref()), (Verdict::Deny, Some("advisory")));
    assert_eq!(told[0].rules[0].rule, "main");
}

#[tokio::test]
async fn a_hard_mandatory_policy_denies() {
    let app = acme();
    let run = app.person("eve@acme.test").asks("forbidden").reason("INC-42").await;
    run.assert_closed(Outcome::Denied);
    assert_eq!(run.standing(), "Denied: policies/team.sentinel says no");
    assert_eq!(told(&run)[0].level.as_deref(), Some("hard-mandatory"));
    app.person("ada@acme.test").asks("forbidden").reason("INC-42").await.assert_pending();
}

#[tokio::test]
async fn a_soft_mandatory_policy_takes_somebody_named_to_override_it() {
    let app = acme();
    let (eve, sue, ops) =
        (app.person("eve@acme.test"), app.person("sue@acme.test"), app.person("ops@acme.test"));
    let run = eve.asks("overridable").reason("INC-42").duration("1h").await;
    run.assert_waits_for(["sue@acme.test"]);
    // The usual approvers cannot do without.
    ops.approves(&run).expect_refused("not_an_approver").await;
    sue.approves(&run).saying("this once").await;
    assert!(!eve.has("overridable"));
    run.assert_waits_for(["ops@acme.test"]);
    ops.approves(&run).await;
    assert!(eve.has("overridable"));
    let entries = run.entries();
    let changed = entries.iter().find_map(|sealed| match &sealed.entry.what {
        What::Changed { also, by: Step::Request, .. } => also.clone(),
        _ => None,
    });
    assert_eq!(changed.expect("an override").because, "policies/team.sentinel says no");
    let approved: Vec<_> = entries
        .iter()
        .filter_map(|sealed| match &sealed.entry.what {
            What::Approved { by: Decider::User { id, .. }, .. } => Some(id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(approved, ["sue@acme.test", "ops@acme.test"]);
}

#[tokio::test]
async fn without_those_who_may_override_it_there_is_no_access() {
    let app = acme();
    let (eve, sue) = (app.person("eve@acme.test"), app.person("sue@acme.test"));
    let run = eve.asks("overridable").reason("INC-42").await;
    sue.denies(&run).await;
    run.assert_closed(Outcome::Denied);
    // Nobody is there to be asked: the flow would approve what expires, and may not.
    app.set_members("security", []);
    let run = eve.asks("overridable").reason("INC-43").await;
    run.assert_closed(Outcome::Expired);
    assert!(!eve.has("overridable"));
}

#[tokio::test]
async fn who_is_in_the_team_needs_no_override() {
    let app = acme();
    let run = app.person("ada@acme.test").asks("overridable").reason("INC-42").await;
    run.assert_waits_for(["ops@acme.test"]);
}

#[test]
fn what_was_recorded_before_there_were_policies_is_read_and_written_as_it_was() {
    let noted = serde_json::json!({
        "question": "on_request", "handler": "flow::on_request", "location": "flow.rs:1",
        "answer": { "deny": { "reason": "no" } },
    });
    let read: countersign::engine::Noted = serde_json::from_value(noted.clone()).unwrap();
    assert!(read.policies.is_empty());
    assert_eq!(serde_json::to_value(&read).unwrap(), noted);
    let changed = serde_json::json!({
        "type": "changed", "duration": null, "target": null, "fields": {}, "by": "request",
    });
    let read: What = serde_json::from_value(changed.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), changed);
}
