//! `POST /v1/runs/{id}/extend`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign::desk::RunView;
use countersign::model::{Duration, RunId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::headers::Wish;
use super::super::input::{MaybeJson, Path};
use super::super::operation::Operation;
use super::super::refusal::Refusal;
use super::super::reply::{Recorded, reply};

/// For how much longer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Longer {
    /// How much longer; left out: as long as was asked for.
    duration: Option<Duration>,
    /// Why; left out: for the reason that was given.
    reason: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/v1/runs/{id}/extend", "extend", handle)
        .says(
            "Asks to keep access for longer.",
            "A request of its own, decided like any other: the answer is about the new run, whose \
             `parent` is the old one. Its time begins where the other's ends.",
        )
        .names::<RunId>("id", "The run whose access is to last.")
        .maybe_body::<Longer>()
        .command()
        .answers::<RunView>(StatusCode::CREATED, "With `Prefer: wait`: the new run, at rest.")
        .answers::<Recorded>(StatusCode::ACCEPTED, "Recorded; it will be handled.")
        .problem(&["invalid_path", "no_such_run", "out_of_scope", "not_yours"])
        .problem(&["not_active", "too_many_extensions", "hook_failed", "unavailable"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<RunId>,
    wish: Wish,
    MaybeJson(body): MaybeJson<Longer>,
) -> Result<Response, Refusal> {
    let Longer { duration, reason } = body;
    let key = wish.key.as_deref();
    let accepted = state.desk.extend(&caller, &id, duration, reason.trim(), key).await?;
    reply(&state, &caller, &accepted, &wish, true).await
}
