//! Signatures by the examples of the RFCs, and settings.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::jws::Jws;
use super::key::Key;
use super::{InvalidOidc, OidcSettings, Verifier};

/// A key that somebody else made, and a message that somebody else signed with it.
#[track_caller]
fn example(jwk: &serde_json::Value, token: &str) {
    let key = Key::of(jwk).unwrap();
    assert!(Jws::parse(token).unwrap().is_signed_by(&key));
    let (header, rest) = token.split_once('.').unwrap();
    let changed = format!("{header}.e30.{}", rest.split_once('.').unwrap().1);
    assert!(!Jws::parse(&changed).unwrap().is_signed_by(&key));
}

#[test]
fn the_example_of_rfc_7515_a_2_is_signed_by_its_rsa_key() {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz\
        P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpa\
        SHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT\
        6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let token = "eyJhbGciOiJSUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W\
        2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS\
        jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv\
        Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    example(&json!({ "kty": "RSA", "n": n, "e": "AQAB" }), token);
    // A zero before the number, as some write it.
    let zero = [vec![0], URL_SAFE_NO_PAD.decode(n).unwrap()].concat();
    example(&json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(zero), "e": "AQAB" }), token);
}

#[test]
fn the_example_of_rfc_7515_a_3_is_signed_by_its_key_on_p_256() {
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let token = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    example(&key, token);
}

#[test]
fn the_example_of_rfc_8037_a_4_is_signed_by_its_key_on_ed25519() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    example(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x }), token);
}

#[test]
fn a_key_that_cannot_be_used_is_none() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    for jwk in [
        json!({}),
        json!("key"),
        json!({ "kty": "oct", "k": x }),
        json!({ "kty": "oct", "alg": "HS256", "k": x }),
        json!({ "kty": "OKP", "crv": "X25519", "x": x }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qY" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": format!("{x}=") }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "alg": "none" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "use": "enc" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "use": 5 }),
        json!({ "kty": "EC", "crv": "P-256", "x": x }),
        json!({ "kty": "EC", "crv": "P-384", "x": x, "y": x }),
        json!({ "kty": "RSA", "n": "AAAA", "e": "AQAB" }),
    ] {
        assert!(Key::of(&jwk).is_none(), "{jwk}");
    }
}

#[test]
fn settings_that_would_let_anybody_in_are_refused() {
    let why = |issuer: &str, audiences: &[&str]| {
        Verifier::new(OidcSettings::new(issuer, audiences.iter().copied())).err()
    };
    let issuer = "https://id.acme.test/";
    assert_eq!(why(issuer, &["a"]), None);
    assert_eq!(why("http://127.0.0.1:9/x", &["a"]), None);
    assert_eq!(why("http://[::1]:9", &["a"]), None);
    assert_eq!(why(issuer, &[]), Some(InvalidOidc::NoAudience));
    assert_eq!(why(issuer, &["a", ""]), Some(InvalidOidc::NoAudience));
    for bad in [
        "",
        "id.acme.test",
        "http://id.acme.test",
        "http://127.0.0.1.evil.test",
        "ftp://127.0.0.1",
        "https://user:secret@id.acme.test",
        "https://id.acme.test?tenant=1",
        "https://id.acme.test#x",
    ] {
        assert!(matches!(why(bad, &["a"]), Some(InvalidOidc::Issuer(..))), "{bad}");
    }
    let settings = OidcSettings { email_claim: String::new(), ..OidcSettings::new(issuer, ["a"]) };
    assert_eq!(Verifier::new(settings).err(), Some(InvalidOidc::NoClaim));
}

#[test]
fn the_environment_names_the_issuer() {
    let vars = |all: &'static [(&str, &str)]| {
        OidcSettings::from_vars(|name| {
            all.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        })
    };
    assert_eq!(vars(&[]), None);
    assert_eq!(vars(&[("COUNTERSIGN_OIDC_ISSUER", " ")]), None);
    let all = vars(&[
        ("COUNTERSIGN_OIDC_ISSUER", "https://id.acme.test"),
        ("COUNTERSIGN_OIDC_AUDIENCE", "one, two,"),
    ]);
    assert_eq!(all, Some(OidcSettings::new("https://id.acme.test", ["one", "two"])));
    let claimed = vars(&[
        ("COUNTERSIGN_OIDC_ISSUER", "https://id.acme.test"),
        ("COUNTERSIGN_OIDC_EMAIL_CLAIM", "upn"),
    ]);
    let claimed = claimed.unwrap();
    assert_eq!((claimed.email_claim.as_str(), claimed.audiences.len()), ("upn", 0));
}
