//! People who sign in with an identity provider, from outside.

mod issuer;
mod refresh;
mod signer;
mod tokens;

use std::sync::Arc;

use countersign::model::{Timestamp, User, UserId};
use countersign::testing::{MemoryStore, TestDirectory};
use serde_json::{Value, json};

use crate::rig::Api;
use issuer::Issuer;
use signer::Signer;

/// Puts members in the place of others; `null` takes one away.
pub(crate) fn merge(whole: &mut Value, differs: &Value) {
    let whole = whole.as_object_mut().unwrap();
    for (name, value) in differs.as_object().unwrap() {
        if value.is_null() {
            whole.remove(name);
        } else {
            whole.insert(name.clone(), value.clone());
        }
    }
}

/// An API that trusts an issuer, and what signs for that issuer.
struct Stage {
    api: Api,
    issuer: Issuer,
    signer: Signer,
}

impl Stage {
    async fn new(is_local: bool) -> Self {
        let signer = Signer::p256("one");
        let issuer = Issuer::new(&[&signer]).await;
        let api = Api::trusting(is_local, Some(issuer.verifier()));
        Self { api, issuer, signer }
    }

    /// A token that is good now, but for what differs.
    fn token(&self, differs: &Value) -> String {
        self.signer.token(&self.issuer.claims(Timestamp::now().as_second(), differs))
    }

    fn of(&self, mail: &str) -> String {
        self.token(&json!({ "email": mail, "sub": format!("sub of {mail}") }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_ask_and_decide_by_tokens_and_the_record_says_how_they_signed_in() {
    let stage = Stage::new(false).await;
    let (api, ada, bo) = (&stage.api, stage.of("Ada@Acme.test"), stage.of("bo@acme.test"));
    let me = api.call("GET", "/v1/me").token(&ada).send().await.is(200);
    assert_eq!(me.body["user"]["username"], "ada@acme.test");
    assert_eq!(me.body["channel"]["type"], "api");

    let ask = json!({ "flow": "access", "target": "orders", "duration": "1h", "reason": "r" });
    let call = api.call("POST", "/v1/runs").token(&ada).header("prefer", "wait=10");
    let run = call.json(&ask).await.is(201);
    let path = format!("/v1/runs/{}", run.text("id"));
    let approve = |token: &str| {
        api.call("POST", &format!("{path}/approve")).token(token).header("prefer", "wait=10")
    };
    approve(&ada).refused(403, "self_approval").await;
    approve(&bo).send().await.is(200);

    let events = api.call("GET", &format!("{path}/events")).token(&ada).send().await.is(200);
    let by = |mail: &str| {
        let actor = json!({
            "user": mail,
            "auth": { "oidc": { "issuer": stage.issuer.name, "subject": format!("sub of {mail}") } },
        });
        events.body["items"].as_array().unwrap().iter().any(|it| it["actor"] == actor)
    };
    assert!(by("bo@acme.test"), "{events:?}");
    let asked = &events.body["items"][0]["actor"];
    assert_eq!(asked["auth"]["oidc"]["subject"], "sub of Ada@Acme.test", "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_taken_is_named_by_code_and_never_repeated() {
    let stage = Stage::new(false).await;
    let now = Timestamp::now().as_second();
    let expired = stage.token(&json!({ "exp": now - 61, "nonce": "do-not-repeat" }));
    let foreign = stage.token(&json!({ "aud": "do-not-repeat" }));
    for (token, code) in
        [(expired.as_str(), "token_expired"), (&foreign, "token_invalid"), ("x.y", "token_invalid")]
    {
        let call = stage.api.call("GET", "/v1/me").token(token);
        let answer = call.refused(401, code).await;
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, r#"Bearer realm="countersign", error="invalid_token""#);
        assert!(!answer.text("hint").is_empty());
        let said = answer.body.to_string();
        assert!(!said.contains("do-not-repeat") && !said.contains(token), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_no_token_is_told_which_are_taken() {
    let stage = Stage::new(false).await;
    let me = || stage.api.call("GET", "/v1/me");
    let basic = me().header("authorization", "Basic YTpi");
    for call in [me(), basic] {
        let answer = call.refused(401, "unauthenticated").await;
        assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="countersign""#);
        let hint = answer.text("hint");
        assert!(hint.contains("csn_") && hint.contains(&stage.issuer.name), "{hint}");
        assert!(!hint.contains("X-Countersign-User"), "{hint}");
    }
    let local = Api::new();
    let answer = local.call("GET", "/v1/me").refused(401, "unauthenticated").await;
    assert!(answer.text("hint").contains("X-Countersign-User"));
    let call = local.call("GET", "/v1/me").token(&stage.of("ada@acme.test"));
    call.refused(401, "unauthenticated").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_bots_and_of_people_stand_side_by_side() {
    let stage = Stage::new(true).await;
    let (api, ada) = (&stage.api, stage.of("ada@acme.test"));
    let bot = api.token(&["read"], "1h").await;
    let me = || api.call("GET", "/v1/me");
    assert_eq!(me().token(&bot).send().await.is(200).body["user"]["username"], "bot:ci");
    assert_eq!(stage.issuer.asked(), (0, 0), "a bot's token is no matter for the issuer");
    me().token(&ada).send().await.is(200);
    me().header("authorization", &format!("bEARER  {ada}")).send().await.is(200);
    me().token("csn_nobody").refused(401, "unauthenticated").await;

    me().token(&ada).token(&ada).refused(400, "conflicting_headers").await;
    me().token(&bot).token(&ada).refused(400, "conflicting_headers").await;
    me().token(&ada).by("ada@acme.test").refused(400, "conflicting_headers").await;
    let source = me().token(&ada).header("x-countersign-source", "web");
    source.refused(400, "conflicting_headers").await;
    let elsewhere = Api::trusting(false, Some(stage.issuer.verifier()));
    elsewhere.call("GET", "/v1/me").by("ada@acme.test").refused(403, "local_only").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_left_is_let_in_by_no_token() {
    let stage = Stage::new(true).await;
    let (api, eve) = (&stage.api, stage.of("eve@acme.test"));
    api.call("GET", "/v1/me").token(&eve).send().await.is(200);
    let change = api.call("PUT", "/v1/users/eve@acme.test").token(&stage.of("root@acme.test"));
    change.json(&json!({ "deactivated": true })).await.is(200);
    api.call("GET", "/v1/runs").token(&eve).refused(403, "deactivated").await;
    let ask = json!({ "flow": "access", "target": "bills", "reason": "r" });
    let answer = api.call("POST", "/v1/runs").token(&eve).json(&ask).await;
    assert_eq!(answer.is(403).text("code"), "deactivated");
    let entries = api.account("eve@acme.test").await;
    let refused = entries.iter().find(|entry| entry["what"]["code"] == "deactivated").unwrap();
    assert_eq!(refused["actor"]["auth"]["oidc"]["subject"], "sub of eve@acme.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_from_elsewhere_is_a_guest_whatever_the_issuer_says() {
    let stage = Stage::new(false).await;
    let claims = json!({ "email": "mal@evil.test", "role": "admin", "groups": ["security"] });
    let call = stage.api.call("GET", "/v1/me").token(&stage.token(&claims));
    assert_eq!(call.send().await.is(200).body["user"]["role"], "guest");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_only_the_issuer_knows_is_told_so() {
    let stage = Stage::new(false).await;
    let people = Arc::new(TestDirectory::new(Arc::new(MemoryStore::new())));
    let services = Arc::<TestDirectory>::clone(&people);
    let api = Api::asking(services, stage.issuer.verifier());
    let me = || api.call("GET", "/v1/me").token(&stage.of("ada@acme.test"));
    let answer = me().refused(403, "unknown_caller").await;
    assert!(answer.text("detail").contains("ada@acme.test"));
    people.put(User::new(UserId::parse("ada@acme.test").unwrap()));
    me().send().await.is(200);
    people.break_down("ada@acme.test");
    me().refused(503, "unavailable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_issuer_nobody_gets_in_and_bots_do() {
    let stage = Stage::new(true).await;
    stage.issuer.is_down();
    let bot = stage.api.token(&["read"], "1h").await;
    let me = || stage.api.call("GET", "/v1/me");
    let answer = me().token(&stage.of("ada@acme.test")).refused(503, "issuer_unavailable").await;
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(answer.header("www-authenticate"), "");
    me().token(&bot).send().await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_every_way_to_say_who_calls() {
    let stage = Stage::new(false).await;
    let document = &stage.api.described().document;
    assert_eq!(document["security"], json!([{ "sign_in": [] }, { "token": [] }]));
    let scheme = &document["components"]["securitySchemes"]["sign_in"];
    assert_eq!(scheme["bearerFormat"], "JWT");
    assert!(scheme["description"].as_str().unwrap().contains(&stage.issuer.name));
    let local = Api::new();
    assert_eq!(local.described().document["security"], json!([{ "person": [] }, { "token": [] }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_wait_for_the_same_keys() {
    let stage = Arc::new(Stage::new(false).await);
    let callers = (0..20).map(|_| {
        let stage = Arc::clone(&stage);
        tokio::spawn(async move {
            let call = stage.api.call("GET", "/v1/me").token(&stage.of("ada@acme.test"));
            call.send().await.is(200);
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!(stage.issuer.asked(), (1, 1));
}
