//! Socket Mode: the same over a connection that the app opens.

use countersign::model::Status;
use countersign_functions::local::listen;
use countersign_vendors::Trouble;
use countersign_vendors::slack::Ended;

use crate::rig::Office;

/// One that Slack cannot reach otherwise.
async fn listening() -> (Office, Vec<countersign_functions::slack::socket::Listening>) {
    let office = Office::with("app_token = { file = 'FOLDER/app' }", "").await;
    office.workspace.with_socket_mode().await;
    office.workspace.sends_to("http://127.0.0.1:1");
    let listening = listen(&office.local, "127.0.0.1:7070".parse().unwrap());
    assert_eq!(listening.len(), 1);
    office.workspace.has_connections(1).await;
    (office, listening)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_ask_and_decide_over_the_connection() {
    let (office, _listening) = listening().await;
    office.ada().types("/access access").await;
    office.ada().sees_modal("Who will be asked").await;
    office.ada().fills("Access to", "Orders").await;
    office.ada().sees_modal("30 minutes").await;
    office.ada().fills("Reason", "INC-42").await;
    assert_eq!(office.ada().is_offered("Cluster", "Cluster 7").await.len(), 95);
    office.ada().fills("Ticket", "none").await;
    let Ended::Wrong(wrong) = office.ada().submits().await else { panic!("it was taken") };
    assert_eq!(wrong.len(), 1);
    office.ada().fills("Ticket", "OPS-1").await;
    assert_eq!(office.ada().submits().await, Ended::Goes);
    office.ada().sees_modal("You asked for Orders").await;
    let run = office.runs_of("ada@acme.test").await[0].id.clone();
    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
    office.comes_to(&run, Status::Active).await;
    office.bo().opens_home().await;
    office.bo().sees_home("Nothing waits for you.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_soon_is_replaced_before_it_does() {
    let (office, _listening) = listening().await;
    office.workspace.warns_of_the_end();
    office.workspace.has_connections(2).await;
    office.ada().types("/access help").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_cut_there_is_another_connection() {
    let (office, _listening) = listening().await;
    office.workspace.cuts_connections();
    office.workspace.has_connections(1).await;
    office.ada().types("/access help").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_slack_opens_no_connection_it_is_tried_again() {
    let office = Office::with("app_token = { file = 'FOLDER/app' }", "").await;
    office.workspace.with_socket_mode().await;
    let trouble = Trouble::Answers(500, String::new());
    office.workspace.house().expect("/api/apps.connections.open", trouble);
    let _listening = listen(&office.local, "127.0.0.1:7070".parse().unwrap());
    office.workspace.has_connections(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_that_comes_twice_is_acknowledged_twice_and_done_once() {
    let (office, _listening) = listening().await;
    office.workspace.delivers_twice();
    office.ada().types("/access access orders 1h once").await;
    office.ada().is_told("You asked for Orders.").await;
    assert_eq!(office.runs_of("ada@acme.test").await.len(), 1);
}
