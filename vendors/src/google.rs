//! Google Workspace: the Directory API's users and members, and tokens for service accounts.
//!
//! Written from <https://developers.google.com/workspace/admin/directory/reference/rest/v1/members>,
//! `-/users` and <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde_json::{Value, json};

use crate::House;
use crate::contract::GOOGLE;
use crate::okta::key;

/// The service account.
pub const SERVICE: &str = "grants@acme.iam.gserviceaccount.com";
/// The administrator that it may act for.
pub const SUBJECT: &str = "admin@acme.test";

/// The stand-in.
#[derive(Debug)]
pub struct Google {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<Inner>>,
}

/// All that there is.
#[derive(Debug, Default)]
pub struct Inner {
    /// Users: address, id, whether suspended.
    pub users: BTreeMap<String, (String, bool)>,
    /// Relations: whose, by id, of which type, and to whom.
    pub relations: Vec<(String, &'static str, String)>,
    /// Groups: address, and who is in it as what, by id.
    pub groups: BTreeMap<String, BTreeMap<String, String>>,
}

type Shared = Arc<Mutex<Inner>>;

impl Google {
    /// A domain with nobody in it.
    #[must_use]
    pub fn open() -> Self {
        let inner = Shared::default();
        let routes = Router::new()
            .route("/token", post(token))
            .route("/admin/directory/v1/users/{mail}", get(user))
            .route("/admin/directory/v1/groups/{group}/members", get(members).post(insert))
            .route("/admin/directory/v1/groups/{group}/members/{who}", get(member).delete(remove))
            .with_state(inner.clone());
        Self { house: House::serve(routes).held_to(GOOGLE), inner }
    }

    /// All that there is, to be looked at and changed.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// The service account's key.
    #[must_use]
    pub fn key(&self) -> String {
        key::private_key()
    }
}

fn refused(status: u16, reason: &str) -> Response {
    let error = json!({ "code": status, "message": reason, "errors": [{ "domain": "global", "reason": reason }] });
    (StatusCode::from_u16(status).unwrap(), Json(json!({ "error": error }))).into_response()
}

async fn token(Form(form): Form<BTreeMap<String, String>>) -> Response {
    let invalid =
        || (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    if form.get("grant_type").map(String::as_str)
        != Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
    {
        return invalid();
    }
    let Some(claims) = key::verified(&form["assertion"]) else { return invalid() };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (iat, exp) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    let scopes = claims["scope"].as_str().unwrap_or_default();
    let is_good = claims["iss"] == SERVICE
        && claims["sub"] == SUBJECT
        && claims["aud"] == "https://oauth2.googleapis.com/token"
        && exp > now
        && exp <= iat + 3600
        && scopes
            .split(' ')
            .all(|it| it.starts_with("https://www.googleapis.com/auth/admin.directory."));
    if !is_good {
        return invalid();
    }
    Json(json!({ "access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer" }))
        .into_response()
}

fn may(headers: &HeaderMap) -> Result<(), Response> {
    match headers.get("authorization") {
        Some(given) if given == "Bearer ya29.token" => Ok(()),
        _ => Err(refused(401, "authError")),
    }
}

async fn user(
    State(inner): State<Shared>,
    Path(mail): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let (inner, key) = (inner.lock().unwrap(), mail.to_lowercase());
    // By id, too.
    let Some((mail, (id, suspended))) =
        inner.users.iter().find(|(mail, (id, _))| **mail == key || *id == key)
    else {
        return refused(404, "notFound");
    };
    let mut user = json!({ "id": id, "primaryEmail": mail, "suspended": suspended });
    let theirs = inner.relations.iter().filter(|(of, ..)| of == id);
    let theirs: Vec<_> = theirs.map(|(_, kind, to)| json!({ "type": kind, "value": to })).collect();
    // What is empty is left out.
    if !theirs.is_empty() {
        user["relations"] = json!(theirs);
    }
    Json(user).into_response()
}

async fn members(
    State(inner): State<Shared>,
    Path(group): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let most = query.get("maxResults").map_or(200, |it| it.parse().unwrap());
    match inner.lock().unwrap().groups.get(&group) {
        Some(all) => {
            let all: Vec<_> =
                all.iter().take(most).map(|(id, role)| json!({ "id": id, "role": role })).collect();
            Json(json!({ "kind": "admin#directory#members", "members": all })).into_response()
        }
        None => refused(404, "notFound"),
    }
}

async fn member(
    State(inner): State<Shared>,
    Path((group, who)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    match inner.lock().unwrap().groups.get(&group).and_then(|all| all.get(&who)) {
        Some(role) => Json(json!({ "id": who, "role": role, "type": "USER" })).into_response(),
        None => refused(404, "notFound"),
    }
}

async fn insert(
    State(inner): State<Shared>,
    Path(group): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    let inner = &mut *inner.lock().unwrap();
    let (id, role) =
        (body["id"].as_str().unwrap_or_default(), body["role"].as_str().unwrap_or("MEMBER"));
    if !inner.users.values().any(|(it, _)| it == id) {
        return refused(404, "notFound");
    }
    if !["MEMBER", "MANAGER", "OWNER"].contains(&role) {
        return refused(400, "invalid");
    }
    match inner.groups.get_mut(&group) {
        None => refused(404, "notFound"),
        Some(all) if all.contains_key(id) => refused(409, "duplicate"),
        Some(all) => {
            all.insert(id.to_owned(), role.to_owned());
            Json(json!({ "id": id, "role": role })).into_response()
        }
    }
}

async fn remove(
    State(inner): State<Shared>,
    Path((group, who)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may(&headers) {
        return refused;
    }
    match inner.lock().unwrap().groups.get_mut(&group).and_then(|all| all.remove(&who)) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => refused(404, "notFound"),
    }
}
