//! What each answer means: a success has one shape, and a refusal is final only where it is sure.

use countersign::flow::HandlerError;
use reqwest::StatusCode;

use crate::strategies::http::answer::{Answer, Tone};

fn read(status: u16, text: &str, tone: Tone) -> Result<Option<serde_json::Value>, HandlerError> {
    let status = StatusCode::from_u16(status).unwrap();
    Answer { status, wait: None, text: text.as_bytes().to_vec() }.outcome(tone)
}

#[test]
fn only_the_agreed_shape_is_a_success() {
    assert_eq!(read(200, r#"{"body": null}"#, Tone::MayBeFinal).unwrap(), None);
    let body = read(200, r#"{"body": {"a": 1}, "errors": []}"#, Tone::MayBeFinal).unwrap();
    assert_eq!(body, Some(serde_json::json!({ "a": 1 })));
    for text in [
        "",
        "ok",
        "null",
        "{}",
        "[]",
        r#"{"errors": []}"#,
        r#"{"body": 1}"#,
        r#"{"body": []}"#,
        r#"{"body": "x"}"#,
        r#"{"body": null, "errors": null}"#,
        r#"{"body": null, "errors": [1]}"#,
        r#"{"body": null, "errors": "x"}"#,
        r#"{"body": null, "ok": true}"#,
        r#"{"body": null} x"#,
        "<html>",
    ] {
        let error = read(200, text, Tone::MayBeFinal).unwrap_err();
        assert_eq!((error.code(), error.is_terminal()), ("Http:WRONG_SHAPE", false), "{text}");
    }
    for status in [201, 202, 204, 206] {
        assert!(read(status, r#"{"body": null}"#, Tone::MayBeFinal).is_err(), "{status}");
    }
}

#[test]
fn errors_are_passed_on() {
    let text = r#"{"body": {"done": true}, "errors": ["no such door", "no such badge"]}"#;
    let error = read(200, text, Tone::MayBeFinal).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("Http:FAILED", "no such door; no such badge")
    );
    let error = read(422, text, Tone::MayBeFinal).unwrap_err();
    assert_eq!((error.code(), error.is_terminal()), ("Http:REFUSED", true));
    assert_eq!(error.to_string(), "no such door; no such badge");
    let long = format!(r#"{{"body": null, "errors": ["{}"]}}"#, "ü".repeat(5_000));
    assert_eq!(read(500, &long, Tone::MayBeFinal).unwrap_err().to_string().chars().count(), 1_000);
}

#[test]
fn a_refusal_is_final_only_for_a_grant_and_only_where_it_is_sure() {
    for (status, is_final) in [
        (301, true),
        (307, true),
        (400, true),
        (401, true),
        (403, true),
        (404, true),
        (405, true),
        (408, false),
        (409, false),
        (410, true),
        (422, true),
        (423, false),
        (425, false),
        (429, false),
        (500, false),
        (502, false),
        (503, false),
        (504, false),
    ] {
        let error = read(status, "", Tone::MayBeFinal).unwrap_err();
        assert_eq!(error.is_terminal(), is_final, "{status}");
        assert!(!read(status, "", Tone::NeverFinal).unwrap_err().is_terminal(), "{status}");
    }
}
