//! Deciding, ending and extending by buttons.

use countersign::engine::What;
use countersign::model::Status;
use countersign_vendors::slack::{Ended, Kind, seen};
use serde_json::json;

use crate::rig::Office;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_approves_by_a_click_and_the_entry_says_how_they_were_known() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;

    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;

    office.comes_to(&run, Status::Active).await;
    let entries = office.entries(&run).await;
    let approved = entries.iter().find(|it| matches!(it.entry.what, What::Approved { .. }));
    let entry = &approved.unwrap().entry;
    let auth = json!({ "slack": { "team": office.workspace.team(), "user": office.bo } });
    assert_eq!(json!(entry.actor), json!({ "user": "bo@acme.test", "auth": auth }));
    let channel = office.workspace.direct(&office.bo);
    assert_eq!(json!(entry.channel), json!({ "type": "slack", "identifier": channel.id() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_that_slack_tells_of_twice_counts_once() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
    office.bo().is_heard_twice().await;
    office.bo().is_heard_twice().await;
    office.comes_to(&run, Status::Active).await;
    assert_eq!(office.approvals(&run).await, 1);
    assert_eq!(office.workspace.ephemerals(&office.bo), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_approve_is_told_why_and_nobody_else_is() {
    let office = Office::open().await;
    let dan = office.workspace.person("dan@acme.test");
    let run = office.asked("ada@acme.test", "access").await;

    office.ada().clicks_in(&office.card(&office.ada, &run), "Approve").await;
    let told = office.ada().is_told("Nobody decides about their own request.").await;
    assert!(told.text.starts_with(":no_entry:"), "{told:?}");

    let dan_ = office.workspace.someone(&dan);
    dan_.clicks_in(&office.card(&dan, &run), "Approve").await;
    dan_.is_told("may decide about this request.").await;

    assert_eq!(office.status(&run).await, Status::Pending);
    assert_eq!(office.workspace.ephemerals(&office.bo), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_may_say_why() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    office.bo().clicks_in(&office.card(&office.bo, &run), "Deny").await;
    office.bo().sees_modal("ada@acme.test asks for *Orders*.").await;
    office.bo().fills("Why not?", "the freeze is on").await;
    assert_eq!(office.bo().submits().await, Ended::Goes);
    office.comes_to(&run, Status::Closed).await;
    let entries = json!(office.entries(&run).await).to_string();
    assert!(entries.contains("the freeze is on"), "{entries}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_flow_takes_no_message_a_denial_is_one_click() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "plain").await;
    office.bo().clicks_in(&office.card(&office.bo, &run), "Deny").await;
    office.comes_to(&run, Status::Closed).await;
    assert_eq!(office.bo().modal().map(|view| view.view), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_of_somebody_who_may_not_is_refused_with_its_reason() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    office.ada().clicks_in(&office.card(&office.ada, &run), "Deny").await;
    office.ada().sees_modal("Why not?").await;
    assert_eq!(office.ada().submits().await, Ended::Goes);
    office.ada().sees_modal("If it cannot be done, you are told why.").await;
    office.ada().is_told("It is your own request: cancel it instead.").await;
    assert_eq!(office.status(&run).await, Status::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_extended_and_ended_by_buttons() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
    office.comes_to(&run, Status::Active).await;

    office.ada().clicks_in(&office.card(&office.ada, &run), "Extend").await;
    let view = office.ada().sees_modal("You hold *Orders* until").await;
    assert!(seen(&view.view).contains("<!date^"), "each reader sees their own time");
    office.ada().fills("How much longer", "30 minutes").await;
    office.ada().fills("Reason", "not done yet").await;
    assert_eq!(office.ada().submits().await, Ended::Goes);
    office.ada().sees_modal("It has been passed on.").await;
    office.has_runs("ada@acme.test", 2).await;
    let runs = office.runs_of("ada@acme.test").await;
    assert_eq!((runs.len(), runs[0].reason.as_str()), (2, "not done yet"));

    office.ada().clicks_in(&office.card(&office.ada, &run), "End now").await;
    office.comes_to(&run, Status::Closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_beyond_the_longest_is_refused_beside_its_field() {
    let office = Office::with("", "").await;
    let run = office.asked("ada@acme.test", "access").await;
    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
    office.comes_to(&run, Status::Active).await;
    for longer in ["4 hours", "4 hours"] {
        office.ada().clicks_in(&office.card(&office.ada, &run), "Extend").await;
        office.ada().sees_modal("You hold *Orders*").await;
        office.ada().fills("How much longer", longer).await;
        let ended = office.ada().submits().await;
        assert_ne!(ended, Ended::Closed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requester_takes_a_request_back() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    office.ada().clicks_in(&office.card(&office.ada, &run), "Cancel").await;
    office.comes_to(&run, Status::Closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_decides_only_where_the_flow_lets_guests() {
    let office = Office::open().await;
    let gil = office.workspace.somebody("gil@partner.test", Kind::Guest);
    let someone = office.workspace.someone(&gil);

    let run = office.asked("ada@acme.test", "access").await;
    someone.clicks_in(&office.card(&gil, &run), "Approve").await;
    someone.is_told("Guests may not decide in this flow.").await;
    assert_eq!(office.status(&run).await, Status::Pending);

    let run = office.asked("ada@acme.test", "broken").await;
    someone.clicks_in(&office.card(&gil, &run), "Approve").await;
    office.comes_to(&run, Status::Active).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_of_the_workspace_with_an_address_of_the_company_is_a_guest() {
    let office = Office::open().await;
    let cy = office.workspace.somebody("cy@acme.test", Kind::SingleChannelGuest);
    let someone = office.workspace.someone(&cy);
    let run = office.asked("ada@acme.test", "access").await;
    someone.clicks_in(&office.card(&cy, &run), "Approve").await;
    someone.is_told("Guests may not decide in this flow.").await;
    someone.types("/access access orders 1h r").await;
    someone.is_told("Guests").await;
    assert_eq!(office.runs_of("cy@acme.test").await.len(), 0);
}
