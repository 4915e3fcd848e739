//! `POST /v1/runs/{id}/approve`

use axum::extract::State;
use axum::response::Response;
use countersign::desk::DecisionBody;
use countersign::engine::CommandKind;
use countersign::model::RunId;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::headers::Wish;
use super::super::input::{MaybeJson, Path};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::post("/v1/runs/{id}/approve", "approve", handle)
        .says("Says yes.", "Whoever may decide, and a bot never does. It holds for exactly what was shown: name the run's `binding` in `shown`, and a request that changed meanwhile is not approved by mistake.")
        .maybe_body::<DecisionBody>()
        .of_run()
        .problem(&["not_an_approver", "self_approval", "bots_never_decide", "already_decided", "already_approved", "changed", "ignored", "not_begun", "not_distinct", "too_late"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<RunId>,
    wish: Wish,
    MaybeJson(body): MaybeJson<DecisionBody>,
) -> Result<Response, Refusal> {
    let shown = body.shown.clone();
    let message = body.checked().map_err(Refusal::malformed)?;
    super::command(&state, &caller, &id, CommandKind::Approve { message, shown }, &wish).await
}
