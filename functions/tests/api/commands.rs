//! How commands are carried out: once per key, waited for or not, and who may give them.

use serde_json::{Value, json};

use crate::rig::{Answer, Api};

async fn ask(api: &Api, key: &str, body: &Value) -> Answer {
    let call = api.call("POST", "/v1/runs").by("ada@acme.test").header("prefer", "wait=10");
    call.header("idempotency-key", key).json(body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_request_however_often_it_is_sent() {
    let api = Api::new();
    let body = json!({ "flow": "access", "target": "orders", "reason": "r" });
    let first = ask(&api, "k-1", &body).await.is(201);
    let again = ask(&api, "k-1", &body).await.is(201);
    assert_eq!(first.body["id"], again.body["id"]);

    let other = json!({ "flow": "access", "target": "bills", "reason": "r" });
    let mismatch = ask(&api, "k-1", &other).await.is(422);
    assert_eq!(mismatch.text("code"), "idempotency_mismatch");
    assert_eq!(mismatch.body["run"], first.body["id"]);
    // Somebody else's key of the same name is another one.
    let call = api.call("POST", "/v1/runs").by("bo@acme.test").header("idempotency-key", "k-1");
    call.header("prefer", "wait=10").json(&other).await.is(201);
    // Without a key the twin is pointed to.
    let twin = api.call("POST", "/v1/runs").by("ada@acme.test").json(&body).await.is(409);
    assert_eq!((twin.text("code"), &twin.body["run"]), ("duplicate", &first.body["id"]));
    let runs = api.call("GET", "/v1/runs").by("root@acme.test").send().await.is(200);
    assert_eq!(runs.body["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_with_a_key_is_made_once() {
    let api = Api::new();
    let run = api.asked("ada@acme.test", "orders").await;
    let path = format!("/v1/runs/{run}/approve");
    let call = || api.call("POST", &path).by("bo@acme.test").header("idempotency-key", "k");
    let first = call().header("prefer", "wait=10").send().await.is(200);
    let again = call().header("prefer", "wait=10").send().await.is(200);
    assert_eq!(first.body["approvals"], again.body["approvals"]);
    let other = call().json(&json!({ "message": "other" })).await.is(422);
    assert_eq!(other.text("code"), "idempotency_mismatch");
    let elsewhere = format!("/v1/runs/{run}/deny");
    let call = api.call("POST", &elsewhere).by("bo@acme.test").header("idempotency-key", "k");
    call.refused(422, "idempotency_mismatch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_once_per_key_and_shown_once() {
    let api = Api::new();
    let body = json!({ "bot": "bot:ci", "scopes": ["read"] });
    let call =
        || api.call("POST", "/v1/tokens").by("root@acme.test").header("idempotency-key", "t");
    let made = call().json(&body).await.is(201);
    assert!(made.text("token").starts_with("csn_"));
    let again = call().json(&body).await.is(409);
    assert_eq!(again.text("code"), "already_shown");
    assert!(again.text("detail").contains(made.text("id")), "{again:?}");
    let other = call().json(&json!({ "bot": "bot:cd", "scopes": ["read"] })).await.is(422);
    assert_eq!(other.text("code"), "idempotency_mismatch");
    let list = api.call("GET", "/v1/tokens").by("root@acme.test").send().await.is(200);
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    assert!(!list.body.to_string().contains("csn_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_preference_is_ignored() {
    let api = Api::new();
    for (preference, applied) in [
        ("wait=abc", ""),
        ("wait", ""),
        ("respond-async", ""),
        ("wait=0", "wait=0"),
        ("return=minimal, wait=5", "wait=5"),
        ("wait=99999", "wait=30"),
    ] {
        let body = json!({ "flow": "access", "target": "orders", "reason": "deny me" });
        let call = api.call("POST", "/v1/runs").by("ada@acme.test").header("prefer", preference);
        let answer = call.json(&body).await;
        assert_eq!(answer.header("preference-applied"), applied, "{preference}");
        assert!(matches!(answer.status.as_u16(), 201 | 202), "{answer:?}");
        // The next one is no twin of it: this one is over.
        let runs = "/v1/runs?status=pending";
        while api.call("GET", runs).by("ada@acme.test").send().await.body["items"] != json!([]) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_decide_and_end_do() {
    let api = Api::new();
    let run = api.asked("ada@acme.test", "orders").await;
    let call = |verb: &str, mail: &str| {
        let call = api.call("POST", &format!("/v1/runs/{run}/{verb}"));
        call.by(mail).header("prefer", "wait=10")
    };
    call("approve", "ada@acme.test").refused(403, "self_approval").await;
    call("deny", "ada@acme.test").refused(403, "self_denial").await;
    call("approve", "dee@acme.test").refused(403, "not_an_approver").await;
    call("deny", "dee@acme.test").refused(403, "not_an_approver").await;
    call("cancel", "bo@acme.test").refused(403, "not_yours").await;
    call("revoke", "ada@acme.test").refused(409, "not_active").await;
    call("extend", "ada@acme.test").refused(409, "not_active").await;
    call("extend", "bo@acme.test").refused(403, "not_yours").await;
    let shown = json!({ "shown": "0".repeat(64) });
    let changed = call("approve", "bo@acme.test").json(&shown).await.is(409);
    assert_eq!(changed.text("code"), "changed");
    let cancelled = call("cancel", "ada@acme.test").send().await.is(200);
    assert_eq!(cancelled.text("outcome"), "cancelled");
    call("approve", "bo@acme.test").refused(409, "closed").await;
    call("cancel", "ada@acme.test").refused(409, "closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_see_little_and_ask_for_nothing() {
    let api = Api::new();
    let run = api.asked("ada@acme.test", "orders").await;
    let guest = |method: &str, path: &str| api.call(method, path).by("gil@else.test");
    guest("GET", &format!("/v1/runs/{run}")).refused(404, "no_such_run").await;
    guest("POST", &format!("/v1/runs/{run}/approve")).refused(404, "no_such_run").await;
    guest("GET", "/v1/users").refused(403, "not_for_guests").await;
    guest("GET", "/v1/users/ada@acme.test").refused(403, "not_for_guests").await;
    guest("GET", "/v1/users/gil@else.test").send().await.is(200);
    let ask = json!({ "flow": "access", "target": "bills", "reason": "r" });
    let refused = guest("POST", "/v1/runs").json(&ask).await.is(403);
    assert_eq!(refused.text("code"), "may_not_ask");
    assert_eq!(guest("GET", "/v1/flows").send().await.is(200).body["items"], json!([]));
}
