//! Providers differ: how a client shows who it is, what they say of people, and what they do when
//! something is wrong.

use countersign_tests::issuer::Client;
use serde_json::json;

use crate::rig::{CLIENT, Site, URL};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_its_secret_as_the_provider_wants_it() {
    for methods in
        [json!(["client_secret_post"]), json!(["none", "client_secret_basic"]), json!(null)]
    {
        let site = Site::new();
        site.issuer.discovers(json!({ "token_endpoint_auth_methods_supported": methods }));
        site.signed_in("ada").await;
    }
    let site = Site::new();
    site.issuer.discovers(json!({ "token_endpoint_auth_methods_supported": ["private_key_jwt"] }));
    site.issuer.is_used_by(Some("ada@acme.test"));
    site.browser().opens("/").await.is(503).says("gives no answer that makes sense");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_lets_nobody_in() {
    let site = Site::new();
    site.issuer.register(Client {
        id: CLIENT.to_owned(),
        secret: Some("another".to_owned()),
        redirect_uris: vec![format!("{URL}/signin/callback")],
        ..Client::default()
    });
    site.issuer.is_used_by(Some("ada@acme.test"));
    let page = site.browser().opens("/").await;
    page.is(400).says("does not take back the code").says_not("se:cret");
    assert_eq!(site.issuer.refusals(), ["token: the secret is not the client's"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_leaves_the_mail_address_out_is_asked_for_it() {
    let site = Site::new();
    site.issuer.claims_differ(json!({ "email": null, "email_verified": null }));
    site.signed_in("ada").await;
    // Not about somebody else.
    site.issuer.claims_differ(json!({ "email": null, "sub": "somebody-else" }));
    let mut ada = site.browser();
    ada.opens("/").await.is(401).says("`sub`");
    // Nor where the provider says no more.
    let site = Site::new();
    site.issuer.is_used_by(Some("ada@acme.test"));
    site.issuer.discovers(json!({ "userinfo_endpoint": null }));
    site.issuer.claims_differ(json!({ "email": null }));
    site.browser().opens("/").await.is(401).says("`email`");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_there_is_not_let_in_here() {
    let site = Site::new();
    site.issuer.is_used_by(None);
    let mut nobody = site.browser();
    nobody.opens("/").await.is(403).says("does not let you in: access_denied");
    assert!(nobody.cookies.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_is_not_waited_for() {
    let site = Site::new();
    site.issuer.discovers(json!({ "issuer": "https://evil.test" }));
    let mut ada = site.browser();
    ada.opens("/").await.is(503).says("does not answer");
    for (status, body) in [
        ("500 Internal Server Error", "{}"),
        ("200 OK", "<html>"),
        ("200 OK", "{}"),
        ("302 Found", ""),
    ] {
        let site = Site::new();
        site.issuer.is_used_by(Some("ada@acme.test"));
        site.issuer.gives_no_tokens(status, body);
        let mut ada = site.browser();
        ada.opens("/").await.is(503).says("gives no answer that makes sense");
        assert!(ada.cookies.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_somebody_in_between_could_change_are_not_used() {
    for name in ["authorization_endpoint", "token_endpoint", "end_session_endpoint"] {
        for bad in ["http://login.acme.test/x", "ftp://login.acme.test", "nonsense", "javascript:x"]
        {
            let site = Site::new();
            site.issuer.discovers(json!({ name: bad }));
            site.browser().opens("/").await.is(503);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_to_sign_out_one_is_signed_out_here() {
    let site = Site::new();
    site.issuer.discovers(json!({ "end_session_endpoint": null }));
    let mut ada = site.signed_in("ada").await;
    let page = ada.posts("/signout", &[]).await;
    page.is(200).says("You are signed out").says("href=\"/signin\"").says_not("http-equiv");
    assert!(ada.cookies.is_empty());
}
