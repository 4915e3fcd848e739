//! Who is let in.

use countersign_tests::http::Call;
use countersign_tests::issuer::Issuer;
use serde_json::{Value, json};

use crate::place::{Place, wish};

pub(crate) async fn tell(place: &Place) {
    let nobody = place.call(&Call::get("/v1/runs", "")).await;
    assert_eq!((nobody.status, nobody.text("code")), (401, "unauthenticated".to_owned()));
    let by_header = place.call(&Call::get("/v1/runs", "root@acme.test")).await;
    assert_eq!((by_header.status, by_header.text("code")), (403, "local_only".to_owned()));

    let ours = &place.deployment.issuer;
    let with = |name: &str, value: Value| {
        let mut claims = ours.claims("ada@acme.test");
        claims[name] = value;
        ours.sign(&claims)
    };
    let theirs = Issuer::start().unwrap();
    let (header, rest) = ours.token("ada@acme.test").split_once('.').map(owned).unwrap();
    let bad = [
        ("token_invalid", "nonsense".to_owned()),
        ("token_invalid", format!("{header}.{}", rest.replacen("ey", "eyJ", 1))),
        ("token_invalid", theirs.token("ada@acme.test")),
        ("token_invalid", theirs.sign(&ours.claims("ada@acme.test"))),
        ("token_invalid", with("aud", json!("somebody-else"))),
        ("token_invalid", with("email_verified", json!(false))),
        ("token_expired", with("exp", json!(1_700_000_000))),
        ("token_invalid", "csn_nonsense".to_owned()),
    ];
    for (code, token) in bad {
        let refused = place.bearer(token.clone()).get("/v1/runs").await;
        assert_eq!(refused.status, 401, "{token}: {refused:?}");
        // Our own tokens are refused in words of their own.
        if !token.starts_with("csn_") {
            assert_eq!(refused.text("code"), code, "{token}: {refused:?}");
        }
        assert!(!refused.body.contains(&token), "{refused:?}");
    }
    // Whom the issuer knows and whose domain is not ours is a guest, and asks for nothing.
    let mut guest = place.person("mallory@elsewhere.test");
    assert_eq!(guest.get("/v1/me").await.json()["user"]["role"], "guest");
    let refused = guest.post("/v1/runs", &wish("prod-database", "1h")).await;
    assert_eq!(refused.status, 403, "{refused:?}");

    let known = place.person("ada@acme.test").get("/v1/runs").await;
    assert_eq!(known.status, 200, "{known:?}");
    let health = place.call(&Call::get("/healthz", "")).await;
    assert_eq!(health.status, 200, "{health:?}");
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}
