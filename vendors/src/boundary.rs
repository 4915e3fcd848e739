//! HashiCorp Boundary: a password auth method, users, groups and roles with versions.
//!
//! Written from <https://developer.hashicorp.com/boundary/api-docs> and the Go client
//! (<https://github.com/hashicorp/boundary>, `api/groups`, `api/roles`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::House;

/// The auth method.
pub const AUTH_METHOD: &str = "ampw_1234567890";
/// Who may sign in.
pub const LOGIN: &str = "countersign";
/// With this password.
pub const PASSWORD: &str = "boundary-password";

/// The stand-in.
#[derive(Debug)]
pub struct Boundary {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<Inner>>,
}

/// All that there is.
#[derive(Debug, Default)]
pub struct Inner {
    /// Users: id, address of their primary account.
    pub users: BTreeMap<String, String>,
    /// Groups and roles: id, version, members or principals.
    pub groups: BTreeMap<String, (u64, BTreeSet<String>)>,
    /// At so many of the next changes, somebody else is quicker.
    pub quicker: u32,
}

type Shared = Arc<Mutex<Inner>>;

impl Boundary {
    /// A cluster with nobody in it.
    #[must_use]
    pub fn open() -> Self {
        let inner = Shared::default();
        let routes = Router::new()
            .route("/v1/auth-methods/{id}", post(authenticate))
            .route("/v1/users", get(users))
            .route("/v1/groups/{id}", get(read).post(change))
            .route("/v1/roles/{id}", get(read).post(change))
            .with_state(inner.clone());
        Self { house: House::serve(routes), inner }
    }

    /// All that there is, to be looked at and changed.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

fn refused(status: u16, kind: &str) -> Response {
    let body = json!({ "kind": kind, "message": kind });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn authenticate(Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    if id != format!("{AUTH_METHOD}:authenticate") {
        return refused(404, "NotFound");
    }
    let attributes = &body["attributes"];
    if body["command"] != "login"
        || attributes["login_name"] != LOGIN
        || attributes["password"] != PASSWORD
    {
        return refused(401, "Unauthenticated");
    }
    let attributes =
        json!({ "id": "at_1", "token": "at_1_s1", "expiration_time": "2099-01-01T00:00:00Z" });
    Json(json!({ "attributes": attributes, "command": "login", "type": "token" })).into_response()
}

fn may(headers: &HeaderMap) -> Result<(), Response> {
    match headers.get("authorization") {
        Some(given) if given == "Bearer at_1_s1" => Ok(()),
        _ => Err(refused(401, "Unauthenticated")),
    }
}

/// Pages hold two.
async fn users(
    State(inner): State<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    if !query.contains_key("scope_id") {
        return refused(400, "InvalidArgument");
    }
    let inner = inner.lock().unwrap();
    let at: usize = query.get("list_token").map_or(0, |it| it.parse().unwrap());
    let page: Vec<_> = inner
        .users
        .iter()
        .skip(at)
        .take(2)
        .map(|(id, mail)| json!({ "id": id, "email": mail, "scope_id": "global" }))
        .collect();
    let kind = if at + 2 < inner.users.len() { "delta" } else { "complete" };
    Json(json!({ "items": page, "response_type": kind, "list_token": (at + 2).to_string(), "est_item_count": inner.users.len() }))
        .into_response()
}

/// What is done with a role or a group, and what it calls those who are in it.
fn words(id: &str) -> (&'static str, &'static str) {
    if id.starts_with("r_") { ("principals", "principal_ids") } else { ("members", "member_ids") }
}

fn shown(id: &str, (version, members): &(u64, BTreeSet<String>)) -> Response {
    // An empty list is left out, as protobuf's JSON does.
    let mut group = json!({ "id": id, "version": version, "scope_id": "global" });
    if !members.is_empty() {
        group[words(id).1] = json!(members);
        if id.starts_with("r_") {
            let sources =
                members.iter().map(|id| json!({ "id": id, "type": "user", "scope_id": "global" }));
            group["principals"] = sources.collect();
        }
    }
    Json(group).into_response()
}

async fn read(State(inner): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    match inner.lock().unwrap().groups.get(&id) {
        Some(group) => shown(&id, group),
        None => refused(404, "NotFound"),
    }
}

async fn change(
    State(inner): State<Shared>,
    Path(path): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let Some((id, action)) = path.split_once(':') else { return refused(405, "Unimplemented") };
    let inner = &mut *inner.lock().unwrap();
    let (done_with, name) = words(id);
    let Some(ids) = body[name].as_array() else { return refused(400, "InvalidArgument") };
    let ids: Vec<_> = ids.iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    let adds = action == format!("add-{done_with}");
    if !adds && action != format!("remove-{done_with}") {
        return refused(405, "Unimplemented");
    }
    if adds && ids.iter().any(|id| !inner.users.contains_key(id)) {
        return refused(400, "InvalidArgument");
    }
    let Some(group) = inner.groups.get_mut(id) else { return refused(404, "NotFound") };
    if inner.quicker > 0 {
        inner.quicker -= 1;
        group.0 += 1;
    }
    // Who is in it already, and who is not, is as wrong as a version that is not the group's.
    let is_new = ids.iter().all(|id| group.1.contains(id) != adds);
    if body["version"] != group.0 || !is_new {
        return refused(400, "InvalidArgument");
    }
    for id in ids {
        if adds {
            group.1.insert(id)
        } else {
            group.1.remove(&id)
        };
    }
    group.0 += 1;
    shown(id, group)
}
