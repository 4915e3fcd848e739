//! Everything that may be wrong with a request. Each is a problem document with a stable code, and
//! leaves a trace where a known caller wanted to change something.

use serde_json::{Value, json};

use crate::rig::Api;

const ADA: &str = "ada@acme.test";
const ULID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// Bodies of `POST /v1/runs`: what is wrong, the code, and the field where one is at fault.
const BODIES: &[(&str, u16, &str, &str)] = &[
    ("", 400, "malformed_json", ""),
    (" ", 400, "malformed_json", ""),
    ("{", 400, "malformed_json", ""),
    ("}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\",}", 400, "malformed_json", ""),
    ("{'flow': 'access'}", 400, "malformed_json", ""),
    ("{flow: 1}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\"} x", 400, "malformed_json", ""),
    ("{\"flow\": \"access\"}{\"flow\": \"access\"}", 400, "malformed_json", ""),
    ("// c\n{}", 400, "malformed_json", ""),
    ("\u{feff}{\"flow\": \"access\"}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"flow\": \"access\"}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"\\u0066low\": \"access\"}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"fields\": {\"a\": 1, \"a\": 2}}", 400, "malformed_json", ""),
    (
        "{\"flow\": \"access\", \"context\": {\"a\": [{\"b\": 1, \"b\": 1}]}}",
        400,
        "malformed_json",
        "",
    ),
    ("{\"flow\": \"access\", \"context\": 1e999}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"context\": 1e300}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"context\": 99999999999999999999}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"context\": NaN}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"context\": \"\\ud800\"}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"context\": \"\\u0000\"}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"context\": {\"\\u0000\": 1}}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"reason\": \"a\u{0}b\"}", 400, "malformed_json", ""),
    ("{\"flow\": \"access\", \"reason\": \"a\nb\"}", 400, "malformed_json", ""),
    ("null", 422, "invalid_request", "body"),
    ("[]", 422, "invalid_request", "body"),
    ("[\"access\"]", 422, "invalid_request", "body"),
    ("\"access\"", 422, "invalid_request", "body"),
    ("42", 422, "invalid_request", "body"),
    ("{}", 422, "invalid_request", "flow"),
    ("{\"flow\": null}", 422, "invalid_request", "flow"),
    ("{\"flow\": 5}", 422, "invalid_request", "flow"),
    ("{\"flow\": \"\"}", 422, "invalid_request", "flow"),
    ("{\"flow\": \"Infra Access\"}", 422, "invalid_request", "flow"),
    ("{\"flow\": \"../etc\"}", 422, "invalid_request", "flow"),
    ("{\"flow\": \"access\", \"colour\": \"red\"}", 422, "invalid_request", "colour"),
    ("{\"flow\": \"access\", \"Reason\": \"r\"}", 422, "invalid_request", "Reason"),
    ("{\"flow\": \"access\", \"target\": 5}", 422, "invalid_request", "target"),
    ("{\"flow\": \"access\", \"target\": [\"orders\"]}", 422, "invalid_request", "target"),
    ("{\"flow\": \"access\", \"target\": \"Orders\"}", 422, "invalid_request", "target"),
    (
        "{\"flow\": \"access\", \"target\": \"none\", \"reason\": \"r\"}",
        422,
        "invalid_request",
        "target",
    ),
    ("{\"flow\": \"access\", \"reason\": \"r\"}", 422, "invalid_request", "target"),
    ("{\"flow\": \"access\", \"duration\": 3600}", 422, "invalid_request", "duration"),
    ("{\"flow\": \"access\", \"duration\": \"1 hour\"}", 422, "invalid_request", "duration"),
    ("{\"flow\": \"access\", \"duration\": \"0s\"}", 422, "invalid_request", "duration"),
    ("{\"flow\": \"access\", \"duration\": \"-1h\"}", 422, "invalid_request", "duration"),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \"r\", \"duration\": \"1s\"}",
        422,
        "invalid_request",
        "duration",
    ),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \"r\", \"duration\": \"9h\"}",
        422,
        "invalid_request",
        "duration",
    ),
    ("{\"flow\": \"access\", \"target\": \"orders\"}", 422, "invalid_request", "reason"),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \" \"}",
        422,
        "invalid_request",
        "reason",
    ),
    ("{\"flow\": \"access\", \"reason\": 5}", 422, "invalid_request", "reason"),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \"a\\u202eb\"}",
        422,
        "invalid_request",
        "reason",
    ),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \"a\\u0007b\"}",
        422,
        "invalid_request",
        "reason",
    ),
    ("{\"flow\": \"access\", \"fields\": []}", 422, "invalid_request", "fields"),
    ("{\"flow\": \"access\", \"fields\": null}", 422, "invalid_request", "fields"),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \"r\", \"fields\": {\"tickt\": \"A-1\"}}",
        422,
        "invalid_request",
        "fields.tickt",
    ),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \"r\", \"fields\": {\"ticket\": 5}}",
        422,
        "invalid_request",
        "fields.ticket",
    ),
    (
        "{\"flow\": \"access\", \"target\": \"orders\", \"reason\": \"r\", \"fields\": {\"ticket\": \"x\"}}",
        422,
        "invalid_request",
        "fields.ticket",
    ),
    ("{\"flow\": \"access\", \"requester\": \"ada\"}", 422, "invalid_request", "requester"),
    ("{\"flow\": \"access\", \"starts\": \"tomorrow\"}", 422, "invalid_request", "starts"),
    ("{\"flow\": \"access\", \"starts\": 5}", 422, "invalid_request", "starts"),
    ("{\"flow\": \"none\"}", 404, "no_such_flow", "flow"),
    ("{\"flow\": \"incident_follow_up\"}", 403, "source_not_allowed", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_body_is_refused_by_its_name_and_recorded() {
    let api = Api::new();
    for (body, status, code, field) in BODIES {
        let call = api.call("POST", "/v1/runs").by(ADA).header("content-type", "application/json");
        let answer = call.body(*body).send().await;
        let found = (answer.status.as_u16(), answer.text("code"));
        assert_eq!(found, (*status, *code), "{body}: {answer:?}");
        if !field.is_empty() {
            let fields = answer.body["fields"].as_array().unwrap();
            assert!(fields.iter().any(|it| it["field"] == *field), "{body}: {answer:?}");
        }
        if *code == "malformed_json" && !body.is_empty() {
            assert!(answer.text("detail").contains("line"), "{body}: {answer:?}");
        }
    }
    let entries = api.account(ADA).await;
    let refused = entries.iter().filter(|entry| entry["what"]["type"] == "refused");
    assert_eq!(refused.count(), BODIES.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_field_is_told_the_right_one() {
    let api = Api::new();
    let call = api.call("POST", "/v1/runs").by(ADA);
    let answer = call.json(&json!({ "flow": "access", "durration": "1h" })).await.is(422);
    assert_eq!(answer.body["fields"][0]["field"], "durration");
    assert_eq!(answer.text("hint"), "did you mean `duration`?");
    let call = api.call("PUT", "/v1/users/bo@acme.test").by("root@acme.test");
    let identity = json!({ "type": "slack", "external_id": "T0", "value": "U1", "valeu": 1 });
    let answer = call.json(&json!({ "identities": [identity] })).await.is(422);
    assert_eq!(answer.body["fields"][0]["field"], "identities[0].valeu");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_large_deep_or_no_text_is_refused() {
    let api = Api::new();
    let post = || api.call("POST", "/v1/runs").by(ADA).header("content-type", "application/json");
    let large = format!("{{\"flow\": \"access\", \"reason\": \"{}\"}}", "x".repeat(128 * 1024));
    post().body(large).refused(413, "body_too_large").await;
    post().header("content-length", "131073").body("{}").refused(413, "body_too_large").await;
    let spaces = " ".repeat(128 * 1024);
    post().body(spaces).refused(400, "malformed_json").await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [33, 200, 10_000] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let body = format!("{{\"flow\": \"access\", \"context\": {deep}}}");
            post().body(body).refused(400, "malformed_json").await;
        }
    }
    post().body(b"{\"flow\": \"\xff\"}".as_slice()).refused(400, "malformed_json").await;
    post().body(b"\xff\xfe{\0}\0".as_slice()).refused(400, "malformed_json").await;
    let ask = |context: Value, reason: String| json!({ "flow": "access", "target": "orders", "reason": reason, "context": context });
    for (body, field) in [
        (ask(json!("x".repeat(65_536)), "r".into()), "context"),
        (ask(Value::Null, "x".repeat(2_001)), "reason"),
    ] {
        let answer = post().without("content-type").json(&body).await.is(422);
        assert_eq!(answer.body["fields"][0]["field"], field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_json_in_utf_8_is_refused_by_its_type() {
    let api = Api::new();
    let good = "{\"flow\": \"access\"}";
    let post = || api.call("POST", "/v1/runs").by(ADA).body(good);
    post().refused(415, "unsupported_media_type").await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/json; charset=latin1",
        "application/xml",
        "",
    ] {
        post().header("content-type", kind).refused(415, "unsupported_media_type").await;
    }
    let zipped =
        post().header("content-type", "application/json").header("content-encoding", "gzip");
    zipped.refused(415, "unsupported_media_type").await;
    let twice =
        post().header("content-type", "application/json").header("content-type", "text/plain");
    twice.refused(400, "conflicting_headers").await;
    // A body that may be left out is JSON if it is there.
    let path = format!("/v1/runs/{ULID}/approve");
    let call = api.call("POST", &path).by(ADA).header("content-type", "text/plain").body("yes");
    call.refused(415, "unsupported_media_type").await;
    // These are well typed, and miss only a target.
    for kind in ["application/json; charset=utf-8", "APPLICATION/JSON;charset=\"UTF-8\""] {
        post().header("content-type", kind).refused(422, "invalid_request").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_commands_and_settings_are_refused() {
    let api = Api::new();
    let run = api.asked(ADA, "orders").await;
    let path = |verb: &str| format!("/v1/runs/{run}/{verb}");
    let root = "root@acme.test";
    for (method, path, who, body, status, code) in [
        ("POST", path("approve"), "bo@acme.test", json!({ "mesage": "" }), 422, "invalid_request"),
        ("POST", path("approve"), "bo@acme.test", json!({ "shown": "x" }), 422, "invalid_request"),
        ("POST", path("approve"), "bo@acme.test", json!({ "message": 1 }), 422, "invalid_request"),
        ("POST", path("approve"), "bo@acme.test", json!([]), 422, "invalid_request"),
        ("POST", path("deny"), "bo@acme.test", json!({ "shown": "" }), 422, "invalid_request"),
        (
            "POST",
            path("deny"),
            "bo@acme.test",
            json!({ "message": "\u{202e}" }),
            422,
            "invalid_request",
        ),
        (
            "POST",
            path("cancel"),
            ADA,
            json!({ "message": "x".repeat(2_001) }),
            422,
            "invalid_request",
        ),
        ("POST", path("extend"), ADA, json!({ "duration": 1 }), 422, "invalid_request"),
        ("POST", path("extend"), ADA, json!({ "until": "x" }), 422, "invalid_request"),
        ("POST", path("answer"), ADA, json!({}), 422, "invalid_request"),
        ("POST", path("answer"), ADA, json!({ "fields": { "x": 1 } }), 422, "invalid_request"),
        ("POST", path("fly"), ADA, json!({}), 404, "no_such_route"),
        ("POST", format!("/v1/runs/{ULID}/approve"), ADA, json!({}), 404, "no_such_run"),
        ("POST", "/v1/preview".into(), ADA, json!({ "flow": "none" }), 404, "no_such_flow"),
        ("PUT", "/v1/users/x".into(), root, json!({}), 400, "invalid_path"),
        (
            "PUT",
            "/v1/users/bo@acme.test".into(),
            root,
            json!({ "role": "king" }),
            422,
            "invalid_request",
        ),
        (
            "PUT",
            "/v1/users/bo@acme.test".into(),
            root,
            json!({ "email": "x" }),
            422,
            "invalid_request",
        ),
        ("PUT", "/v1/users/bo@acme.test".into(), ADA, json!({}), 403, "admins_only"),
        (
            "POST",
            "/v1/tokens".into(),
            ADA,
            json!({ "bot": "bot:ci", "scopes": ["read"] }),
            403,
            "admins_only",
        ),
        ("POST", "/v1/tokens".into(), root, json!({ "bot": "bot:ci" }), 422, "invalid_request"),
        (
            "POST",
            "/v1/tokens".into(),
            root,
            json!({ "bot": "ada@acme.test", "scopes": ["read"] }),
            422,
            "invalid_request",
        ),
        (
            "POST",
            "/v1/tokens".into(),
            root,
            json!({ "bot": "bot:ci", "scopes": [] }),
            422,
            "invalid_request",
        ),
        (
            "POST",
            "/v1/tokens".into(),
            root,
            json!({ "bot": "bot:ci", "scopes": ["decide"] }),
            422,
            "invalid_request",
        ),
        (
            "POST",
            "/v1/tokens".into(),
            root,
            json!({ "bot": "bot:ci", "scopes": ["read"], "lifetime": "2000d" }),
            422,
            "invalid_request",
        ),
        ("DELETE", "/v1/tokens/none".into(), root, json!({}), 404, "no_such_token"),
        ("DELETE", "/v1/tokens/none".into(), ADA, json!({}), 403, "admins_only"),
        ("DELETE", "/v1/tokens/%20".into(), root, json!({}), 400, "invalid_path"),
    ] {
        let answer = api.call(method, &path).by(who).json(&body).await;
        let found = (answer.status.as_u16(), answer.text("code"));
        assert_eq!(found, (status, code), "{method} {path} {body}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_refused() {
    let api = Api::new();
    let run = api.asked(ADA, "orders").await;
    let path = format!("/v1/runs/{run}/approve");
    for key in ["", " ", "a b", "\u{e9}", &"x".repeat(129)] {
        let call = api.call("POST", &path).by("bo@acme.test");
        call.header("idempotency-key", key).refused(422, "invalid_request").await;
    }
    let call = api.call("POST", &path).by("bo@acme.test");
    let twice = call.header("idempotency-key", "a").header("idempotency-key", "b");
    twice.refused(400, "conflicting_headers").await;
}
