//! `GET /v1/runs`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{Filter, ListPage, RunView};

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::Query;
use super::super::operation::Operation;
use super::super::refusal::Refusal;
use super::super::reply::absolute;

pub(super) fn operation() -> Operation {
    Operation::get("/v1/runs", "list_runs", handle)
        .says(
            "Runs, newest first.",
            "Those that the caller may see. A page may hold fewer than `limit`, even none, and \
             still have a next one: `next` alone tells.",
        )
        .query::<Filter>()
        .answers::<ListPage<RunView>>(StatusCode::OK, "Some of them.")
        .problem(&["out_of_scope"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Query(filter): Query<Filter>,
) -> Result<Json<ListPage<RunView>>, Refusal> {
    let page = state.desk.runs(&caller, &filter).await?;
    let items = page.items.into_iter().map(|run| absolute(&state, run)).collect();
    Ok(Json(ListPage { items, next: page.next }))
}
