//! Whole stories, told in requests.

use serde_json::{Value, json};

use crate::rig::Api;

fn names(items: &Value, key: &str) -> Vec<String> {
    let items = items.as_array().unwrap();
    items.iter().map(|item| item[key].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_asked_for_approved_used_prolonged_and_ended() {
    let api = Api::new();
    let body = json!({
        "flow": "access", "target": "orders", "duration": "1h", "reason": "INC-42",
        "fields": { "ticket": "OPS-1" }, "context": { "diff": [1, null, 2.5] },
    });
    let call = api.call("POST", "/v1/runs").by("ada@acme.test").header("prefer", "wait=10");
    let asked = call.json(&body).await.is(201);
    let id = asked.text("id").to_owned();
    assert_eq!(asked.text("status"), "pending");
    assert_eq!(asked.body["waiting_for"], json!(["bo@acme.test", "cy@acme.test"]));
    assert_eq!(asked.header("location"), format!("/v1/runs/{id}"));
    assert_eq!(asked.header("preference-applied"), "wait=10");
    assert_eq!(asked.text("url"), format!("http://127.0.0.1:7070/runs/{id}"));

    let path = |verb: &str| format!("/v1/runs/{id}/{verb}");
    let own = api.call("POST", &path("approve")).by("ada@acme.test").header("prefer", "wait=10");
    own.refused(403, "self_approval").await;

    let approve = api.call("POST", &path("approve")).by("bo@acme.test");
    let approve = approve.header("prefer", "wait=10");
    let body = json!({ "message": "go on", "shown": asked.body["binding"] });
    let active = approve.json(&body).await.is(200);
    assert_eq!(active.text("status"), "active");
    assert_eq!(active.body["approvals"][0]["message"], "go on");

    let grants = api.call("GET", "/v1/grants").by("root@acme.test").send().await.is(200);
    assert_eq!(names(&grants.body["items"], "user"), ["ada@acme.test"]);
    assert_eq!(api.local.directory.group_members("orders").await.unwrap(), ["ada@acme.test"]);

    let extend = api.call("POST", &path("extend")).by("ada@acme.test").header("prefer", "wait=10");
    let longer = extend.json(&json!({ "duration": "30m", "reason": "more" })).await.is(201);
    assert_eq!((longer.text("parent"), longer.text("status")), (id.as_str(), "pending"));

    let revoke = api.call("POST", &path("revoke")).by("bo@acme.test").header("prefer", "wait=10");
    let ended = revoke.json(&json!({ "message": "enough" })).await.is(200);
    assert_eq!((ended.text("status"), ended.text("outcome")), ("closed", "ended"));
    assert!(api.local.directory.group_members("orders").await.unwrap().is_empty());

    let again = api.call("POST", &path("revoke")).by("bo@acme.test").header("prefer", "wait=10");
    again.refused(409, "closed").await;
    let story = api.call("GET", &path("events")).by("ada@acme.test").send().await.is(200);
    let types: Vec<_> = story.body["items"].as_array().unwrap().iter().collect();
    assert!(types.iter().any(|entry| entry["what"]["type"] == "revoked"), "{story:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_recorded_at_once_and_its_event_tells_what_became_of_it() {
    let api = Api::new();
    let body = json!({ "flow": "access", "target": "orders", "reason": "r" });
    let call = api.call("POST", "/v1/runs").by("ada@acme.test");
    let accepted = call.json(&body).await.is(202);
    let (id, event) = (accepted.text("id"), accepted.text("event"));
    assert_eq!(accepted.header("location"), format!("/v1/events/{event}"));
    assert_eq!(accepted.header("preference-applied"), "");
    wait_for(&api, event, "success").await;
    assert_eq!(accepted.text("url"), format!("http://127.0.0.1:7070/runs/{id}"));

    // Refused when it is handled: recorded nevertheless, and told by its event.
    let path = format!("/v1/runs/{id}/approve");
    let own = api.call("POST", &path).by("ada@acme.test").send().await.is(202);
    let told = wait_for(&api, own.text("event"), "error").await;
    assert_eq!(told["code"], "self_approval");
}

async fn wait_for(api: &Api, event: &str, status: &str) -> Value {
    let path = format!("/v1/events/{event}");
    for _ in 0..200 {
        let told = api.call("GET", &path).by("ada@acme.test").send().await;
        if told.status == 200 && told.text("status") != "pending" {
            assert_eq!(told.text("status"), status, "{told:?}");
            return told.body;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the event stays pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_flow_decides_is_answered_at_once() {
    let api = Api::new();
    let ask = |reason: &str| json!({ "flow": "access", "target": "bills", "reason": reason });
    let call = || api.call("POST", "/v1/runs").by("ada@acme.test").header("prefer", "wait=10");
    let denied = call().json(&ask("deny me")).await.is(201);
    assert_eq!((denied.text("status"), denied.text("outcome")), ("closed", "denied"));
    let approved = call().json(&ask("approve me")).await.is(201);
    assert_eq!(approved.text("status"), "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_what_would_happen_and_records_nothing() {
    let api = Api::new();
    let ask = |reason: &str| json!({ "flow": "access", "target": "bills", "reason": reason });
    for (reason, would) in [("r", "asks"), ("deny me", "denied"), ("approve me", "automatic")] {
        let call = api.call("POST", "/v1/preview").by("ada@acme.test");
        let preview = call.json(&ask(reason)).await.is(200);
        assert_eq!(preview.text("would"), would, "{preview:?}");
    }
    let runs = api.call("GET", "/v1/runs").by("root@acme.test").send().await.is(200);
    assert_eq!(runs.body, json!({ "items": [], "next": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_asks_for_somebody_and_polls_but_never_decides() {
    let api = Api::new();
    let token = api.token(&["request", "read"], "1h").await;
    api.call("GET", "/v1/me").by("ada@acme.test").send().await.is(200);
    let body = json!({
        "flow": "access", "target": "orders", "reason": "deploy", "requester": "ada@acme.test",
    });
    let call = api.call("POST", "/v1/runs").token(&token).header("prefer", "wait=10");
    let asked = call.json(&body).await.is(201);
    assert_eq!((asked.text("requester"), asked.text("filed_by")), ("ada@acme.test", "bot:ci"));
    let path = format!("/v1/runs/{}", asked.text("id"));
    let seen = api.call("GET", &path).token(&token).send().await.is(200);
    assert_eq!(seen.text("status"), "pending");
    let approve = api.call("POST", &format!("{path}/approve")).token(&token);
    approve.refused(403, "bots_never_decide").await;
}
