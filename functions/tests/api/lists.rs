//! Lists, page by page: runs, flows, users, the audit chains.

use serde_json::{Value, json};

use crate::rig::Api;

/// All pages of a list.
async fn all(api: &Api, mail: &str, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut next = String::new();
    for _ in 0..100 {
        let page = api.call("GET", &format!("{path}{next}")).by(mail).send().await.is(200);
        items.extend(page.body["items"].as_array().unwrap().clone());
        match page.body["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return items,
        }
    }
    panic!("there is no end to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_filtered_and_paged() {
    let api = Api::new();
    let mut ids = Vec::new();
    for (mail, target) in
        [("ada@acme.test", "orders"), ("ada@acme.test", "bills"), ("dee@acme.test", "orders")]
    {
        ids.insert(0, api.asked(mail, target).await.to_string());
    }
    let found = |items: Vec<Value>| -> Vec<String> {
        items.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
    };
    let root = "root@acme.test";
    assert_eq!(found(all(&api, root, "/v1/runs?limit=1").await), ids);
    assert_eq!(found(all(&api, root, "/v1/runs?requester=ada@acme.test").await), ids[1..]);
    assert_eq!(found(all(&api, root, "/v1/runs?approver=bo@acme.test&limit=2").await), ids);
    assert_eq!(found(all(&api, root, "/v1/runs?target=bills").await), ids[1..2]);
    assert_eq!(found(all(&api, root, "/v1/runs?status=active").await), [""; 0]);
    assert_eq!(found(all(&api, root, "/v1/runs?status=&flow=access").await), ids);
    let none = all(&api, root, "/v1/runs?since=2100-01-01T00:00:00Z").await;
    assert!(none.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_and_their_forms_are_told_as_they_open_for_the_caller() {
    let api = Api::new();
    let flows = api.call("GET", "/v1/flows").by("ada@acme.test").send().await.is(200);
    assert_eq!(flows.body["items"][0]["flow"], "access");
    assert_eq!(flows.body["items"][0]["targets"][0]["name"], "orders");
    let form = api.call("GET", "/v1/flows/access/form").by("ada@acme.test").send().await.is(200);
    assert_eq!(form.body["form"]["fields"][0]["name"], "ticket");
    assert_eq!(form.body["reason_required"], true);
    let path = "/v1/flows/access/form?changed=ticket&fields=%7B%22ticket%22%3A%22OPS-1%22%7D";
    let form = api.call("GET", path).by("ada@acme.test").send().await.is(200);
    assert_eq!(form.body["form"]["fields"][0]["value"], "OPS-1");
    let path = "/v1/flows/access/choices?field=ticket&typed=O";
    let choices = api.call("GET", path).by("ada@acme.test").send().await.is(200);
    assert_eq!(choices.body["items"], json!([]), "anything may be answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_previewed_before_it_is_complete() {
    let api = Api::new();
    let draft = json!({ "flow": "access" });
    let call = || api.call("POST", "/v1/preview").by("ada@acme.test");
    call().json(&draft).await.is(422);
    let call = api.call("POST", "/v1/preview?draft=true").by("ada@acme.test");
    let preview = call.json(&draft).await.is(200);
    assert_eq!(preview.body["would"], "asks");
    assert_eq!(preview.body["asked"], json!(["bo@acme.test", "cy@acme.test"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_change_users_and_everybody_who_came_is_listed() {
    let api = Api::new();
    let change = json!({
        "name": "Ada", "role": "admin",
        "identities": [{ "type": "slack", "external_id": "T0", "value": "U1" }],
    });
    let path = "/v1/users/ada@acme.test";
    let refused = api.call("PUT", path).by("ada@acme.test").json(&change).await.is(403);
    assert_eq!(refused.text("code"), "admins_only");
    let changed = api.call("PUT", path).by("root@acme.test").json(&change).await.is(200);
    assert_eq!((changed.text("name"), changed.text("role")), ("Ada", "admin"));
    let taken = json!({ "identities": change["identities"] });
    let taken = api.call("PUT", "/v1/users/bo@acme.test").by("root@acme.test").json(&taken).await;
    assert_eq!(taken.is(422).body["fields"][0]["field"], "identities");
    let users = all(&api, "ada@acme.test", "/v1/users?limit=1").await;
    let names: Vec<_> = users.iter().map(|user| user["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["ada@acme.test", "root@acme.test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_chains_are_whole_and_for_auditors_only() {
    let api = Api::new();
    let first = api.asked("ada@acme.test", "orders").await;
    let second = api.asked("dee@acme.test", "orders").await;
    let call = api.call("POST", "/v1/runs").by("ada@acme.test");
    call.json(&json!({ "flow": "none" })).await.is(404);
    api.call("GET", "/v1/audit").by("ada@acme.test").refused(403, "auditors_only").await;

    let auditor = "audit@acme.test";
    let one_by_one = all(&api, auditor, "/v1/audit?limit=1").await;
    let at_once = all(&api, auditor, "/v1/audit?limit=200").await;
    assert_eq!(one_by_one, at_once);
    let place = |id: &str| at_once.iter().position(|entry| entry["run"] == id);
    assert!(place(second.as_str()) < place(first.as_str()));
    assert!(at_once.iter().any(|entry| entry["what"]["code"] == "no_such_flow"));

    let path = format!("/v1/audit?run={first}&limit=2");
    let of_run = all(&api, auditor, &path).await;
    let path = format!("/v1/runs/{first}/events?limit=2");
    assert_eq!(of_run, all(&api, "ada@acme.test", &path).await);
    for pair in of_run.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["previous"]);
    }
    let of_user = all(&api, auditor, "/v1/audit?user=ada@acme.test").await;
    assert!(of_user.iter().all(|entry| entry["actor"]["user"] == "ada@acme.test"));
}
