//! KnowBe4's reporting API: users and their trainings.
//!
//! Written from <https://developer.knowbe4.com/rest/reporting>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::House;

/// The token that it takes.
pub const TOKEN: &str = "eyJhbGciOiJIUzUxMiJ9.kb4";

/// The stand-in.
#[derive(Debug)]
pub struct KnowBe4 {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<Inner>>,
}

/// All that there is.
#[derive(Debug, Default)]
pub struct Inner {
    /// Users: id, mail address.
    pub users: Vec<(u64, String)>,
    /// Trainings: whose, the module, its state, when it was completed.
    pub enrollments: Vec<(u64, String, String, Option<String>)>,
}

impl KnowBe4 {
    /// An account with nobody in it.
    #[must_use]
    pub fn open() -> Self {
        let inner: Arc<Mutex<Inner>> = Arc::default();
        let routes = Router::new()
            .route("/v1/users", get(users))
            .route("/v1/training/enrollments", get(enrollments))
            .with_state(inner.clone());
        Self { house: House::serve(routes), inner }
    }

    /// All that there is, to be looked at and changed.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

type Asked = Query<BTreeMap<String, String>>;

fn listed(
    headers: &HeaderMap,
    query: &BTreeMap<String, String>,
    known: &[&str],
    all: &[Value],
) -> Response {
    if headers.get("authorization").is_none_or(|it| it != format!("Bearer {TOKEN}").as_str()) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "message": "Unauthorized" })))
            .into_response();
    }
    if query.keys().any(|key| !known.contains(&key.as_str()) && key != "page" && key != "per_page")
    {
        return (StatusCode::BAD_REQUEST, Json(json!({ "message": "Invalid parameter" })))
            .into_response();
    }
    let number =
        |name: &str, default: usize| query.get(name).map_or(default, |it| it.parse().unwrap());
    let (size, page) = (number("per_page", 100).min(500), number("page", 1));
    let page: Vec<_> = all.iter().skip((page - 1) * size).take(size).collect();
    Json(json!(page)).into_response()
}

async fn users(
    State(inner): State<Arc<Mutex<Inner>>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Response {
    let users = inner.lock().unwrap().users.clone();
    let all: Vec<_> = users
        .iter()
        .map(|(id, mail)| json!({ "id": id, "email": mail, "status": "active" }))
        .collect();
    listed(&headers, &query, &["status", "group_id", "expand"], &all)
}

async fn enrollments(
    State(inner): State<Arc<Mutex<Inner>>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Response {
    let whose = query.get("user_id").map(|id| id.parse::<u64>().unwrap());
    let all = inner.lock().unwrap().enrollments.clone();
    let all: Vec<_> = all
        .iter()
        .filter(|(id, ..)| whose.is_none_or(|whose| whose == *id))
        .map(|(id, module, status, completed)| json!({
            "enrollment_id": 1, "content_type": "Uploaded Policy", "module_name": module, "user": { "id": id },
            "campaign_name": "New Employees", "status": status, "completion_date": completed, "time_spent": 2340,
        }))
        .collect();
    listed(
        &headers,
        &query,
        &[
            "store_purchase_id",
            "campaign_id",
            "user_id",
            "exclude_archived_users",
            "include_campaign_id",
        ],
        &all,
    )
}
