//! The App Home.

use countersign::model::Status;
use countersign_vendors::slack::seen;

use crate::rig::Office;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_is_told_so() {
    let office = Office::open().await;
    office.ada().opens_home().await;
    let home = office.ada().sees_home("Nothing waits for you.").await;
    let text = seen(&home.view);
    assert!(text.contains("You hold nothing now."), "{text}");
    assert!(text.contains("You have asked for nothing else yet."), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_decided_at_home_and_is_gone_then() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    office.bo().opens_home().await;
    office.bo().sees_home("*ada@acme.test* asks for *Orders* for 1 hour").await;
    office.bo().clicks_at_home("Approve").await;
    office.comes_to(&run, Status::Active).await;
    office.bo().sees_home("Nothing waits for you.").await;

    office.ada().opens_home().await;
    office.ada().sees_home("*Orders* until").await;
    office.ada().clicks_at_home("End now").await;
    office.comes_to(&run, Status::Closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_asked_for_from_home() {
    let office = Office::open().await;
    office.ada().opens_home().await;
    office.ada().sees_home("Nothing waits for you.").await;
    office.ada().clicks_at_home("Ask for access").await;
    office.ada().sees_modal("What do you need?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_is_for_people_of_the_workspace() {
    let office = Office::open().await;
    let eve =
        office.workspace.somebody("eve@other.test", countersign_vendors::slack::Kind::Outsider);
    office.workspace.someone(&eve).opens_home().await;
    office.workspace.someone(&eve).sees_home("You belong to another workspace").await;
}
