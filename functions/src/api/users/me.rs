//! `GET /v1/me`

use axum::Json;
use axum::http::StatusCode;
use countersign::desk::{Scope, UserView};
use countersign::model::Channel;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::caller::Known;
use super::super::input::{Nothing, Query};
use super::super::operation::Operation;

/// Whoever calls.
#[derive(Debug, Serialize, JsonSchema)]
struct Me {
    /// Who.
    user: UserView,
    /// Through which surface.
    channel: Channel,
    /// For a bot, what its token is good for; `null`: whatever the user may do.
    scopes: Option<Vec<Scope>>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/v1/me", "me", handle)
        .says("Whoever calls.", "")
        .answers::<Me>(StatusCode::OK, "The caller.")
}

async fn handle(Known(caller): Known, Query(Nothing {}): Query<Nothing>) -> Json<Me> {
    Json(Me { user: caller.user, channel: caller.channel, scopes: caller.scopes })
}
