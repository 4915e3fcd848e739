//! Lambda's `Invoke`, with one function: `grants`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Inner;

pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    let body = json!({ "Type": "User", "Message": message });
    (StatusCode::from_u16(status).unwrap(), [("x-amzn-errortype", code)], body.to_string())
        .into_response()
}

pub(super) fn invoke(inner: &mut Inner, name: &str, body: &[u8]) -> Response {
    if !name.ends_with("grants") {
        return error(404, "ResourceNotFoundException", &format!("Function not found: {name}"));
    }
    let input: Value = serde_json::from_slice(body).unwrap();
    let action = input["action"].as_str().unwrap_or_default().to_owned();
    let who = input["identity"].as_str().unwrap_or_default().to_owned();
    let target = input["target"]["name"].as_str().unwrap_or_default().to_owned();
    inner.invoked.push(input);
    if inner.function_fails {
        let body = json!({ "errorMessage": "no such database", "errorType": "KeyError" });
        return ([("x-amz-function-error", "Unhandled")], body.to_string()).into_response();
    }
    let gone = [who.as_str(), &target].into_iter().find(|it| inner.function_refuses.contains(*it));
    if let Some(gone) = gone.filter(|_| action == "escalate") {
        let errors = [format!("there is no `{gone}`")];
        return json!({ "body": null, "errors": errors }).to_string().into_response();
    }
    if let Some(kept) = &mut inner.function_keeps {
        let body = match action.as_str() {
            "escalate" => json!({ "is_new": kept.insert(who) }),
            "deescalate" => json!({ "was_there": kept.remove(&who) }),
            _ => json!({ "granted": kept.contains(&who) }),
        };
        return json!({ "body": body, "errors": [] }).to_string().into_response();
    }
    match inner.function.get(&action) {
        Some(answer) => answer.to_string().into_response(),
        None => json!({ "body": null, "errors": [] }).to_string().into_response(),
    }
}
