//! OneLogin: users, roles, and tokens by client credentials.
//!
//! Written from <https://developers.onelogin.com/api-docs/2/roles/add-role-users>, `-remove-role-users`,
//! `-get-role-users`, `-add-role-admins`, `-list-roles`, `users/list-users`, `-get-user` and `oauth20-tokens/generate-tokens-2`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::House;

/// The client's id.
pub const CLIENT: &str = "client-1";
/// The client's secret.
pub const SECRET: &str = "onelogin-secret";

/// The stand-in.
#[derive(Debug)]
pub struct OneLogin {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<Inner>>,
}

/// All that there is.
#[derive(Debug, Default)]
pub struct Inner {
    /// Users: id, address, state (1: active).
    pub users: BTreeMap<u64, (String, u8)>,
    /// Managers: whose, and who, by their ids.
    pub managers: BTreeMap<u64, u64>,
    /// Roles: id and list (`users` or `admins`), and who is in it.
    pub roles: BTreeMap<(String, String), BTreeSet<u64>>,
}

type Shared = Arc<Mutex<Inner>>;

impl OneLogin {
    /// An account with nobody in it.
    #[must_use]
    pub fn open() -> Self {
        let inner = Shared::default();
        let routes = Router::new()
            .route("/auth/oauth2/v2/token", post(token))
            .route("/api/2/users", get(users))
            .route("/api/2/users/{id}", get(user))
            .route("/api/2/roles", get(roles))
            .route("/api/2/roles/{id}/{list}", get(in_role).post(add).delete(remove))
            .with_state(inner.clone());
        Self { house: House::serve(routes), inner }
    }

    /// All that there is, to be looked at and changed.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

fn refused(status: u16, name: &str) -> Response {
    let body = json!({ "message": name, "statusCode": status, "name": name });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
}

async fn token(headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
    if header(&headers, "authorization") != expected {
        return refused(401, "UnauthorizedError");
    }
    if body["grant_type"] != "client_credentials" {
        return refused(400, "BadRequestError");
    }
    Json(json!({ "access_token": "ol-token", "token_type": "bearer", "expires_in": 36000 }))
        .into_response()
}

fn may(headers: &HeaderMap) -> Result<(), Response> {
    if header(headers, "authorization").eq_ignore_ascii_case("bearer ol-token") {
        Ok(())
    } else {
        Err(refused(401, "UnauthorizedError"))
    }
}

/// A page holds two, whatever is asked for; the next one is named in a header.
fn page(query: &BTreeMap<String, String>, all: &[Value]) -> Response {
    let at: usize = query.get("cursor").map_or(0, |it| it.parse().unwrap());
    let page: Vec<_> = all.iter().skip(at).take(2).cloned().collect();
    let next = if at + 2 < all.len() { (at + 2).to_string() } else { String::new() };
    ([("After-Cursor", next)], Json(page)).into_response()
}

async fn users(
    State(inner): State<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let pattern = query.get("email").cloned().unwrap_or("*".to_owned());
    // A `*` stands for any text.
    let fits = |mail: &str| {
        pattern
            .split_once('*')
            .map_or(mail == pattern, |(start, end)| mail.starts_with(start) && mail.ends_with(end))
    };
    let inner = inner.lock().unwrap();
    let all = inner.users.iter().filter(|(_, (mail, _))| fits(mail));
    let all: Vec<_> = all
        .map(|(id, (mail, status))| json!({ "id": id, "email": mail, "status": status }))
        .collect();
    page(&query, &all)
}

async fn user(State(inner): State<Shared>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let inner = inner.lock().unwrap();
    match inner.users.get(&id) {
        Some((mail, status)) => Json(json!({
            "id": id, "email": mail, "status": status, "manager_user_id": inner.managers.get(&id),
        }))
        .into_response(),
        None => refused(404, "NotFoundError"),
    }
}

async fn roles(
    State(inner): State<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let inner = inner.lock().unwrap();
    let ids: BTreeSet<_> = inner.roles.keys().map(|(id, _)| id).collect();
    page(&query, &ids.iter().map(|id| json!({ "id": id, "name": id })).collect::<Vec<_>>())
}

type OfRole = Path<(String, String)>;

async fn in_role(
    State(inner): State<Shared>,
    Path(role): OfRole,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    match inner.lock().unwrap().roles.get(&role) {
        Some(all) => page(&query, &all.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>()),
        None => refused(404, "NotFoundError"),
    }
}

async fn add(
    State(inner): State<Shared>,
    Path(role): OfRole,
    headers: HeaderMap,
    Json(ids): Json<Vec<u64>>,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let inner = &mut *inner.lock().unwrap();
    if ids.iter().any(|id| !inner.users.contains_key(id)) {
        return refused(422, "UnprocessableEntityError");
    }
    match inner.roles.get_mut(&role) {
        Some(all) => {
            all.extend(&ids);
            Json(ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>()).into_response()
        }
        None => refused(404, "NotFoundError"),
    }
}

async fn remove(
    State(inner): State<Shared>,
    Path(role): OfRole,
    headers: HeaderMap,
    Json(ids): Json<Vec<u64>>,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    match inner.lock().unwrap().roles.get_mut(&role) {
        Some(all) if ids.iter().all(|id| all.contains(id)) => {
            all.retain(|id| !ids.contains(id));
            StatusCode::NO_CONTENT.into_response()
        }
        _ => refused(404, "NotFoundError"),
    }
}
