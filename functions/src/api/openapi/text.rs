//! The words of the description that no type carries.

use serde_json::{Value, json};

pub(super) const ABOUT: &str = "Just-in-time access with approvals.\n\n\
    Commands are recorded, answered with 202 at once, and then handled; `Prefer: wait=10` waits \
    until the run rests. Every error is a problem document (RFC 9457) with a stable `code`; \
    `x-problem-codes` lists them all. Unknown fields and parameters are refused. Durations are \
    written `90s`, `30m`, `1h30m`, `2d`; times as in RFC 3339, in UTC. Lists are paged: pass \
    `next` as `cursor` until it is `null`.";

pub(super) const TOKEN: &str = "A bot's token, `csn_..`. A bot may ask, and never decides.";

pub(super) fn sign_in(issuer: &str) -> String {
    format!("A person's token of {issuer}: an ID token, or an access token that is a JWT.")
}

pub(super) const PERSON: &str = "A person's mail address; on the local server only, and only from \
    loopback. `X-Countersign-Source: cli` or `web` names another surface than the API.";

pub(super) fn prefer() -> Value {
    json!({
        "name": "Prefer", "in": "header", "required": false,
        "description": "`wait=10` (RFC 7240): answer once the run rests, or after so many seconds, \
            30 at the most. What cannot be read is ignored.",
        "schema": { "type": "string", "examples": ["wait=10"] },
    })
}

pub(super) fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same key with the same body happens once, and is answered the same. \
            1 to 128 visible ASCII characters, such as a UUID; each caller has keys of their own.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 128 },
    })
}

pub(super) fn headers_of_commands() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "Location": {
            "description": "The new run, or for 202 what tells what became of the command.",
            "schema": text,
        },
        "Preference-Applied": { "description": "`wait=N`, if it was asked for.", "schema": text },
    })
}

/// A parameter is there or not; it is never `null`.
pub(super) fn not_null(mut schema: Value) -> Value {
    let Some(object) = schema.as_object_mut() else { return schema };
    object.remove("default");
    if let Some(kinds) = object.get_mut("type")
        && let Some(list) = kinds.as_array()
    {
        let rest: Vec<_> = list.iter().filter(|kind| *kind != "null").cloned().collect();
        *kinds = if let [only] = rest.as_slice() { only.clone() } else { Value::Array(rest) };
    }
    let others = object.get("anyOf").and_then(Value::as_array).map(|list| {
        list.iter().filter(|it| it.get("type") != Some(&json!("null"))).cloned().collect::<Vec<_>>()
    });
    match others.as_deref() {
        Some([only]) => only.clone(),
        Some(_) | None => schema,
    }
}

/// Descriptions come from the code's own documentation, whose links lead nowhere here.
pub(super) fn without_links(document: &mut Value) {
    match document {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::String(text) if key == "description" && text.contains("[`") => {
                        *text = unlinked(text);
                    }
                    value => without_links(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_links),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn unlinked(text: &str) -> String {
    let link = regex_lite::Regex::new(r"\[(`[^`]*`)\](\([^)]*\))?");
    link.map_or_else(|_| text.to_owned(), |link| link.replace_all(text, "$1").into_owned())
}
