//! Tokens for service apps.

use std::collections::BTreeMap;

use axum::Form;
use axum::Json;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::key;
use super::routes::{Shared, now};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `POST /oauth2/v1/token`.
pub(super) async fn token(
    Held(state): Held<Shared>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let part = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if part("grant_type") != "client_credentials" {
        return refused(400, "unsupported_grant_type");
    }
    if part("client_assertion_type") != KIND {
        return refused(401, "invalid_client");
    }
    let Some(claims) = key::verified(part("client_assertion")) else {
        return refused(401, "invalid_client");
    };
    let mut state = state.lock().unwrap();
    let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let (client, id, end) = (text("iss"), text("jti"), claims["exp"].as_i64().unwrap_or(0));
    let is_good = text("sub") == client
        && text("aud") == format!("{}/oauth2/v1/token", state.url)
        && end > now()
        && end <= now() + 3600
        && !id.is_empty()
        && !state.used.contains(&id);
    let granted = state.apps.get(&client).cloned();
    let (true, Some(granted)) = (is_good, granted) else { return refused(401, "invalid_client") };
    state.used.insert(id);
    let asked: std::collections::BTreeSet<_> =
        part("scope").split(' ').map(str::to_owned).collect();
    if part("scope").is_empty() || !asked.is_subset(&granted) {
        return refused(400, "invalid_scope");
    }
    let pass = format!("eyJ.{}.{}", URL_SAFE_NO_PAD.encode(&client), state.id("pas"));
    let scope = part("scope");
    let answer = json!({
        "token_type": "Bearer", "expires_in": 3600, "access_token": pass, "scope": scope,
    });
    state.passes.insert(pass, asked);
    Json(answer).into_response()
}

fn refused(status: u16, error: &str) -> Response {
    let body: Value = json!({ "error": error, "error_description": "as Okta would say" });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
