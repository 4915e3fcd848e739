//! What is taken of a token, and what is not: one time, one issuer, one thing wrong.

use countersign::desk::Problem;
use countersign::model::Timestamp;
use countersign_functions::oidc::{OidcSettings, Refused, Verifier};
use ring::hmac;
use serde_json::{Value, json};

use super::issuer::{AUDIENCE, Issuer};
use super::signer::{Signer, encode};

/// The time of all these tests.
const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

async fn outcome(issuer: &Issuer, token: &str) -> Result<String, Refused> {
    let identity = issuer.verifier().verify(token, now()).await;
    identity.map(|identity| identity.user.to_string())
}

fn claim(name: &str) -> Refused {
    Refused::Claim(name.to_owned())
}

#[tokio::test]
async fn each_kind_of_key_signs_in_its_own_way() {
    let (p256, ed, rsa) = (Signer::p256("p"), Signer::ed25519("e"), Signer::rsa("r"));
    let issuer = Issuer::new(&[&p256, &ed, &rsa]).await;
    let (verifier, claims) = (issuer.verifier(), issuer.claims(NOW, &json!({})));
    let ways =
        [(&p256, "ES256"), (&ed, "EdDSA"), (&ed, "Ed25519"), (&rsa, "RS256"), (&rsa, "PS256")];
    for (signer, alg) in ways {
        let token = signer.token_with(&json!({ "alg": alg }), &claims);
        let identity = verifier.verify(&token, now()).await.unwrap();
        assert_eq!(identity.user.as_str(), "ada@acme.test", "{alg}");
        assert_eq!((identity.issuer, identity.subject), (issuer.name.clone(), "00u1".to_owned()));
    }
    // A key of one kind, named in a token of another.
    for (signer, alg) in [(&p256, "EdDSA"), (&p256, "RS256"), (&ed, "ES256"), (&rsa, "EdDSA")] {
        let token = signer.token_with(&json!({ "alg": alg }), &claims);
        assert_eq!(verifier.verify(&token, now()).await, Err(Refused::Algorithm), "{alg}");
    }
    assert_eq!(issuer.asked(), (1, 1));
}

#[tokio::test]
async fn a_key_is_good_for_what_the_issuer_made_it_for() {
    let rsa = Signer::rsa("r");
    let issuer = Issuer::new(&[]).await;
    let token = rsa.token(&issuer.claims(NOW, &json!({})));
    let pinned = [
        (json!({ "alg": "RS256" }), Ok("ada@acme.test".to_owned())),
        (json!({ "alg": "PS256" }), Err(Refused::Algorithm)),
        (json!({ "alg": "RS512" }), Err(Refused::UnknownKey)),
        (json!({ "use": "enc" }), Err(Refused::UnknownKey)),
        (json!({ "use": null, "key_ops": ["verify"] }), Ok("ada@acme.test".to_owned())),
        (json!({ "key_ops": ["encrypt"] }), Err(Refused::UnknownKey)),
    ];
    for (differs, expected) in pinned {
        let mut key = rsa.jwk();
        super::merge(&mut key, &differs);
        issuer.publishes_json(&json!({ "keys": [{ "kty": "?" }, 5, key] }));
        assert_eq!(outcome(&issuer, &token).await, expected, "{differs}");
    }
}

#[tokio::test]
async fn a_token_that_anybody_could_have_made_is_refused_without_asking_the_issuer() {
    let signer = Signer::p256("one");
    let issuer = Issuer::new(&[&signer]).await;
    let claims = issuer.claims(NOW, &json!({}));
    let unsigned = |alg: &str| {
        let header = json!({ "alg": alg, "kid": "one" }).to_string();
        format!("{}.{}.", encode(header), encode(claims.to_string()))
    };
    for alg in ["none", "None", "NONE", "", "nOnE"] {
        assert_eq!(outcome(&issuer, &unsigned(alg)).await, Err(Refused::Algorithm), "{alg}");
    }
    // What everybody may know, the public key, in the place of a shared secret.
    let public = signer.jwk().to_string();
    for alg in ["HS256", "HS384", "HS512"] {
        let token = unsigned(alg);
        let message = token.trim_end_matches('.');
        let key = hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes());
        let token = format!("{message}.{}", encode(hmac::sign(&key, message.as_bytes())));
        assert_eq!(outcome(&issuer, &token).await, Err(Refused::Algorithm), "{alg}");
    }
    assert_eq!(issuer.asked(), (0, 0));
}

#[tokio::test]
async fn headers_that_ask_for_more_are_refused_and_keys_in_them_never_used() {
    let (signer, thief) = (Signer::p256("one"), Signer::p256("one"));
    let issuer = Issuer::new(&[&signer]).await;
    let claims = issuer.claims(NOW, &json!({}));
    for (header, expected) in [
        (json!({ "crit": ["exp"] }), Refused::Critical),
        (json!({ "crit": [], "b64": false }), Refused::Critical),
        (json!({ "typ": "logout+jwt" }), Refused::Kind),
        (json!({ "typ": "dpop+jwt" }), Refused::Kind),
        (json!({ "typ": 5 }), Refused::Kind),
        (json!({ "kid": 5 }), Refused::Malformed("its `kid` is no text")),
        (json!({ "kid": "two" }), Refused::UnknownKey),
    ] {
        let token = signer.token_with(&header, &claims);
        assert_eq!(outcome(&issuer, &token).await, Err(expected), "{header}");
    }
    for header in [
        json!({ "typ": null }),
        json!({ "typ": "at+JWT" }),
        json!({ "typ": "application/jwt" }),
        json!({ "kid": null }),
    ] {
        let token = signer.token_with(&header, &claims);
        assert_eq!(outcome(&issuer, &token).await.unwrap(), "ada@acme.test", "{header}");
    }
    let own = json!({ "jwk": thief.jwk(), "jku": "http://127.0.0.1:1/", "x5c": ["MIIB"] });
    let token = thief.token_with(&own, &claims);
    assert_eq!(outcome(&issuer, &token).await, Err(Refused::Signature));
}

#[tokio::test]
async fn without_a_kid_the_key_has_to_be_the_only_one() {
    let (one, two, rsa) = (Signer::p256("one"), Signer::p256("two"), Signer::rsa("r"));
    let issuer = Issuer::new(&[&one, &rsa]).await;
    let token = one.token_with(&json!({ "kid": null }), &issuer.claims(NOW, &json!({})));
    assert_eq!(outcome(&issuer, &token).await.unwrap(), "ada@acme.test");
    issuer.publishes(&[&one, &two]);
    assert_eq!(outcome(&issuer, &token).await, Err(Refused::NoKey));
}

#[tokio::test]
async fn what_was_changed_after_it_was_signed_is_refused() {
    let signer = Signer::p256("one");
    let issuer = Issuer::new(&[&signer]).await;
    let token = signer.token(&issuer.claims(NOW, &json!({})));
    let parts: Vec<_> = token.split('.').collect();
    let other = issuer.claims(NOW, &json!({ "email": "root@acme.test" }));
    let changed = format!("{}.{}.{}", parts[0], encode(other.to_string()), parts[2]);
    assert_eq!(outcome(&issuer, &changed).await, Err(Refused::Signature));
    let cut = format!("{}.{}.", parts[0], parts[1]);
    assert_eq!(outcome(&issuer, &cut).await, Err(Refused::Signature));
    // All zeros fit any message where nobody checks (CVE-2022-21449).
    let zeros = format!("{}.{}.{}", parts[0], parts[1], encode([0; 64]));
    assert_eq!(outcome(&issuer, &zeros).await, Err(Refused::Signature));
}

#[tokio::test]
async fn garbage_is_refused_without_asking_the_issuer() {
    let signer = Signer::p256("one");
    let issuer = Issuer::new(&[&signer]).await;
    let verifier = issuer.verifier();
    let token = signer.token(&issuer.claims(NOW, &json!({})));
    let long = signer.token(&issuer.claims(NOW, &json!({ "groups": "x".repeat(16_000) })));
    assert_eq!(verifier.verify(&long, now()).await, Err(Refused::TooLong));
    let deep = format!("{}.e30.AA", encode("[".repeat(10_000)));
    let garbage = [
        "",
        ".",
        "..",
        "...",
        "x",
        "sk_live",
        "a.b.c",
        "e30.e30.e30.e30",
        "e30..",
        "\u{e9}.\u{e9}.",
        &deep,
        &format!("{token}="),
        &format!("{token}.x"),
        &format!("x{token}"),
        &format!(" {token}"),
        // Five parts: it is encrypted.
        "eyJhbGciOiJSU0EtT0FFUCJ9.AA.AA.AA.AA",
    ];
    for token in garbage {
        let refused = verifier.verify(token, now()).await.unwrap_err();
        assert!(
            matches!(refused, Refused::Malformed(_) | Refused::Algorithm),
            "{token}: {refused}"
        );
        let problem = Problem::from(refused);
        assert_eq!((problem.status, problem.code.as_str()), (401, "token_invalid"));
        assert!(problem.hint.is_some());
    }
    assert_eq!(issuer.asked(), (0, 0));
    // Well signed, and still no claims.
    for claims in ["", "[]", "5", "{", "null", "\u{feff}{}"] {
        let token = signer.raw(r#"{"alg":"ES256","kid":"one"}"#, claims, false);
        let refused = verifier.verify(&token, now()).await;
        assert!(matches!(refused, Err(Refused::Malformed(_))), "{claims}: {refused:?}");
    }
}

/// What becomes of a well signed token whose claims differ like this.
async fn table(rows: Vec<(Value, Result<&str, Refused>)>) {
    let signer = Signer::p256("one");
    let issuer = Issuer::new(&[&signer]).await;
    let settings = OidcSettings::new(&issuer.name, [AUDIENCE, "countersign-cli"]);
    let verifier = Verifier::new(settings).unwrap();
    for (differs, expected) in rows {
        let token = signer.token(&issuer.claims(NOW, &differs));
        let found = verifier.verify(&token, now()).await.map(|it| it.user.to_string());
        assert_eq!(found, expected.map(str::to_owned), "{differs}");
    }
    assert_eq!(issuer.asked(), (1, 1));
}

#[tokio::test]
async fn a_token_is_good_in_its_time_give_or_take_a_minute() {
    const ADA: Result<&str, Refused> = Ok("ada@acme.test");
    table(vec![
        (json!({}), ADA),
        (json!({ "exp": NOW - 59 }), ADA),
        (json!({ "exp": NOW - 60 }), Err(Refused::Expired)),
        (json!({ "exp": 0 }), Err(Refused::Expired)),
        (json!({ "exp": -1e300 }), Err(Refused::Expired)),
        (json!({ "exp": 1_799_999_940.5 }), ADA),
        (json!({ "exp": null }), Err(claim("exp"))),
        (json!({ "exp": "1900000000" }), Err(claim("exp"))),
        (json!({ "exp": [NOW + 100] }), Err(claim("exp"))),
        (json!({ "nbf": NOW + 60 }), ADA),
        (json!({ "nbf": NOW + 61 }), Err(Refused::TooEarly)),
        (json!({ "nbf": "soon" }), Err(claim("nbf"))),
        (json!({ "iat": NOW + 60 }), ADA),
        (json!({ "iat": NOW + 61 }), Err(Refused::TooEarly)),
        (json!({ "iat": 1e300 }), Err(Refused::TooEarly)),
        (json!({ "iat": null, "nbf": null }), ADA),
    ])
    .await;
}

#[tokio::test]
async fn a_token_is_good_from_its_issuer_to_its_audience() {
    const ADA: Result<&str, Refused> = Ok("ada@acme.test");
    table(vec![
        (json!({ "iss": null }), Err(Refused::Issuer)),
        (json!({ "iss": "https://evil.test" }), Err(Refused::Issuer)),
        (json!({ "iss": ["https://evil.test"] }), Err(Refused::Issuer)),
        (json!({ "aud": null }), Err(Refused::Audience)),
        (json!({ "aud": "another" }), Err(Refused::Audience)),
        (json!({ "aud": "Countersign" }), Err(Refused::Audience)),
        (json!({ "aud": [] }), Err(Refused::Audience)),
        (json!({ "aud": [["countersign"]] }), Err(Refused::Audience)),
        (json!({ "aud": ["countersign"] }), ADA),
        (json!({ "aud": "countersign-cli" }), ADA),
        (json!({ "aud": "countersign", "azp": "another" }), ADA),
        (json!({ "aud": ["countersign", "another"] }), Err(Refused::Party)),
        (json!({ "aud": ["another", "countersign"], "azp": "another" }), Err(Refused::Party)),
        (json!({ "aud": ["countersign", "another"], "azp": "countersign-cli" }), ADA),
        (json!({ "sub": null }), Err(claim("sub"))),
        (json!({ "sub": "" }), Err(claim("sub"))),
        (json!({ "sub": "a\nb" }), Err(claim("sub"))),
        (json!({ "sub": "x".repeat(256) }), Err(claim("sub"))),
    ])
    .await;
}

#[tokio::test]
async fn a_token_names_a_person_by_a_mail_address_that_the_issuer_knows_to_be_theirs() {
    const ADA: Result<&str, Refused> = Ok("ada@acme.test");
    table(vec![
        (json!({ "email": "ADA@acme.TEST" }), ADA),
        (json!({ "email": null }), Err(claim("email"))),
        (json!({ "email": ["ada@acme.test"] }), Err(claim("email"))),
        (json!({ "email": "" }), Err(claim("email"))),
        (json!({ "email": "ada" }), Err(claim("email"))),
        (json!({ "email": " ada@acme.test" }), Err(claim("email"))),
        (json!({ "email": "ada@acme.test, root@acme.test" }), Err(claim("email"))),
        (json!({ "email": "bot:ci" }), Err(claim("email"))),
        // The sign for kelvin is a `k` in lowercase, and somebody else's.
        (json!({ "email": "\u{212a}im@acme.test" }), Err(claim("email"))),
        (json!({ "email_verified": true }), ADA),
        (json!({ "email_verified": "true" }), ADA),
        (json!({ "email_verified": false }), Err(Refused::Unverified)),
        (json!({ "email_verified": "false" }), Err(Refused::Unverified)),
        (json!({ "email_verified": 1 }), Err(Refused::Unverified)),
    ])
    .await;
}

#[tokio::test]
async fn another_claim_may_hold_the_mail_address() {
    let signer = Signer::p256("one");
    let issuer = Issuer::new(&[&signer]).await;
    let settings = OidcSettings { email_claim: "upn".into(), ..issuer.settings() };
    let verifier = Verifier::new(settings).unwrap();
    let token = signer.token(&issuer.claims(NOW, &json!({ "upn": "bo@acme.test" })));
    assert_eq!(verifier.verify(&token, now()).await.unwrap().user.as_str(), "bo@acme.test");
    let without = signer.token(&issuer.claims(NOW, &json!({})));
    assert_eq!(verifier.verify(&without, now()).await, Err(claim("upn")));
}
