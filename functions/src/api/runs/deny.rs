//! `POST /v1/runs/{id}/deny`

use axum::extract::State;
use axum::response::Response;
use countersign::engine::CommandKind;
use countersign::model::RunId;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::headers::Wish;
use super::super::input::{MaybeJson, Path};
use super::super::operation::Operation;
use super::super::refusal::Refusal;
use super::Remark;

pub(super) fn operation() -> Operation {
    Operation::post("/v1/runs/{id}/deny", "deny", handle)
        .says("Says no.", "Whoever may decide. One no is enough.")
        .maybe_body::<Remark>()
        .of_run()
        .problem(&[
            "not_an_approver",
            "self_denial",
            "bots_never_decide",
            "already_decided",
            "not_begun",
        ])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<RunId>,
    wish: Wish,
    MaybeJson(body): MaybeJson<Remark>,
) -> Result<Response, Refusal> {
    let message = body.checked().map_err(Refusal::malformed)?;
    super::command(&state, &caller, &id, CommandKind::Deny { message }, &wish).await
}
