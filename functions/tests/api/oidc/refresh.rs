//! When the issuer is asked for its keys, and what happens while it gives no answer. The time is the
//! test's own.

use std::sync::Arc;

use axum::http::StatusCode;
use countersign::model::Timestamp;
use countersign_functions::oidc::{OidcSettings, Refused, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::issuer::{Answer, Issuer};
use super::signer::Signer;

/// When these tests begin.
const START: i64 = 1_800_000_000;

/// An issuer, whoever trusts it, and how many seconds have passed.
struct Clocked {
    issuer: Issuer,
    verifier: Arc<Verifier>,
}

impl Clocked {
    async fn new(keys: &[&Signer]) -> Self {
        let issuer = Issuer::new(keys).await;
        Self { verifier: issuer.verifier(), issuer }
    }

    /// What becomes, after so many seconds, of a token made just then.
    async fn after(&self, seconds: i64, signer: &Signer) -> Result<(), Refused> {
        let now = START + seconds;
        let token = signer.token(&self.issuer.claims(now, &json!({})));
        let now = Timestamp::from_second(now).unwrap();
        self.verifier.verify(&token, now).await.map(|_| ())
    }

    fn rounds(&self) -> usize {
        self.issuer.asked().0
    }
}

#[tokio::test]
async fn a_new_key_is_found_when_it_is_first_used() {
    let (one, two) = (Signer::p256("one"), Signer::ed25519("two"));
    let clocked = Clocked::new(&[&one]).await;
    assert_eq!(clocked.after(0, &one).await, Ok(()));
    assert_eq!(clocked.after(61, &two).await, Err(Refused::UnknownKey));
    clocked.issuer.publishes(&[&one, &two]);
    assert_eq!(clocked.after(120, &two).await, Err(Refused::UnknownKey), "not twice a minute");
    assert_eq!(clocked.after(121, &two).await, Ok(()));
    assert_eq!(clocked.after(122, &one).await, Ok(()));
    assert_eq!(clocked.rounds(), 3);
}

#[tokio::test]
async fn a_flood_of_keys_that_nobody_has_leads_to_one_request_a_minute() {
    let one = Signer::p256("one");
    let clocked = Clocked::new(&[&one]).await;
    for round in 0..600 {
        let thief = Signer::ed25519(&format!("kid {round}"));
        assert_eq!(clocked.after(round, &thief).await, Err(Refused::UnknownKey));
    }
    assert_eq!(clocked.issuer.asked(), (10, 10));
    assert_eq!(clocked.after(599, &one).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_all_at_once_leads_to_one_request() {
    let one = Signer::p256("one");
    let clocked = Arc::new(Clocked::new(&[&one]).await);
    clocked.issuer.is_down();
    let all: Vec<_> = (0..50)
        .map(|_| {
            let clocked = Arc::clone(&clocked);
            tokio::spawn(async move { clocked.after(0, &Signer::ed25519("x")).await })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap(), Err(Refused::Unavailable));
    }
    assert_eq!(clocked.rounds(), 1);
}

#[tokio::test]
async fn a_key_that_the_issuer_took_back_is_good_for_an_hour_at_most() {
    let (one, two) = (Signer::p256("one"), Signer::p256("two"));
    let clocked = Clocked::new(&[&one, &two]).await;
    assert_eq!(clocked.after(0, &one).await, Ok(()));
    clocked.issuer.publishes(&[&two]);
    assert_eq!(clocked.after(3_599, &one).await, Ok(()));
    assert_eq!(clocked.after(3_600, &one).await, Err(Refused::UnknownKey));
    assert_eq!(clocked.after(3_601, &two).await, Ok(()));
    // And one that takes back all of them is believed.
    clocked.issuer.publishes(&[]);
    assert_eq!(clocked.after(7_201, &two).await, Err(Refused::UnknownKey));
    assert_eq!(clocked.rounds(), 3);
}

#[tokio::test]
async fn an_issuer_that_is_down_at_first_is_asked_again_soon() {
    let one = Signer::p256("one");
    let clocked = Clocked::new(&[&one]).await;
    clocked.issuer.is_down();
    assert_eq!(clocked.after(0, &one).await, Err(Refused::Unavailable));
    clocked.issuer.discovers(&json!({}));
    assert_eq!(clocked.after(4, &one).await, Err(Refused::Unavailable));
    assert_eq!(clocked.rounds(), 1);
    assert_eq!(clocked.after(5, &one).await, Ok(()));
}

#[tokio::test]
async fn known_keys_outlive_an_issuer_that_is_down_for_a_while_and_not_for_ever() {
    let (one, two) = (Signer::p256("one"), Signer::p256("two"));
    let clocked = Clocked::new(&[&one]).await;
    assert_eq!(clocked.after(0, &one).await, Ok(()));
    clocked.issuer.is_down();
    assert_eq!(clocked.after(3_600, &one).await, Ok(()));
    assert_eq!(clocked.after(3_610, &one).await, Ok(()));
    assert_eq!(clocked.rounds(), 2, "it is not asked for every token");
    // A key that is not known may be a new one.
    assert_eq!(clocked.after(3_620, &two).await, Err(Refused::Unavailable));
    assert_eq!(clocked.after(14_399, &one).await, Ok(()));
    assert_eq!(clocked.after(14_400, &one).await, Err(Refused::Unavailable));
    clocked.issuer.discovers(&json!({}));
    assert_eq!(clocked.after(14_406, &one).await, Ok(()));
    assert_eq!(clocked.after(14_407, &two).await, Err(Refused::UnknownKey));
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_keep_keys_for_ever() {
    let (one, two) = (Signer::p256("one"), Signer::p256("two"));
    let clocked = Clocked::new(&[&one]).await;
    assert_eq!(clocked.after(1_000_000, &one).await, Ok(()));
    clocked.issuer.publishes(&[&two]);
    assert_eq!(clocked.after(0, &one).await, Err(Refused::UnknownKey));
    assert_eq!(clocked.after(1, &two).await, Ok(()));
}

#[tokio::test]
async fn an_issuer_that_answers_nonsense_is_not_believed() {
    let one = Signer::p256("one");
    let body = |value: Value| Answer::Body(value.to_string().into_bytes());
    let elsewhere = "http://192.0.2.1/keys";
    let many: Vec<_> = (0..101).map(|_| one.jwk()).collect();
    let issuer = Issuer::new(&[&one]).await;
    let is_refused = async |issuer: &Issuer, what: &str| {
        let clocked = Clocked { issuer: issuer.clone(), verifier: issuer.verifier() };
        assert_eq!(clocked.after(0, &one).await, Err(Refused::Unavailable), "{what}");
    };
    for differs in [
        json!({ "issuer": "https://evil.test" }),
        json!({ "issuer": format!("{}/", issuer.name) }),
        json!({ "issuer": null }),
        json!({ "jwks_uri": null }),
        json!({ "jwks_uri": elsewhere }),
        json!({ "jwks_uri": "file:///etc/passwd" }),
        json!({ "jwks_uri": "/keys" }),
    ] {
        issuer.discovers(&differs);
        is_refused(&issuer, &differs.to_string()).await;
    }
    assert_eq!(issuer.asked().1, 0, "nobody asks for keys at an address that is not trusted");
    let redirect = Answer::Redirect(format!("{}/keys", issuer.name));
    for answer in [redirect.clone(), body(json!([])), Answer::Body(vec![b' '; 300_000])] {
        issuer.discovery_is(answer.clone());
        is_refused(&issuer, &format!("{answer:.40?}")).await;
    }
    issuer.discovers(&json!({}));
    for answer in [
        redirect,
        Answer::Status(StatusCode::NO_CONTENT),
        Answer::Body(Vec::new()),
        Answer::Body(vec![b'['; 100_000]),
        body(json!({ "keys": {} })),
        body(json!({ "keys": many })),
        body(json!({ "keys": [one.jwk()], "padding": "x".repeat(300_000) })),
    ] {
        issuer.keys_are(answer.clone());
        is_refused(&issuer, &format!("{answer:.40?}")).await;
    }
    issuer.publishes(&[&one]);
    let clocked = Clocked { verifier: issuer.verifier(), issuer };
    assert_eq!(clocked.after(0, &one).await, Ok(()));
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_given_up() {
    let one = Signer::p256("one");
    let clocked = Clocked::new(&[&one]).await;
    clocked.issuer.keys_are(Answer::Never);
    let begun = std::time::Instant::now();
    assert_eq!(clocked.after(0, &one).await, Err(Refused::Unavailable));
    assert!(begun.elapsed().as_millis() < 5_000);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let verifier = Verifier::new(OidcSettings::new(nobody, ["countersign"])).unwrap();
    let token = one.token(&clocked.issuer.claims(START, &json!({})));
    let now = Timestamp::from_second(START).unwrap();
    assert_eq!(verifier.verify(&token, now).await, Err(Refused::Unavailable));
}

#[tokio::test]
async fn whoever_hangs_up_does_not_stop_the_others_from_getting_in() {
    let one = Signer::p256("one");
    let clocked = Clocked::new(&[&one]).await;
    // Asked once, and gone before there is an answer.
    let first = futures_util::FutureExt::now_or_never(clocked.after(0, &one));
    assert_eq!(first, None);
    assert_eq!(clocked.after(0, &one).await, Ok(()));
    assert_eq!(clocked.rounds(), 1);
}
