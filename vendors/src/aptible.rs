//! Aptible's Auth API: tokens, users of an organization, memberships of roles.
//!
//! There is no published reference. Written from the requests of Aptible's dashboard
//! (<https://github.com/aptible/app-ui>) and the resources of its Ruby client
//! (<https://github.com/aptible/aptible-auth-ruby>).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Form, Json, Router};
use serde_json::{Value, json};

use crate::House;

/// The organization.
pub const ORGANIZATION: &str = "2253ae98-d65a-4180-aceb-8419b7416677";
/// Who may sign in.
pub const USERNAME: &str = "robot@acme.test";
/// With this password.
pub const PASSWORD: &str = "aptible-password";

/// The stand-in.
#[derive(Debug)]
pub struct Aptible {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<Inner>>,
}

/// All that there is.
#[derive(Debug, Default)]
pub struct Inner {
    /// Users: id, address.
    pub users: BTreeMap<String, String>,
    /// Roles: their ids.
    pub roles: Vec<String>,
    /// Memberships: id, role, user.
    pub memberships: BTreeMap<String, (String, String)>,
    next: u32,
}

type Shared = Arc<Mutex<Inner>>;

impl Aptible {
    /// An organization with nobody in it.
    #[must_use]
    pub fn open() -> Self {
        let inner = Shared::default();
        let routes = Router::new()
            .route("/tokens", post(token))
            .route("/organizations/{id}/users", get(users))
            .route("/roles/{id}/memberships", get(memberships).post(add))
            .route("/memberships/{id}", delete(remove))
            .with_state(inner.clone());
        Self { house: House::serve(routes), inner }
    }

    /// All that there is, to be looked at and changed.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Inner {
    /// Makes somebody a member.
    pub fn join(&mut self, role: &str, user: &str) {
        self.next += 1;
        let seat = (role.to_owned(), user.to_owned());
        self.memberships.insert(format!("m-{}", self.next), seat);
    }
}

fn refused(status: u16, error: &str) -> Response {
    let body = json!({ "code": status, "error": error, "message": error });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn token(Form(form): Form<BTreeMap<String, String>>) -> Response {
    let part = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if part("grant_type") != "password" || part("scope") != "manage" {
        return refused(400, "unsupported_grant_type");
    }
    if (part("username"), part("password")) != (USERNAME, PASSWORD) {
        return refused(401, "invalid_credentials");
    }
    (StatusCode::CREATED, Json(json!({ "access_token": "apt", "token_type": "bearer", "expires_in": 7200, "scope": "manage" }))).into_response()
}

fn may(headers: &HeaderMap) -> Result<(), Response> {
    match headers.get("authorization") {
        Some(given) if given == "Bearer apt" => Ok(()),
        _ => Err(refused(401, "invalid_token")),
    }
}

async fn users(
    State(inner): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    if id != ORGANIZATION {
        return refused(404, "not_found");
    }
    let inner = inner.lock().unwrap();
    let all: Vec<_> =
        inner.users.iter().map(|(id, mail)| json!({ "id": id, "email": mail })).collect();
    Json(json!({ "_embedded": { "users": all } })).into_response()
}

async fn memberships(
    State(inner): State<Shared>,
    Path(role): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let inner = inner.lock().unwrap();
    if !inner.roles.contains(&role) {
        return refused(404, "not_found");
    }
    let all = inner.memberships.iter().filter(|(_, (of, _))| *of == role);
    let all: Vec<_> = all
        .map(|(id, (_, user))| {
            json!({
                "id": id, "privileged": false,
                "_links": { "user": { "href": format!("https://auth.aptible.com/users/{user}") } },
            })
        })
        .collect();
    Json(json!({ "_embedded": { "memberships": all } })).into_response()
}

async fn add(
    State(inner): State<Shared>,
    Path(role): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let inner = &mut *inner.lock().unwrap();
    let user = body["user_url"].as_str().and_then(|url| url.split_once("/users/"));
    let Some((_, user)) = user.filter(|(_, id)| inner.users.contains_key(*id)) else {
        return refused(422, "unprocessable_entity");
    };
    if !inner.roles.contains(&role) {
        return refused(404, "not_found");
    }
    if inner.memberships.values().any(|it| *it == (role.clone(), user.to_owned())) {
        return refused(422, "unprocessable_entity");
    }
    inner.join(&role, user);
    (StatusCode::CREATED, Json(json!({ "id": "m" }))).into_response()
}

async fn remove(
    State(inner): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    match inner.lock().unwrap().memberships.remove(&id) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => refused(404, "not_found"),
    }
}
