//! The operations.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, Request, State as Held};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{State, TOKEN};

type Shared = Arc<Mutex<State>>;
type Asked = Query<Vec<(String, String)>>;

const PAGING: [&str; 3] = ["limit", "offset", "total"];

pub(super) fn routes(state: Shared) -> Router {
    Router::new()
        .route("/oncalls", get(on_calls))
        .route("/users", get(users))
        .route("/schedules", get(schedules))
        .route("/schedules/{id}", get(schedule))
        .route("/escalation_policies", get(policies))
        .route("/escalation_policies/{id}", get(policy))
        .route("/services", get(services))
        .route("/services/{id}", get(service))
        .route("/incidents", get(incidents))
        .layer(from_fn(admitted))
        .with_state(state)
}

async fn admitted(request: Request, next: Next) -> Response {
    if let Err(refused) = check_headers(request.headers()) {
        return refused;
    }
    let mut response = next.run(request).await;
    let left =
        [("ratelimit-limit", "960"), ("ratelimit-remaining", "959"), ("ratelimit-reset", "30")];
    for (name, value) in left {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn check_headers(headers: &HeaderMap) -> Result<(), Response> {
    let header = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    if header("authorization") != Some(&format!("Token token={TOKEN}")) {
        return Err(error(401, 2006, "Unauthorized"));
    }
    let version = "application/vnd.pagerduty+json;version=2";
    if header("accept") != Some(version) || header("content-type") != Some("application/json") {
        return Err(error(406, 2000, "the version of the API is missing in `Accept`"));
    }
    Ok(())
}

fn error(status: u16, code: u32, message: &str) -> Response {
    let body = json!({ "error": { "message": message, "code": code, "errors": [message] } });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

/// The values of one parameter.
fn all<'a>(query: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

/// The parameters are those that there are, with values that there are.
fn check(query: &[(String, String)], known: &[(&str, &[&str])]) -> Result<(), Response> {
    for (name, value) in query {
        let values = known.iter().find(|(key, _)| key == name).map(|(_, values)| *values);
        let is_paging = PAGING.contains(&name.as_str());
        let fits = values
            .map_or(is_paging, |values| values.is_empty() || values.contains(&value.as_str()));
        if !fits {
            return Err(error(400, 2001, &format!("Invalid Input Provided: {name}={value}")));
        }
    }
    Ok(())
}

fn page(key: &str, items: Vec<Value>, query: &[(String, String)]) -> Result<Response, Response> {
    let number = |name: &str, default: usize| match all(query, name).first() {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| error(400, 2001, name)),
    };
    let (limit, offset) = (number("limit", 25)?, number("offset", 0)?);
    if limit == 0 || limit > 100 || offset + limit > 10_000 {
        return Err(error(400, 2001, "Invalid Input Provided: limit, offset"));
    }
    let more = items.len() > offset + limit;
    let items: Vec<_> = items.into_iter().skip(offset).take(limit).collect();
    let mut body = json!({ "limit": limit, "offset": offset, "more": more, "total": null });
    body[key] = json!(items);
    Ok(Json(body).into_response())
}

/// Those whose name, or another field, contains what is looked for.
fn matching(things: &[Value], query: &[(String, String)], fields: &[&str]) -> Vec<Value> {
    let Some(wanted) = all(query, "query").first().map(|text| text.to_lowercase()) else {
        return things.to_vec();
    };
    let has = |thing: &&Value| {
        fields.iter().any(|field| thing[*field].as_str().unwrap().to_lowercase().contains(&wanted))
    };
    things.iter().filter(has).cloned().collect()
}

fn one(things: &[Value], key: &str, id: &str) -> Result<Response, Response> {
    let thing = things.iter().find(|thing| thing["id"] == id);
    let thing = thing.ok_or_else(|| error(404, 2100, "Not Found"))?;
    Ok(Json(json!({ key: thing })).into_response())
}

async fn users(Held(state): Held<Shared>, Query(query): Asked) -> Result<Response, Response> {
    check(&query, &[("query", &[]), ("team_ids[]", &[]), ("include[]", &["teams"])])?;
    page("users", matching(&state.lock().unwrap().users, &query, &["name", "email"]), &query)
}

async fn schedules(Held(state): Held<Shared>, Query(query): Asked) -> Result<Response, Response> {
    check(&query, &[("query", &[])])?;
    page("schedules", matching(&state.lock().unwrap().schedules, &query, &["name"]), &query)
}

async fn schedule(Held(state): Held<Shared>, Path(id): Path<String>) -> Result<Response, Response> {
    one(&state.lock().unwrap().schedules, "schedule", &id)
}

async fn policies(Held(state): Held<Shared>, Query(query): Asked) -> Result<Response, Response> {
    check(&query, &[("query", &[]), ("user_ids[]", &[]), ("team_ids[]", &[])])?;
    let found = matching(&state.lock().unwrap().policies, &query, &["name"]);
    page("escalation_policies", found, &query)
}

async fn policy(Held(state): Held<Shared>, Path(id): Path<String>) -> Result<Response, Response> {
    one(&state.lock().unwrap().policies, "escalation_policy", &id)
}

async fn services(Held(state): Held<Shared>, Query(query): Asked) -> Result<Response, Response> {
    check(&query, &[("query", &[]), ("team_ids[]", &[])])?;
    page("services", matching(&state.lock().unwrap().services, &query, &["name"]), &query)
}

async fn service(Held(state): Held<Shared>, Path(id): Path<String>) -> Result<Response, Response> {
    one(&state.lock().unwrap().services, "service", &id)
}

async fn on_calls(Held(state): Held<Shared>, Query(query): Asked) -> Result<Response, Response> {
    let models: &[&str] = &["escalation_policies", "users", "schedules"];
    check(
        &query,
        &[
            ("include[]", models),
            ("user_ids[]", &[]),
            ("escalation_policy_ids[]", &[]),
            ("schedule_ids[]", &[]),
            ("since", &[]),
            ("until", &[]),
            ("earliest", &["true", "false"]),
            ("time_zone", &[]),
        ],
    )?;
    let state = state.lock().unwrap();
    let is_asked = |on_call: &Value, name: &str, field: &str| {
        let asked = all(&query, name);
        asked.is_empty() || asked.iter().any(|id| on_call[field]["id"] == **id)
    };
    let mut found: Vec<Value> = state
        .on_calls
        .iter()
        .filter(|one| {
            is_asked(one, "user_ids[]", "user")
                && is_asked(one, "escalation_policy_ids[]", "escalation_policy")
                && is_asked(one, "schedule_ids[]", "schedule")
        })
        .cloned()
        .collect();
    if all(&query, "include[]").contains(&"users") {
        for on_call in &mut found {
            let id = on_call["user"]["id"].clone();
            on_call["user"] = state.users.iter().find(|user| user["id"] == id).unwrap().clone();
        }
    }
    page("oncalls", found, &query)
}

async fn incidents(Held(state): Held<Shared>, Query(query): Asked) -> Result<Response, Response> {
    check(
        &query,
        &[
            ("statuses[]", &["triggered", "acknowledged", "resolved"]),
            ("urgencies[]", &["high", "low"]),
            ("date_range", &["all"]),
            ("service_ids[]", &[]),
            ("user_ids[]", &[]),
            ("since", &[]),
            ("until", &[]),
        ],
    )?;
    let state = state.lock().unwrap();
    let is_in = |name: &str, value: &Value| {
        let asked = all(&query, name);
        asked.is_empty() || asked.iter().any(|one| value == *one)
    };
    let is_theirs = |incident: &Value| {
        let asked = all(&query, "user_ids[]");
        let assigned = incident["assignments"].as_array().unwrap();
        asked.is_empty()
            || assigned.iter().any(|one| asked.iter().any(|id| one["assignee"]["id"] == **id))
    };
    let found = state.incidents.iter().filter(|incident| {
        is_in("statuses[]", &incident["status"])
            && is_in("urgencies[]", &incident["urgency"])
            && is_in("service_ids[]", &incident["service"]["id"])
            && is_theirs(incident)
    });
    page("incidents", found.cloned().collect(), &query)
}
