//! `POST /v1/tokens`

use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{NewToken, Scope};
use countersign::model::{Duration, UserId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::headers::Wish;
use super::super::input::Json;
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// A token to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The bot that it is to speak for: `bot:` and a name.
    bot: UserId,
    /// What it is to be good for.
    scopes: Vec<Scope>,
    /// For how long; left out: 90 days. A year at the most.
    lifetime: Option<Duration>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/v1/tokens", "create_token", handle)
        .says(
            "Makes a token for a bot.",
            "Administrators. The token is in this answer and nowhere else: the same \
             `Idempotency-Key` makes no second one and does not show the first one again.",
        )
        .body::<Wanted>()
        .keyed()
        .answers::<NewToken>(StatusCode::CREATED, "The token, shown this once.")
        .problem(&["admins_only", "already_shown", "changed_meanwhile"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    wish: Wish,
    Json(Wanted { bot, scopes, lifetime }): Json<Wanted>,
) -> Result<(StatusCode, axum::Json<NewToken>), Refusal> {
    let lifetime = lifetime.unwrap_or(Duration::days(90));
    let key = wish.key.as_deref();
    let token = state.desk.create_token_once(&caller, &bot, scopes, lifetime, key).await?;
    Ok((StatusCode::CREATED, axum::Json(token)))
}
