//! Against a site that refuses what Jira refuses.

use countersign::context::{ServiceError, SystemCall};
use countersign_vendors::Trouble;
use countersign_vendors::jira::{EMAIL, Jira as Vendor, TOKEN};
use serde_json::{Value, json};

use crate::Systems;
use crate::testing::{integration, secret, secrets};

fn systems(vendor: &Vendor) -> Systems {
    let settings = json!({ "url": vendor.house.url, "email": EMAIL, "token": secret(TOKEN) });
    Systems::new(vec![integration("jira", "acme.atlassian.net", settings)], secrets())
}

async fn call(
    systems: &Systems,
    operation: &str,
    input: Value,
    key: &str,
) -> Result<Value, ServiceError> {
    let (system, operation) = ("jira".to_owned(), operation.to_owned());
    let call = SystemCall { system, integration: None, operation, input, key: key.to_owned() };
    systems.call(&call).await
}

fn task(summary: &str) -> Value {
    json!({ "project": "OPS", "kind": "Task", "summary": summary, "description": "Line one\n\nLine three" })
}

#[tokio::test]
async fn an_issue_is_created_once_and_found_commented_and_done() {
    let vendor = Vendor::open();
    let systems = systems(&vendor);
    for _ in 0..2 {
        let created =
            call(&systems, "create", task("Access to orders"), "run/after_approval").await.unwrap();
        assert_eq!(created, json!({ "key": "OPS-1" }));
    }
    let other = call(&systems, "create", task("Access to orders"), "another run").await.unwrap();
    assert_eq!(other, json!({ "key": "OPS-2" }));
    let found =
        call(&systems, "search", json!({ "jql": "project = OPS AND statusCategory != Done" }), "")
            .await;
    assert_eq!(found.unwrap().as_array().unwrap().len(), 2);
    for state in ["In Progress", "in progress", "Done", "done"] {
        call(&systems, "transition", json!({ "key": "OPS-1", "state": state }), "").await.unwrap();
    }
    let issue = call(&systems, "issue", json!({ "key": "OPS-1" }), "").await.unwrap();
    assert_eq!((&issue["status"], &issue["is_done"]), (&json!("Done"), &json!(true)));
    let error = call(&systems, "transition", json!({ "key": "OPS-1", "state": "To Do" }), "")
        .await
        .unwrap_err();
    assert!(error.what.contains("no transition leads `OPS-1` from `Done`"), "{error}");
    assert_eq!(call(&systems, "issue", json!({ "key": "OPS-9" }), "").await.unwrap(), Value::Null);
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_not_made_twice() {
    let vendor = Vendor::open();
    let systems = systems(&vendor);
    call(&systems, "create", task("x"), "k").await.unwrap();
    let comment = |text: &str| json!({ "key": "OPS-1", "text": text });
    for n in 0..5 {
        call(&systems, "comment", comment("other"), &n.to_string()).await.unwrap();
    }
    vendor.house.expect_change(Trouble::DoneButFails);
    call(&systems, "comment", comment("granted"), "a").await.unwrap_err();
    call(&systems, "comment", comment("granted"), "a").await.unwrap();
    assert_eq!(vendor.issues()["OPS-1"].comments.len(), 6);
    call(&systems, "comment", comment("granted"), "b").await.unwrap();
    assert_eq!(vendor.issues()["OPS-1"].comments.len(), 7);
}

#[tokio::test]
async fn more_than_is_shown_and_a_query_that_is_none_are_errors() {
    let vendor = Vendor::open();
    let systems = systems(&vendor);
    for n in 0..101 {
        vendor.issues().insert(
            format!("OPS-{n}"),
            countersign_vendors::jira::Issue {
                fields: json!({ "summary": "x" }),
                status: "To Do".to_owned(),
                comments: Vec::new(),
            },
        );
    }
    let error = call(&systems, "search", json!({ "jql": "project = OPS" }), "").await.unwrap_err();
    assert!(error.what.contains("more than 100"), "{error}");
    let error = call(&systems, "search", json!({ "jql": "projekt = OPS" }), "").await.unwrap_err();
    assert!(error.what.contains("Error in the JQL Query"), "{error}");
}

#[tokio::test]
async fn which_of_two_integrations_is_meant_has_to_be_said() {
    let vendor = Vendor::open();
    let settings = json!({ "url": vendor.house.url, "email": EMAIL, "token": secret(TOKEN) });
    let mut second = integration("jira", "other.atlassian.net", settings.clone());
    second.name = "other".to_owned();
    let systems =
        Systems::new(vec![integration("jira", "acme.atlassian.net", settings), second], secrets());
    let error = call(&systems, "issue", json!({ "key": "OPS-1" }), "").await.unwrap_err();
    assert!(error.what.contains("`jira` and `other`"), "{error}");
    let without = Systems::new(vec![integration("jira", "x", json!({}))], secrets());
    let error = call(&without, "issue", json!({ "key": "OPS-1" }), "").await.unwrap_err();
    assert!(error.what.contains("has no secret"), "{error}");
}

#[tokio::test]
async fn a_token_that_is_not_taken_says_where_to_look() {
    let vendor = Vendor::open();
    let settings = json!({ "url": vendor.house.url, "email": EMAIL, "token": secret("wrong") });
    let systems =
        Systems::new(vec![integration("jira", "acme.atlassian.net", settings)], secrets());
    let error = call(&systems, "issue", json!({ "key": "OPS-1" }), "").await.unwrap_err();
    assert!(error.hint.unwrap().contains("secret of the integration of type `jira`"));
}
