//! What others try.

use axum::body::Body;
use serde_json::json;

use super::SESSION;
use crate::rig::{Browser, CLIENT, Site, URL, form};

const ATTEMPT: &str = "__Host-countersign_attempt";

/// Goes to the provider and comes to where it sends one back to, without going there.
async fn answer(browser: &mut Browser<'_>, next: &str) -> String {
    let asks = browser.get(&format!("/signin?next={next}")).await.goes_to();
    let page = browser.site.asks_the_issuer(&asks);
    assert_eq!(page.status, 302, "{}", page.html);
    let answer = page.headers["location"].to_str().unwrap().to_owned();
    answer.strip_prefix(URL).unwrap().to_owned()
}

fn changed(answer: &str, name: &str, value: &str) -> String {
    let (path, query) = answer.split_once('?').unwrap();
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    let pairs =
        pairs.map(|(key, old)| if key == name { (key, value.to_owned()) } else { (key, old) });
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_in_as_somebody_else_by_a_link() {
    let site = Site::new();
    // Mallory begins, and has Ada finish: Ada would work in Mallory's name.
    site.issuer.is_used_by(Some("mallory@acme.test"));
    let mut mallory = site.browser();
    let link = answer(&mut mallory, "/").await;
    let mut ada = site.browser();
    let page = ada.get(&link).await;
    page.is(400).says("was not begun in this browser");
    assert!(ada.cookies.is_empty());
    // Also while Ada has an attempt or a session of her own, of which nothing is lost.
    site.issuer.is_used_by(Some("ada@acme.test"));
    let own = answer(&mut ada, "/access").await;
    ada.get(&link).await.is(400);
    assert_eq!(ada.get(&own).await.goes_to(), "/access");
    let session = ada.cookies[SESSION].clone();
    ada.get(&link).await.is(400);
    assert_eq!(ada.cookies[SESSION], session);
    assert_eq!(site.issuer.refusals(), Vec::<String>::new(), "no code was given away");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_worth_nothing_a_second_time_or_without_its_cookie() {
    let site = Site::new();
    site.issuer.is_used_by(Some("ada@acme.test"));
    let mut ada = site.browser();
    let link = answer(&mut ada, "/").await;
    let kept = ada.cookies.clone();
    // Somebody saw the address: state and code.
    site.browser().get(&link).await.is(400);
    ada.get(&link).await.goes_to();
    // The attempt is gone from the browser; and to whoever kept it the provider gives nothing.
    ada.get(&link).await.is(400).says("was not begun in this browser");
    let mut thief = site.browser();
    thief.cookies = kept;
    thief.get(&link).await.is(400).says("does not take back the code");
    assert!(thief.cookies.is_empty(), "{:?}", thief.cookies);
    assert_eq!(site.issuer.refusals(), ["token: the code was used"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_the_state_the_code_or_the_cookie_is_not_signed_in() {
    let site = Site::new();
    site.issuer.is_used_by(Some("ada@acme.test"));
    let mut ada = site.browser();
    let link = answer(&mut ada, "/").await;
    for bad in [
        changed(&link, "state", ""),
        changed(&link, "state", "x"),
        link.replace("state=", "other="),
        format!("{link}&state=x"),
        format!("{link}&code=x"),
        "/signin/callback".to_owned(),
    ] {
        let mut other = site.browser();
        other.cookies.clone_from(&ada.cookies);
        let page = other.get(&bad).await;
        assert!(matches!(page.status, 400 | 403), "{bad}: {}", page.html);
        assert!(!other.cookies.contains_key(SESSION), "{bad}");
    }
    let cookie = ada.cookies[ATTEMPT].clone();
    let parts: Vec<_> = cookie.split('.').collect();
    for tampered in [
        format!("{}.{}.{}", parts[0], parts[1], "Ly9ldmlsLnRlc3Q"),
        format!("{}.{}.{}", parts[0], parts[1], "L2F1ZGl0"),
        format!("{}.{}.{}", parts[0], "1800000000", parts[2]),
        format!("{}.{}.{}", "A".repeat(43), parts[1], parts[2]),
        String::new(),
    ] {
        ada.cookies.insert(ATTEMPT.to_owned(), tampered.clone());
        ada.get(&link).await.is(400);
    }
    ada.cookies.insert(ATTEMPT.to_owned(), cookie);
    ada.get(&changed(&link, "code", "guessed")).await.is(400).says("does not take back the code");
    // An attempt that failed is over.
    ada.get(&link).await.is(400).says("was not begun in this browser");
    // The code of somebody else's attempt does not fit this one's verifier.
    site.issuer.is_used_by(Some("root@acme.test"));
    let stolen = answer(&mut site.browser(), "/").await;
    let (_, code) = stolen.split_once("code=").unwrap();
    let mut mallory = site.browser();
    let own = answer(&mut mallory, "/").await;
    let page = mallory.get(&changed(&own, "code", code.split('&').next().unwrap())).await;
    page.is(400);
    let refusals = site.issuer.refusals();
    assert_eq!(refusals.last().unwrap(), "token: the verifier does not fit the challenge");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_somebody_chose_is_never_taken_over() {
    let site = Site::new();
    let mut ada = site.browser();
    let chosen = "A".repeat(43);
    ada.cookies.insert(SESSION.to_owned(), chosen.clone());
    ada.signs_in("ada").await;
    assert_ne!(ada.cookies[SESSION], chosen);
    // Whoever signs in again has a new one, and the old one is over.
    let before = ada.cookies.clone();
    let begins = site.request("GET", "/signin").body(Body::empty()).unwrap();
    let page = site.call(begins).await;
    ada.keeps(&page.headers);
    site.issuer.is_used_by(Some("bo@acme.test"));
    let link = site.asks_the_issuer(&page.goes_to()).headers["location"].clone();
    ada.get(link.to_str().unwrap().strip_prefix(URL).unwrap()).await.goes_to();
    ada.get("/").await.says("Hello bo");
    let mut kept = site.browser();
    kept.cookies = before;
    kept.get("/").await.goes_to();
    assert_eq!((site.sessions("ada").await.len(), site.sessions("bo").await.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_to_another_site() {
    let site = Site::new();
    site.issuer.is_used_by(Some("ada@acme.test"));
    for next in [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "%5C%5Cevil.test",
        "/%09/evil.test",
        "%2F%2Fevil.test",
        "/a%0D%0ALocation:%20https://evil.test",
        "javascript:alert(1)",
        "/signout",
        "/signin?next=/",
        "",
    ] {
        let mut ada = site.browser();
        let link = answer(&mut ada, next).await;
        assert_eq!(ada.get(&link).await.goes_to(), "/", "{next}");
        // Nor whoever is signed in already.
        assert_eq!(ada.get(&format!("/signin?next={next}")).await.goes_to(), "/", "{next}");
    }
    let mut ada = site.browser();
    let link = answer(&mut ada, "/access%3Fuser=a%26b").await;
    assert_eq!(ada.get(&link).await.goes_to(), "/access?user=a&b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_can_send_nothing() {
    let site = Site::new();
    let mut ada = site.signed_in("ada").await;
    let token = ada.get("/").await.value("csrf");
    let wish = [
        ("csrf", token.as_str()),
        ("target", "orders"),
        ("duration", "1h"),
        ("reason", "r"),
        ("do", "send"),
    ];
    for origin in [
        "https://evil.test",
        "null",
        "http://access.acme.test",
        "https://access.acme.test:8443",
        "https://access.acme.test.evil.test",
        "https://evil.access.acme.test",
    ] {
        ada.sends("/flows/access", Some(origin), &wish).await.is(403).says("another site");
    }
    for fetch_site in ["cross-site", "same-site"] {
        let request = site.request("POST", "/signout").header("cookie", ada.cookie());
        let request = request.header("sec-fetch-site", fetch_site);
        let page = site.call(request.body(form(&wish)).unwrap()).await;
        page.is(403).says("another site");
    }
    // Nor with a token of another session, or none.
    let mut bo = site.signed_in("bo").await;
    let other = bo.get("/").await.value("csrf");
    for bad in ["", "x", &other] {
        let wish = [("csrf", bad), ("target", "orders"), ("do", "send")];
        ada.sends("/flows/access", Some(URL), &wish).await.is(403).says("opened before");
        ada.sends("/signout", Some(URL), &[("csrf", bad)]).await.is(403);
    }
    ada.get("/").await.is(200).says("You have not asked for anything yet");
    // Signing out by a link does nothing.
    ada.get("/signout").await.is(200).says("Your session");
    ada.get("/").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_framed_or_kept_and_nothing_foreign_runs_in_one() {
    let site = Site::new();
    let mut ada = site.signed_in("ada").await;
    let mut nobody = site.browser();
    for page in [
        ada.get("/").await,
        ada.get("/signout").await,
        nobody.get("/signin").await,
        nobody.get("/signin/callback?code=x&state=y").await,
        nobody.get("/signout").await,
    ] {
        let header = |name: &str| page.headers[name].to_str().unwrap();
        let policy = header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self'"));
        assert!(policy.contains("form-action 'self'") && !policy.contains("unsafe"));
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("strict-transport-security"), "max-age=31536000");
        assert_eq!(header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_in_the_request_changes_nothing() {
    let site = Site::new();
    let ada = site.signed_in("ada").await;
    for host in [
        "evil.test",
        "localhost:7070",
        "127.0.0.1:7070",
        "access.acme.test:8443",
        "access.acme.test.evil.test",
        "ACCESS.ACME.TEST@evil.test",
    ] {
        for path in ["/", "/signin", "/signout"] {
            let request = axum::http::Request::builder().uri(path).header("host", host);
            let request = request.header("cookie", ada.cookie()).body(Body::empty()).unwrap();
            site.call(request).await.is(403).says("another name");
        }
    }
    // Where people are sent never follows from what a request says.
    let request = site.request("GET", "/signin").header("x-forwarded-host", "evil.test");
    let request = request.header("forwarded", "host=evil.test;proto=http");
    let goes = site.call(request.body(Body::empty()).unwrap()).await.goes_to();
    assert!(goes.starts_with(site.issuer.url()) && !goes.contains("evil"), "{goes}");
    assert!(goes.contains("redirect_uri=https%3A%2F%2Faccess.acme.test%2Fsignin%2Fcallback"));
    let request = axum::http::Request::builder().uri("/").header("host", "Access.Acme.test");
    site.call(request.body(Body::empty()).unwrap()).await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_provider_is_none() {
    let site = Site::new();
    site.issuer.is_used_by(Some("ada@acme.test"));
    site.issuer.discovers(json!({ "authorization_response_iss_parameter_supported": true }));
    let mut ada = site.browser();
    let link = answer(&mut ada, "/").await;
    let mixed = [
        changed(&link, "iss", "https://evil.test"),
        changed(&link, "iss", &format!("{}/", site.issuer.url())),
        link.replace("iss=", "other="),
        format!("{}&error=access_denied", changed(&link, "iss", "https://evil.test")),
    ];
    for mixed in mixed {
        let mut other = site.browser();
        other.cookies.clone_from(&ada.cookies);
        other.get(&mixed).await.is(400).says("not of the identity provider that was asked");
        assert!(other.cookies.is_empty());
    }
    ada.get(&link).await.goes_to();
    assert_eq!(site.issuer.refusals(), Vec::<String>::new(), "no code was given away");
    // Who says who they are although they need not are held to it.
    site.issuer.discovers(json!({}));
    let mut ada = site.browser();
    let link = answer(&mut ada, "/").await;
    ada.get(&format!("{link}&iss=https://evil.test")).await.is(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_was_made_for_something_else_is_refused() {
    let site = Site::new();
    site.issuer.is_used_by(Some("ada@acme.test"));
    for (claims, why) in [
        (json!({ "nonce": "somebody else's" }), "made for another sign-in"),
        (json!({ "nonce": null }), "made for another sign-in"),
        (json!({ "aud": "another-client" }), "another application"),
        (json!({ "aud": ["another-client"] }), "another application"),
        (json!({ "aud": [CLIENT, "another-client"] }), "azp"),
        (json!({ "azp": "another-client" }), "azp"),
        (json!({ "iss": "https://evil.test" }), "another issuer"),
        (json!({ "exp": 1_700_000_000 }), "expired"),
        (json!({ "exp": null }), "`exp`"),
        (json!({ "iat": 9_000_000_000_i64 }), "not good yet"),
        (json!({ "email_verified": false }), "not verified"),
        (json!({ "email": "root" }), "`email`"),
        (json!({ "email": "bot:ci" }), "`email`"),
        (json!({ "sub": "" }), "`sub`"),
    ] {
        site.issuer.claims_differ(claims);
        let mut ada = site.browser();
        let page = ada.opens("/").await;
        page.is(401).says(why).says("You are not signed in");
        assert!(ada.cookies.is_empty(), "{why}");
    }
    site.issuer.claims_differ(json!({ "azp": CLIENT, "aud": [CLIENT, "another-client"] }));
    site.signed_in("ada").await;
}
