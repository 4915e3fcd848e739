//! People who leave.

use countersign::model::RunId;
use countersign_functions::directory::Leavers;
use countersign_vendors::Trouble;
use serde_json::{Value, json};

use crate::rig::{Company, Server, store_identity};

/// Ada holds access that Bo approved.
async fn granted(company: &Company) -> (Server, Value, String) {
    let approvers = company.okta.add_group("approvers");
    company.hire("bo@acme.test", &approvers);
    let ada = company.okta.add_user("ada@acme.test");
    let server = company.server();
    let run = server.asked("ada@acme.test", "orders").await;
    let (_, run) = server.does("bo@acme.test", "approve", &run).await;
    assert_eq!(run["status"], "active", "{run}");
    (server, run, ada)
}

/// As a quarter of an hour later: with nothing in mind that was said before.
async fn look(company: &Company, server: &Server, run: &Value) -> Result<bool, String> {
    let run = RunId::parse(run["id"].as_str().unwrap()).unwrap();
    Leavers::new(company.directory()).look(&server.local.desk.runner, &run).await
}

/// The run once it is over.
async fn ended(server: &Server, run: &Value) -> Value {
    let run_id = RunId::parse(run["id"].as_str().unwrap()).unwrap();
    server.local.desk.runner.drive(&run_id).await.unwrap();
    server.run(run).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_leaver_holds_is_taken_away_with_its_cause() {
    for status in ["SUSPENDED", "DEPROVISIONED"] {
        let company = Company::new().await;
        let (server, run, ada) = granted(&company).await;
        assert!(!look(&company, &server, &run).await.unwrap());
        company.okta.set_status(&ada, status);
        assert!(look(&company, &server, &run).await.unwrap());
        let run = ended(&server, &run).await;
        assert_eq!((&run["status"], &run["outcome"]), (&json!("closed"), &json!("ended")), "{run}");
        assert!(server.local.directory.group_members("orders").await.unwrap().is_empty());
        let path = format!("/v1/runs/{}/events", run["id"].as_str().unwrap());
        let (_, story) = server.call("GET", &path, "root@acme.test", &Value::Null).await;
        let ending = story["items"].as_array().unwrap().iter();
        let ending = ending.map(|entry| &entry["what"]).find(|what| what["type"] == "ending");
        let ending = ending.unwrap();
        assert_eq!(ending["why"], "left");
        let said = ending["message"].as_str().unwrap();
        assert!(said.contains(&format!("Okta `acme.okta.com` says {status}")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_deleted_has_left() {
    let company = Company::new().await;
    let (server, run, ada) = granted(&company).await;
    store_identity(&server, "ada@acme.test", &ada).await;
    company.okta.delete_user(&ada);
    assert!(look(&company, &server, &run).await.unwrap());
    assert_eq!(ended(&server, &run).await["outcome"], "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_locked_out_or_cannot_be_asked_about_keeps_what_they_hold() {
    let company = Company::new().await;
    let (server, run, ada) = granted(&company).await;
    company.okta.set_status(&ada, "LOCKED_OUT");
    assert!(!look(&company, &server, &run).await.unwrap());
    company.okta.house.expect("/api/v1/users", Trouble::Answers(403, "{}".to_owned()));
    assert!(look(&company, &server, &run).await.is_err());
    assert_eq!(server.run(&run).await["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_decides_nothing_and_access_ends_without_okta() {
    let company = Company::new().await;
    let approvers = company.okta.add_group("approvers");
    company.hire("bo@acme.test", &approvers);
    let cy = company.hire("cy@acme.test", &approvers);
    let _ = company.okta.add_user("ada@acme.test");
    let server = company.server();
    let run = server.asked("ada@acme.test", "orders").await;
    company.okta.set_status(&cy, "DEPROVISIONED");
    let (status, answer) = server.does("cy@acme.test", "approve", &run).await;
    assert_eq!((status.as_u16(), answer["code"].as_str()), (403, Some("deactivated")), "{answer}");
    let (_, run) = server.does("bo@acme.test", "approve", &run).await;
    assert_eq!(run["status"], "active", "{run}");

    // Okta says nothing any more.
    company.okta.change_token("another");
    let before = company.okta.house.heard().len();
    let (_, run) = server.does("ada@acme.test", "revoke", &run).await;
    assert_eq!(run["outcome"], "ended", "{run}");
    assert_eq!(company.okta.house.heard().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_deactivated_here_loses_all_at_once() {
    let company = Company::new().await;
    let (server, run, _) = granted(&company).await;
    let body = json!({ "deactivated": true });
    let path = "/v1/users/ada@acme.test";
    assert_eq!(server.call("PUT", path, "root@acme.test", &body).await.0, 200);
    assert_eq!(ended(&server, &run).await["outcome"], "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_their_turn_within_a_quarter_of_an_hour_and_only_once() {
    let company = Company::new().await;
    let (_server, run, _) = granted(&company).await;
    let start: countersign::model::Timestamp = "2026-03-02T09:07:30Z".parse().unwrap();
    let mut turns = 0;
    for minute in 0..15 {
        let now = start + jiff::SignedDuration::from_mins(minute);
        let turn = Leavers::turn(&*company.store, now).await.unwrap();
        turns += turn.iter().filter(|it| it.as_str() == run["id"].as_str().unwrap()).count();
    }
    assert_eq!(turns, 1);
}
