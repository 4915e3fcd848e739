//! The operations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Path, Query, Request, State as Held};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::oauth;
use super::search::Search;
use super::state::State;

pub(super) type Shared = Arc<Mutex<State>>;

type Asked = Query<BTreeMap<String, String>>;

/// The scopes that a call shows; `None` for an API token, which may do all that its maker may.
#[derive(Debug, Clone)]
struct Scopes(Option<std::collections::BTreeSet<String>>);

pub(super) fn routes(state: Shared) -> Router {
    let api = Router::new()
        .route("/api/v1/users", get(list_users))
        .route("/api/v1/users/{user}", get(get_user))
        .route("/api/v1/users/{user}/groups", get(list_user_groups))
        .route("/api/v1/users/{user}/sessions", delete(revoke_sessions))
        .route("/api/v1/groups", get(list_groups))
        .route("/api/v1/groups/{group}", get(get_group))
        .route("/api/v1/groups/{group}/users", get(list_group_users))
        .route("/api/v1/groups/{group}/users/{user}", put(assign).delete(unassign))
        .layer(from_fn_with_state(state.clone(), admitted));
    Router::new().route("/oauth2/v1/token", post(oauth::token)).merge(api).with_state(state)
}

pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// Who is let in, and how much is left for them.
async fn admitted(Held(state): Held<Shared>, mut request: Request, next: Next) -> Response {
    let header = request.headers().get("authorization").and_then(|it| it.to_str().ok());
    let (scopes, limited, exhausted) = {
        let mut state = state.lock().unwrap();
        let scopes = match header.and_then(|header| header.split_once(' ')) {
            Some(("SSWS", token)) if token == state.token => Some(Scopes(None)),
            Some(("Bearer", pass)) => {
                state.passes.get(pass).map(|scopes| Scopes(Some(scopes.clone())))
            }
            _ => None,
        };
        let limited = match state.limited {
            Some((calls, seconds)) if calls > 0 => {
                state.limited = Some((calls - 1, seconds));
                Some(seconds)
            }
            _ => None,
        };
        (scopes, limited, state.exhausted)
    };
    let mut response = match (scopes, limited) {
        (None, _) => error(401, "E0000011", "Invalid token provided"),
        (Some(_), Some(_)) => {
            error(429, "E0000047", "API call exceeded rate limit due to too many requests.")
        }
        (Some(scopes), None) => {
            request.extensions_mut().insert(scopes);
            next.run(request).await
        }
    };
    let seconds = limited.or(exhausted);
    let left = if seconds.is_some() { "0" } else { "599" };
    let reset = (now() + seconds.unwrap_or(60)).to_string();
    let headers = response.headers_mut();
    headers.insert("x-rate-limit-limit", HeaderValue::from_static("600"));
    headers.insert("x-rate-limit-remaining", HeaderValue::from_static(left));
    headers.insert("x-rate-limit-reset", reset.parse().unwrap());
    response
}

type Scoped = axum::Extension<Scopes>;

/// A scope that manages also reads.
fn allow(Scopes(scopes): &Scopes, needed: &str) -> Result<(), Response> {
    let manages = needed.replace(".read", ".manage");
    match scopes {
        Some(scopes) if !scopes.contains(needed) && !scopes.contains(&manages) => {
            let mut refused = error(403, "E0000006", "You do not have permission");
            let why = format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"");
            refused.headers_mut().insert("www-authenticate", why.parse().unwrap());
            Err(refused)
        }
        _ => Ok(()),
    }
}

fn only(query: &BTreeMap<String, String>, known: &[&str]) -> Result<(), Response> {
    match query.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(error(400, "E0000001", &format!("no parameter `{name}` is known"))),
        None => Ok(()),
    }
}

fn error(status: u16, code: &str, summary: &str) -> Response {
    let body = json!({
        "errorCode": code, "errorSummary": summary, "errorLink": code,
        "errorId": "oaeHf0Sample", "errorCauses": [],
    });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn missing(what: &str, name: &str) -> Response {
    error(404, "E0000007", &format!("Not found: Resource not found: {name} ({what})"))
}

/// A page of a list, with links to itself and to the next one.
fn page(
    all: &[Value],
    query: &BTreeMap<String, String>,
    most: usize,
    url: &str,
) -> Result<Response, Response> {
    let limit = match query.get("limit").map(|limit| limit.parse::<usize>()) {
        None => most,
        Some(Ok(limit)) if limit > 0 => limit.min(most),
        Some(_) => return Err(error(400, "E0000001", "limit")),
    };
    // The cursor is opaque to whoever gets it.
    let from = match query.get("after").map(|after| after.strip_prefix("cur").map(str::parse)) {
        None => 0_usize,
        Some(Some(Ok(from))) => from,
        Some(_) => return Err(error(400, "E0000001", "after")),
    };
    let items: Vec<_> = all.iter().skip(from).take(limit).collect();
    let mut response = Json(json!(items)).into_response();
    let link = |extra: &str, rel: &str| format!("<{url}?limit={limit}{extra}>; rel=\"{rel}\"");
    let headers = response.headers_mut();
    headers.append("link", link("", "self").parse().unwrap());
    if from + limit < all.len() {
        // What else was asked for stays.
        let mut extra = format!("&after=cur{}", from + limit);
        if let Some(search) = query.get("search") {
            extra.push_str("&search=");
            extra.push_str(&search.replace(' ', "%20").replace('"', "%22").replace('@', "%40"));
        }
        headers.append("link", link(&extra, "next").parse().unwrap());
    }
    Ok(response)
}

async fn list_users(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Query(query): Asked,
) -> Result<Response, Response> {
    allow(&scopes, "okta.users.read")?;
    only(&query, &["search", "limit", "after"])?;
    let state = state.lock().unwrap();
    let text = query.get("search").ok_or_else(|| error(400, "E0000031", "search is missing"))?;
    let properties = ["profile.email", "profile.login", "id", "status"];
    let search = Search::parse(text).filter(|search| search.names_only(&properties));
    let search = search.ok_or_else(|| error(400, "E0000031", "Invalid search criteria."))?;
    let found = state.index.as_ref().unwrap_or(&state.users).iter().filter(|user| {
        search.finds(|property, value| match property {
            "profile.email" => user.is(&["email"], value),
            "profile.login" => user.is(&["login"], value),
            "id" => user.id == value,
            _ => user.status.eq_ignore_ascii_case(value),
        })
    });
    let found: Vec<_> = found.map(|user| user.json(&state.url)).collect();
    page(&found, &query, 200, &format!("{}/api/v1/users", state.url))
}

async fn get_user(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Path(user): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    allow(&scopes, "okta.users.read")?;
    only(&query, &[])?;
    let state = state.lock().unwrap();
    let found = state.find_user(&user).ok_or_else(|| missing("User", &user))?;
    Ok(Json(found.json(&state.url)).into_response())
}

/// It does not page: `listUserGroups` has no parameters.
async fn list_user_groups(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Path(user): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    allow(&scopes, "okta.users.read")?;
    only(&query, &[])?;
    let state = state.lock().unwrap();
    let id = &state.find_user(&user).ok_or_else(|| missing("User", &user))?.id;
    let is_in = |group: &str| state.members.contains(&(group.to_owned(), id.clone()));
    let groups = state.groups.iter().filter(|group| is_in(&group.id));
    let groups: Vec<_> = groups.map(|group| group.json(&state.url)).collect();
    Ok(Json(json!(groups)).into_response())
}

async fn revoke_sessions(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Path(user): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    allow(&scopes, "okta.users.manage")?;
    only(&query, &["oauthTokens"])?;
    let mut state = state.lock().unwrap();
    let id = state.find_user(&user).ok_or_else(|| missing("User", &user))?.id.clone();
    state.ended_sessions.push(id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn list_groups(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Query(query): Asked,
) -> Result<Response, Response> {
    allow(&scopes, "okta.groups.read")?;
    only(&query, &["search", "limit", "after"])?;
    let state = state.lock().unwrap();
    let text = query.get("search").ok_or_else(|| error(400, "E0000031", "search is missing"))?;
    let search = Search::parse(text).filter(|it| it.names_only(&["profile.name", "type", "id"]));
    let search = search.ok_or_else(|| error(400, "E0000031", "Invalid search criteria."))?;
    let found = state.groups.iter().filter(|group| {
        search.finds(|property, value| match property {
            "profile.name" => group.name.eq_ignore_ascii_case(value),
            "type" => group.kind == value,
            _ => group.id == value,
        })
    });
    let found: Vec<_> = found.map(|group| group.json(&state.url)).collect();
    page(&found, &query, 10_000, &format!("{}/api/v1/groups", state.url))
}

async fn get_group(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Path(group): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    allow(&scopes, "okta.groups.read")?;
    only(&query, &[])?;
    let state = state.lock().unwrap();
    let found = state.groups.iter().find(|one| one.id == group);
    let found = found.ok_or_else(|| missing("UserGroup", &group))?;
    Ok(Json(found.json(&state.url)).into_response())
}

async fn list_group_users(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Path(group): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    allow(&scopes, "okta.groups.read")?;
    only(&query, &["limit", "after"])?;
    let state = state.lock().unwrap();
    if !state.groups.iter().any(|one| one.id == group) {
        return Err(missing("UserGroup", &group));
    }
    let is_in = |user: &str| state.members.contains(&(group.clone(), user.to_owned()));
    let users = state.users.iter().filter(|user| is_in(&user.id));
    let users: Vec<_> = users.map(|user| user.json(&state.url)).collect();
    page(&users, &query, 1_000, &format!("{}/api/v1/groups/{group}/users", state.url))
}

async fn assign(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Path((group, user)): Path<(String, String)>,
) -> Result<Response, Response> {
    allow(&scopes, "okta.groups.manage")?;
    change(&mut state.lock().unwrap(), group, user, true)
}

async fn unassign(
    Held(state): Held<Shared>,
    scopes: Scoped,
    Path((group, user)): Path<(String, String)>,
) -> Result<Response, Response> {
    allow(&scopes, "okta.groups.manage")?;
    change(&mut state.lock().unwrap(), group, user, false)
}

/// Both want ids, not names.
fn change(
    state: &mut State,
    group: String,
    user: String,
    is_in: bool,
) -> Result<Response, Response> {
    let found = state.groups.iter().find(|one| one.id == group);
    let found = found.ok_or_else(|| missing("UserGroup", &group))?;
    if found.kind != "OKTA_GROUP" {
        return Err(error(403, "E0000006", "You do not have permission to perform this action"));
    }
    if !state.users.iter().any(|one| one.id == user) {
        return Err(missing("User", &user));
    }
    if is_in {
        state.members.insert((group, user));
    } else {
        state.members.remove(&(group, user));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
