//! `GET /v1/audit`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{AuditFilter, EntryView, ListPage};

use super::ApiState;
use super::caller::Known;
use super::input::Query;
use super::openapi::EntrySchema;
use super::operation::Operation;
use super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::get("/v1/audit", "list_audit", handle)
        .says(
            "The audit chains, entry by entry.",
            "Administrators and auditors. Each run has a chain, and so has each user, for what \
             happened outside of any run: refused input, changes of users and tokens. Without \
             `run` and `user`: the runs' chains, newest run first, then the users'; within a chain \
             the entries come in order, as they are hashed.",
        )
        .query::<AuditFilter>()
        .answers::<ListPage<EntrySchema>>(StatusCode::OK, "Some of them.")
        .problem(&["auditors_only", "out_of_scope", "no_such_run"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Query(filter): Query<AuditFilter>,
) -> Result<Json<ListPage<EntryView>>, Refusal> {
    Ok(Json(state.desk.audit(&caller, &filter).await?))
}
