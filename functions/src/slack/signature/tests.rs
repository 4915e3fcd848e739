use axum::http::HeaderValue;

use super::*;

const NOW: i64 = 1_800_000_000;
const BODY: &[u8] = b"token=x&team_id=T0ACME&text=%C3%A4+b";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn signature(secret: &str, time: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update("v0:").chain_update(time).chain_update(":").chain_update(body);
    let digits = mac.finalize().into_bytes();
    digits.iter().fold("v0=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// Names and values.
type Headers<'a> = Vec<(&'static str, &'a [u8])>;

fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
    let value = |bytes| HeaderValue::from_bytes(bytes).unwrap();
    pairs.iter().map(|(name, bytes)| (HeaderName::from_static(name), value(bytes))).collect()
}

/// The headers of a request that was signed at this time.
fn signed(time: &str) -> HeaderMap {
    let signature = signature("old", time, BODY);
    let (time, signature) = (time.as_bytes(), signature.as_bytes());
    headers(&[("x-slack-request-timestamp", time), ("x-slack-signature", signature)])
}

#[test]
fn the_example_of_slack_s_own_page_is_believed() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
        &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
        &command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands\
        %2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let headers = headers(&[
        ("x-slack-request-timestamp", b"1531420618"),
        (
            "x-slack-signature",
            b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        ),
    ]);
    let now = Timestamp::from_second(1_531_420_700).unwrap();
    let secrets = [secret("8f742231b10e8888abcd99yyyzzz85a5")];
    assert_eq!(verify(&headers, body.as_bytes(), &secrets, now), Ok(()));
}

#[test]
fn while_one_secret_takes_the_other_s_place_both_are_good() {
    let headers = signed("1800000000");
    for secrets in [["old", "new"], ["new", "old"]] {
        assert_eq!(verify(&headers, BODY, &secrets.map(secret), now()), Ok(()));
    }
    assert_eq!(verify(&headers, BODY, &[secret("new")], now()), Err(Forged::Signature));
}

#[test]
fn five_minutes_are_let_pass_either_way_and_no_second_more() {
    for (time, expected) in [
        ("1799999700", Ok(())),
        ("1800000300", Ok(())),
        ("1799999699", Err(Forged::Stale)),
        ("1800000301", Err(Forged::Stale)),
        ("0", Err(Forged::Stale)),
        ("999999999999", Err(Forged::Stale)),
    ] {
        assert_eq!(verify(&signed(time), BODY, &[secret("old")], now()), expected, "{time}");
    }
}

#[test]
fn a_body_that_is_no_text_is_believed_if_it_is_what_was_signed() {
    let body = [0, 159, 146, 150, 255];
    let good = signature("old", "1800000000", &body);
    let headers = headers(&[
        ("x-slack-request-timestamp", b"1800000000"),
        ("x-slack-signature", good.as_bytes()),
    ]);
    assert_eq!(verify(&headers, &body, &[secret("old")], now()), Ok(()));
}

/// Each is a request that Slack did not send.
#[test]
fn whatever_is_wrong_with_a_request_it_is_not_believed() {
    const TIME: &str = "1800000000";
    let good = signature("old", TIME, BODY);
    let digits = good.trim_start_matches("v0=").to_owned();
    let other = |secret: &str, time: &str, body: &[u8]| signature(secret, time, body).into_bytes();
    let mut last_changed = good.clone().into_bytes();
    let last = last_changed.last_mut().unwrap();
    *last = if *last == b'0' { b'1' } else { b'0' };
    let mut first_changed = good.clone().into_bytes();
    first_changed[3] = if first_changed[3] == b'0' { b'1' } else { b'0' };

    let signatures: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("only the version", b"v0=".to_vec()),
        ("no version", digits.clone().into_bytes()),
        ("another version", format!("v1={digits}").into_bytes()),
        ("the version in capitals", format!("V0={digits}").into_bytes()),
        ("no equals sign", format!("v0{digits}").into_bytes()),
        ("a colon", format!("v0:{digits}").into_bytes()),
        ("a space after the version", format!("v0= {digits}").into_bytes()),
        ("a space before", format!(" {good}").into_bytes()),
        ("a space after", format!("{good} ").into_bytes()),
        ("a line break's tab after", format!("{good}\t").into_bytes()),
        ("in capitals", format!("v0={}", digits.to_uppercase()).into_bytes()),
        ("one digit short", format!("v0={}", &digits[..63]).into_bytes()),
        ("one digit more", format!("v0={digits}0").into_bytes()),
        ("a byte more", format!("v0={digits}00").into_bytes()),
        ("half", format!("v0={}", &digits[..32]).into_bytes()),
        ("no digit of sixteen", format!("v0=g{}", &digits[1..]).into_bytes()),
        ("a sign before the digits", format!("v0=+{}", &digits[1..]).into_bytes()),
        ("two, joined by a gateway", format!("{good},{good}").into_bytes()),
        ("a good one after a bad one", format!("v0={},{good}", "0".repeat(64)).into_bytes()),
        ("zeros", format!("v0={}", "0".repeat(64)).into_bytes()),
        ("its last digit changed", last_changed),
        ("its first digit changed", first_changed),
        ("not ASCII", [good.as_bytes(), b"\xff"].concat()),
        ("with another secret", other("older", TIME, BODY)),
        ("with no secret", other("", TIME, BODY)),
        ("with the secret in capitals", other("OLD", TIME, BODY)),
        ("with a line break after the secret", other("old\n", TIME, BODY)),
        ("of another time", other("old", "1800000001", BODY)),
        ("of the time written otherwise", other("old", "01800000000", BODY)),
        ("of another body", other("old", TIME, b"token=y")),
        ("of no body", other("old", TIME, b"")),
        ("of the body decoded", other("old", TIME, "token=x&team_id=T0ACME&text=ä b".as_bytes())),
        ("of the body with a line break", other("old", TIME, &[BODY, b"\n"].concat())),
        ("of the body without its last byte", other("old", TIME, &BODY[..BODY.len() - 1])),
    ];
    for (what, signature) in &signatures {
        let headers = headers(&[
            ("x-slack-request-timestamp", TIME.as_bytes()),
            ("x-slack-signature", signature),
        ]);
        assert!(verify(&headers, BODY, &[secret("old")], now()).is_err(), "{what}");
    }

    // The time is part of what is signed, so these are signed as they are.
    let times: [&str; 14] = [
        "",
        " ",
        "now",
        "-1800000000",
        "+1800000000",
        "1800000000.0",
        "1800000000 ",
        " 1800000000",
        "1800000000000",
        "1_800_000_000",
        "0x6b49d200",
        "18e8",
        "1800000000,1800000000",
        "99999999999999999999",
    ];
    for time in times {
        let headers = signed(time);
        assert!(verify(&headers, BODY, &[secret("old")], now()).is_err(), "time {time:?}");
    }

    let (time, sign) = ("x-slack-request-timestamp", "x-slack-signature");
    let (t, s) = (TIME.as_bytes(), good.as_bytes());
    let sets: [(&str, Headers<'_>); 8] = [
        ("no headers", vec![]),
        ("no time", vec![(sign, s)]),
        ("no signature", vec![(time, t)]),
        ("the time twice", vec![(time, t), (time, t), (sign, s)]),
        ("the signature twice", vec![(time, t), (sign, s), (sign, s)]),
        ("a bad signature before the good one", vec![(time, t), (sign, b"v0=0"), (sign, s)]),
        ("a bad signature after the good one", vec![(time, t), (sign, s), (sign, b"v0=0")]),
        ("the old headers", vec![("x-slack-timestamp", t), ("x-slack-sign", s)]),
    ];
    for (what, set) in &sets {
        assert!(verify(&headers(set), BODY, &[secret("old")], now()).is_err(), "{what}");
    }

    let (empty, none): (&[Secret], &[Secret]) = (&[secret("")], &[]);
    for (what, secrets) in [("an empty secret", empty), ("no secret", none)] {
        for key in ["old", ""] {
            let signature = signature(key, TIME, BODY);
            let set = headers(&[(time, t), (sign, signature.as_bytes())]);
            assert!(verify(&set, BODY, secrets, now()).is_err(), "{what}");
        }
    }
    assert!(signatures.len() + times.len() + sets.len() >= 40);
}
