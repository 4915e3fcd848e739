//! `POST /v1/grants/revoke`

use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{Accepted, DecisionBody, ListPage, Problem};
use countersign::model::UserId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::Json;
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// Whose access is to end.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Whose {
    /// All access of this user.
    user: Option<UserId>,
    /// All access of everybody; instead of `user`.
    #[serde(default)]
    all: bool,
    /// Why.
    #[serde(default)]
    message: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/v1/grants/revoke", "revoke_grants", handle)
        .says(
            "Ends all access of somebody, or of everybody.",
            "Administrators. One command for each run that holds access; repeated, it ends what is left.",
        )
        .body::<Whose>()
        .answers::<ListPage<Accepted>>(StatusCode::ACCEPTED, "The commands that were recorded.")
        .problem(&["admins_only"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Json(Whose { user, all, message }): Json<Whose>,
) -> Result<(StatusCode, axum::Json<ListPage<Accepted>>), Refusal> {
    if user.is_some() == all {
        let hint = "name a `user`, or say `\"all\": true`, and not both";
        let problem = Problem::field("user", "it is not clear whose access is to end", hint);
        return Err(Refusal::malformed(problem));
    }
    let message = DecisionBody { message, shown: None }.checked().map_err(Refusal::malformed)?;
    let items = state.desk.end_all(&caller, user.as_ref(), message.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(ListPage { items, next: None })))
}
