//! Who calls, and who is believed to.

use serde_json::json;

use crate::rig::Api;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_in_particular_gets_in_nowhere() {
    let api = Api::new();
    for (path, method, operation) in api.described().operations() {
        let is_open = operation["security"] == json!([]);
        let path = path.replace("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV").replace("{flow}", "access");
        let call = api.call(&method.to_uppercase(), &path);
        if is_open {
            call.send().await.is(200);
        } else {
            let answer = call.refused(401, "unauthenticated").await;
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_names_a_person_on_the_local_server_over_loopback_only() {
    let api = Api::new();
    let me = || api.call("GET", "/v1/me").by("Ada@Acme.test");
    assert_eq!(me().send().await.is(200).body["user"]["username"], "ada@acme.test");
    me().from(Some("[::1]:9")).send().await.is(200);
    me().from(Some("[::ffff:127.0.0.1]:9")).send().await.is(200);
    for peer in [None, Some("10.0.0.1:9"), Some("[2001:db8::1]:9"), Some("[::ffff:10.0.0.1]:9")] {
        me().from(peer).refused(403, "local_only").await;
    }
    for proxy in ["forwarded", "via", "x-forwarded-for"] {
        me().header(proxy, "1.1.1.1").refused(403, "local_only").await;
    }
    let elsewhere = Api::with(false);
    let call = elsewhere.call("GET", "/v1/me").by("ada@acme.test");
    call.refused(403, "local_only").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_speak_for_the_person() {
    let api = Api::new();
    let me = || api.call("GET", "/v1/me").by("ada@acme.test");
    let host = |host: &str| me().without("host").header("host", host);
    host("localhost:7070").send().await.is(200);
    host("evil.test:7070").refused(403, "foreign_host").await;
    host("127.0.0.1.evil.test").refused(403, "foreign_host").await;
    me().without("host").refused(400, "invalid_header").await;
    me().header("host", "127.0.0.1:7070").refused(400, "conflicting_headers").await;

    me().header("origin", "http://127.0.0.1:7070").send().await.is(200);
    for origin in ["null", "http://evil.test", "http://127.0.0.1:8080", "http://localhost:7070", ""]
    {
        me().header("origin", origin).refused(403, "cross_site").await;
    }
    me().header("sec-fetch-site", "same-origin").send().await.is(200);
    me().header("sec-fetch-site", "none").send().await.is(200);
    for site in ["cross-site", "same-site", "x"] {
        me().header("sec-fetch-site", site).refused(403, "cross_site").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_contradict_each_other_are_refused() {
    let api = Api::new();
    let token = api.token(&["read"], "1h").await;
    let me = || api.call("GET", "/v1/me");
    let two = me().by("ada@acme.test").by("bo@acme.test");
    two.refused(400, "conflicting_headers").await;
    let both = me().by("ada@acme.test").token(&token);
    both.refused(400, "conflicting_headers").await;
    me().token(&token).token(&token).refused(400, "conflicting_headers").await;
    let source = me().token(&token).header("x-countersign-source", "cli");
    source.refused(400, "conflicting_headers").await;
    for bad in ["", "ada", "a b@acme.test", "ada@acme.test,bo@acme.test", "bot:ci", "\u{e9}@"] {
        me().by(bad).refused(400, "invalid_header").await;
    }
    for bad in ["", "slack", "internal", "API"] {
        let call = me().by("ada@acme.test").header("x-countersign-source", bad);
        call.refused(400, "invalid_header").await;
    }
    let cli = me().by("ada@acme.test").header("x-countersign-source", "cli").send().await;
    assert_eq!(cli.is(200).body["channel"]["type"], "cli");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_wrong_late_or_revoked_is_always_the_same_problem() {
    let api = Api::new();
    let me = |token: &str| api.call("GET", "/v1/me").token(token);
    let good = api.token(&["read"], "1h").await;
    assert_eq!(me(&good).send().await.is(200).body["scopes"], json!(["read"]));
    let wrong = me("csn_0000000000000000000000000000000000000000");
    let wrong = wrong.refused(401, "unauthenticated").await;
    me("sk_live").refused(401, "unauthenticated").await;
    let basic = api.call("GET", "/v1/me").header("authorization", "Basic YTpi");
    basic.refused(401, "unauthenticated").await;
    api.call("GET", "/v1/me")
        .header("authorization", "Bearer")
        .refused(401, "unauthenticated")
        .await;

    let short = api.token(&["read"], "1s").await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let late = me(&short).refused(401, "unauthenticated").await;
    assert_eq!(late.body, wrong.body);

    let list = api.call("GET", "/v1/tokens").by("root@acme.test").send().await.is(200);
    for item in list.body["items"].as_array().unwrap() {
        let path = format!("/v1/tokens/{}", item["id"].as_str().unwrap());
        api.call("DELETE", &path).by("root@acme.test").send().await.is(200);
    }
    let revoked = me(&good).refused(401, "unauthenticated").await;
    assert_eq!(revoked.body, wrong.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_its_scopes_only() {
    let api = Api::new();
    let run = api.asked("ada@acme.test", "orders").await;
    let ask = json!({ "flow": "access", "target": "bills", "reason": "r" });
    let (request, read) = (api.token(&["request"], "1h").await, api.token(&["read"], "1h").await);
    let revoke = api.token(&["revoke"], "1h").await;
    for path in ["/v1/runs", "/v1/grants", "/v1/users", "/v1/users/ada@acme.test", "/v1/audit"] {
        api.call("GET", path).token(&request).refused(403, "out_of_scope").await;
    }
    let path = format!("/v1/runs/{run}");
    api.call("GET", &path).token(&request).refused(403, "out_of_scope").await;
    api.call("GET", &path).token(&read).send().await.is(200);
    let call = api.call("POST", "/v1/runs").token(&read);
    assert_eq!(call.json(&ask).await.is(403).text("code"), "out_of_scope");
    let cancel = || api.call("POST", &format!("/v1/runs/{run}/cancel")).header("prefer", "wait=5");
    cancel().token(&read).refused(403, "out_of_scope").await;
    cancel().token(&revoke).refused(403, "not_yours").await;
    for verb in ["approve", "deny"] {
        let call = api.call("POST", &format!("/v1/runs/{run}/{verb}"));
        call.token(&revoke).refused(403, "bots_never_decide").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_left_is_let_in_nowhere_and_it_is_recorded() {
    let api = Api::new();
    api.call("GET", "/v1/me").by("eve@acme.test").send().await.is(200);
    let change = api.call("PUT", "/v1/users/eve@acme.test").by("root@acme.test");
    change.json(&json!({ "deactivated": true })).await.is(200);
    let ask = json!({ "flow": "access", "target": "bills", "reason": "r" });
    let call = api.call("POST", "/v1/runs").by("eve@acme.test");
    assert_eq!(call.json(&ask).await.is(403).text("code"), "deactivated");
    api.call("GET", "/v1/runs").by("eve@acme.test").refused(403, "deactivated").await;
    let entries = api.account("eve@acme.test").await;
    assert!(entries.iter().any(|entry| entry["what"]["code"] == "deactivated"), "{entries:?}");
}
