//! `GET /healthz`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::store::Key;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiState;
use super::operation::Operation;
use super::refusal::Refusal;

/// How things stand.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// `ok`: the store answers.
    status: &'static str,
}

pub(super) fn operation() -> Operation {
    Operation::get("/healthz", "health", handle)
        .says("Whether the store answers.", "For load balancers and monitors.")
        .answers::<Health>(StatusCode::OK, "It does.")
        .open()
}

async fn handle(State(state): State<ApiState>) -> Result<Json<Health>, Refusal> {
    state.desk.runner.store.get(&Key::new("healthz", "#")).await?;
    Ok(Json(Health { status: "ok" }))
}
