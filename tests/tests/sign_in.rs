//! People sign in to the pages with an identity provider: what they can do then, and what others try.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "sign_in/attacks.rs"]
mod attacks;
#[path = "sign_in/provider.rs"]
mod provider;
#[path = "sign_in/rig.rs"]
mod rig;
#[path = "sign_in/secrets.rs"]
mod secrets;

use axum::body::Body;
use rig::{Site, URL};
use serde_json::json;

const SESSION: &str = "__Host-countersign_session";

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_and_asks_and_somebody_else_approves() {
    let site = Site::new();
    site.issuer.is_used_by(Some("ada@acme.test"));
    let mut ada = site.browser();
    let page = ada.opens("/flows/access?target=orders").await;
    page.is(200).says("Ask for access").says("ada").says("Sign out");
    page.says_not("Somebody else").says_not("Messages").says_not("Nobody is checked");
    assert_eq!(ada.led.last().unwrap(), "/flows/access?target=orders");
    assert_eq!(ada.cookies.keys().collect::<Vec<_>>(), [SESSION]);

    let run = ada.asks().await;
    ada.sees(&run, "Waiting for 1 of 1").await.says_not("value=\"approve\"");
    let mut bo = site.signed_in("bo").await;
    bo.get(&run).await.says("value=\"approve\"");
    bo.posts(&run, &[("do", "approve")]).await.goes_to();
    ada.sees(&run, "Active").await;
    // Who they are is known by the provider's word.
    let actor = format!(
        r#""auth":{{"oidc":{{"issuer":"{}","subject":"ada@acme.test"}}}}"#,
        site.issuer.url()
    );
    let record = site.record("ada").await;
    assert!(record.contains(&actor) && record.contains(r#""about":"session""#), "{record}");
    assert_eq!(site.issuer.refusals(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_session_lets_nobody_in() {
    let site = Site::new();
    let ada = site.signed_in("ada").await;
    let [item] = site.sessions("ada").await.try_into().unwrap();
    let token = &ada.cookies[SESSION];
    assert!(!item.body.contains(token.as_str()) && !item.key.pk.contains(token.as_str()));
    // Not even the ID token, which would be good for the API.
    assert!(!item.body.contains("eyJ") && item.body.contains("sealed"), "{}", item.body);
    let mut thief = site.browser();
    let hash = item.key.pk.trim_start_matches("T#session#");
    for stolen in [hash, &token[1..], &token.to_uppercase(), &format!("{token}="), ""] {
        thief.cookies.insert(SESSION.to_owned(), stolen.to_owned());
        assert!(thief.get("/").await.goes_to().starts_with("/signin?next="), "{stolen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_is_signed_out_at_the_provider_too() {
    let site = Site::new();
    let mut ada = site.signed_in("ada").await;
    let kept = ada.cookies.clone();
    let page = ada.posts("/signout", &[("do", "here")]).await;
    page.is(200).says("You are signed out");
    assert!(ada.cookies.is_empty());
    let (_, rest) = page.html.split_once("content=\"0; url=").unwrap();
    let farewell = rest.split('"').next().unwrap().replace("&amp;", "&");
    ada.opens(&farewell).await.is(200).says("You are signed out");
    assert_eq!(ada.led.last().unwrap(), &format!("{URL}/signout"));
    assert_eq!(site.issuer.signed_out(), ["ada@acme.test"]);
    assert_eq!(site.issuer.refusals(), Vec::<String>::new());
    // Whoever kept the cookie has nothing.
    ada.cookies = kept;
    assert!(ada.get("/").await.goes_to().starts_with("/signin"));
    assert!(site.sessions("ada").await.is_empty());
    let record = site.record("ada").await;
    assert!(record.contains(r#""ended""#), "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_out_of_all_browsers_and_an_administrator_anybody() {
    let site = Site::new();
    let (mut one, mut two) = (site.signed_in("ada").await, site.signed_in("ada").await);
    let (mut bo, mut root) = (site.signed_in("bo").await, site.signed_in("root").await);
    one.get("/signout").await.says("Your session").says("Sign out of all my browsers");
    one.posts("/signout", &[("do", "everywhere")]).await.is(200);
    two.get("/").await.goes_to();
    bo.get("/").await.is(200);
    let mut ada = site.signed_in("ada").await;
    bo.posts("/people/ada%40acme.test", &[("do", "signout")]).await.is(403);
    ada.get("/").await.is(200);
    root.posts("/people/ada%40acme.test", &[("do", "signout")]).await.goes_to();
    ada.get("/").await.goes_to();
    root.get("/").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_itself() {
    let site = Site::new();
    let mut ada = site.signed_in("ada").await;
    site.session_becomes("ada", |session| session["expires"] = json!("2020-01-01T00:00:00Z")).await;
    assert_eq!(ada.get("/runs/X").await.goes_to(), "/signin?next=%2Fruns%2FX");
    // What is sent then is not done, and a script that looks for news is led nowhere.
    let page = ada.sends("/flows/access", Some(URL), &[("do", "send")]).await;
    page.is(401).says("Nothing of what you sent was done").says("/signin?next=%2F");
    let looks = site.request("GET", "/").header("cookie", ada.cookie());
    let looks = looks.header("sec-fetch-mode", "cors").body(Body::empty()).unwrap();
    site.call(looks).await.is(401);
    // The next sign-in takes away what is over.
    ada.signs_in("ada").await;
    assert_eq!(site.sessions("ada").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_rests_too_long_is_over() {
    let site = Site::with(URL, "idle = \"30m\"");
    let mut ada = site.signed_in("ada").await;
    let ago = |minutes: i64| {
        let then = countersign::model::Timestamp::now().as_second() - 60 * minutes;
        json!(countersign::model::Timestamp::from_second(then).unwrap())
    };
    site.session_becomes("ada", |session| session["seen"] = ago(29)).await;
    // A page that looks for news by itself is nobody who uses it.
    let looks = site.request("GET", "/").header("cookie", ada.cookie());
    let looks = looks.header("sec-fetch-mode", "cors").body(Body::empty()).unwrap();
    site.call(looks).await.is(200);
    let seen = site.sessions("ada").await.remove(0).body;
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert!(seen["seen"].as_str() < ago(28).as_str(), "{seen}");
    ada.get("/").await.is(200);
    // It was seen: it may rest again.
    let seen = site.sessions("ada").await.remove(0).body;
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert!(seen["seen"].as_str() > ago(1).as_str(), "{seen}");
    site.session_becomes("ada", |session| session["seen"] = ago(31)).await;
    ada.get("/").await.goes_to();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_left_is_refused_at_every_request() {
    let site = Site::new();
    let (mut ada, mut root) = (site.signed_in("ada").await, site.signed_in("root").await);
    root.posts("/people/ada%40acme.test", &[("do", "deactivate")]).await.goes_to();
    ada.get("/").await.is(403).says("has left");
    ada.sends("/flows/access", Some(URL), &[("do", "send")]).await.is(403);
    // Somebody else signs in on the same machine.
    ada.get("/signout").await.is(200).says("You are signed out");
    site.issuer.is_used_by(Some("bo@acme.test"));
    ada.opens("/signin").await.is(200).says("Hello bo");
    site.issuer.is_used_by(Some("gone@acme.test"));
    let mut gone = site.browser();
    gone.opens("/").await.is(403).says("has left");
    assert!(gone.cookies.is_empty(), "{:?}", gone.cookies);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sees_nobody_but_themselves() {
    let site = Site::new();
    let mut guest = site.browser();
    site.issuer.is_used_by(Some("mallory@elsewhere.test"));
    guest.opens("/").await.is(200).says("Hello mallory");
    guest.get("/people").await.is(403).says_not("root@acme.test");
    guest.get("/access").await.is(200).says_not("root@acme.test");
    guest.get("/flows/access").await.says_not("root@acme.test");
    guest.get("/audit").await.is(403);
    guest.get("/messages").await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_takes_tokens_of_the_same_provider_and_no_header_and_no_cookie() {
    let site = Site::new();
    let ada = site.signed_in("ada").await;
    let me = |name: &str, value: &str| {
        site.request("GET", "/v1/me").header(name, value).body(Body::empty()).unwrap()
    };
    site.call(me("x-countersign-user", "ada@acme.test")).await.is(403).says("local_only");
    site.call(me("cookie", &ada.cookie())).await.is(401);
    let mut claims = site.issuer.claims("ada@acme.test");
    claims["aud"] = json!(rig::CLIENT);
    let token = site.issuer.sign(&claims);
    site.call(me("authorization", &format!("Bearer {token}"))).await.is(200).says("ada@acme.test");
    // It is meant for another application.
    let other = site.issuer.token("ada@acme.test");
    site.call(me("authorization", &format!("Bearer {other}"))).await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_ones_own_machine_cookies_do_without_https() {
    let site = Site::with("http://localhost:7070", "");
    let ada = site.signed_in("ada").await;
    assert_eq!(ada.cookies.keys().collect::<Vec<_>>(), ["countersign_session"]);
    let page = site.call(site.request("GET", "/signout").body(Body::empty()).unwrap()).await;
    assert!(!page.headers.contains_key("strict-transport-security"));
}
