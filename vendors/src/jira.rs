//! Jira Cloud: a site with projects, issues, comments and a workflow.
//!
//! Written from <https://developer.atlassian.com/cloud/jira/platform/rest/v3/> (`search/jql`, `issue`,
//! `comment`, `transitions`) and the document format's reference. Of JQL it understands `project = ".."`,
//! `labels = ".."` and `statusCategory != Done`, joined by `AND`; anything else is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::House;

/// The account whose token is taken.
pub const EMAIL: &str = "countersign@acme.test";
/// Its token.
pub const TOKEN: &str = "ATATT3xFfGF0";

/// The stand-in.
#[derive(Debug)]
pub struct Jira {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<BTreeMap<String, Issue>>>,
}

/// An issue.
#[derive(Debug, Clone, Default)]
pub struct Issue {
    /// Its fields as they were given.
    pub fields: Value,
    /// Its state: `To Do`, `In Progress`, `Done`.
    pub status: String,
    /// Its comments as they were given.
    pub comments: Vec<Value>,
}

type Shared = Arc<Mutex<BTreeMap<String, Issue>>>;

impl Jira {
    /// A site with the project `OPS` and nothing in it.
    #[must_use]
    pub fn open() -> Self {
        let inner = Shared::default();
        let routes = Router::new()
            .route("/rest/api/3/search/jql", post(search))
            .route("/rest/api/3/issue", post(create))
            .route("/rest/api/3/issue/{key}", get(issue))
            .route("/rest/api/3/issue/{key}/comment", get(comments).post(comment))
            .route("/rest/api/3/issue/{key}/transitions", get(transitions).post(transition))
            .layer(from_fn_with_state((), with_token))
            .with_state(inner.clone());
        Self { house: House::serve(routes), inner }
    }

    /// All issues, by their keys.
    pub fn issues(&self) -> MutexGuard<'_, BTreeMap<String, Issue>> {
        self.inner.lock().unwrap()
    }
}

async fn with_token(State(()): State<()>, request: Request, next: Next) -> Response {
    let expected = format!("Basic {}", STANDARD.encode(format!("{EMAIL}:{TOKEN}")));
    match request.headers().get("authorization") {
        Some(given) if given == expected.as_str() => next.run(request).await,
        _ => (StatusCode::UNAUTHORIZED, "Client must be authenticated to access this resource.")
            .into_response(),
    }
}

fn refused(status: u16, message: &str) -> Response {
    let body = json!({ "errorMessages": [message], "errors": {} });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn missing() -> Response {
    refused(404, "Issue does not exist or you do not have permission to see it.")
}

fn shown(key: &str, issue: &Issue) -> Value {
    let category = match issue.status.as_str() {
        "Done" => "done",
        "To Do" => "new",
        _ => "indeterminate",
    };
    json!({ "id": "1", "key": key, "fields": {
        "summary": issue.fields["summary"],
        "status": { "name": issue.status, "statusCategory": { "key": category } },
        "assignee": issue.fields.get("assignee"),
    } })
}

async fn search(State(issues): State<Shared>, Json(body): Json<Value>) -> Response {
    let known = [
        "jql",
        "fields",
        "maxResults",
        "nextPageToken",
        "expand",
        "properties",
        "fieldsByKeys",
        "failFast",
        "reconcileIssues",
    ];
    if body.as_object().unwrap().keys().any(|key| !known.contains(&key.as_str())) {
        return refused(400, "Invalid request payload.");
    }
    let issues = issues.lock().unwrap();
    let mut found: Vec<_> = issues.iter().collect();
    for clause in body["jql"].as_str().unwrap_or_default().split(" AND ") {
        let quoted =
            |prefix: &str| clause.strip_prefix(prefix).map(|it| it.trim_matches('"').to_owned());
        if let Some(project) = quoted("project = ") {
            found.retain(|(key, _)| key.starts_with(&format!("{project}-")));
        } else if let Some(label) = quoted("labels = ") {
            found.retain(|(_, it)| {
                it.fields["labels"].as_array().is_some_and(|all| all.contains(&json!(label)))
            });
        } else if clause == "statusCategory != Done" {
            found.retain(|(_, it)| it.status != "Done");
        } else {
            return refused(400, &format!("Error in the JQL Query: {clause}"));
        }
    }
    let most = usize::try_from(body["maxResults"].as_u64().unwrap_or(50)).unwrap();
    let page: Vec<_> = found.iter().take(most).map(|(key, issue)| shown(key, issue)).collect();
    let mut answer = json!({ "issues": page, "isLast": found.len() <= most });
    if found.len() > most {
        answer["nextPageToken"] = json!("CAEaAggD");
    }
    Json(answer).into_response()
}

async fn create(State(issues): State<Shared>, Json(body): Json<Value>) -> Response {
    let fields = &body["fields"];
    if fields["project"]["key"] != "OPS" {
        return refused(400, "valid project is required");
    }
    if !["Task", "Bug"].iter().any(|kind| fields["issuetype"]["name"] == *kind) {
        return refused(400, "Specify a valid issue type");
    }
    let summary = fields["summary"].as_str().unwrap_or_default();
    if summary.is_empty() || summary.contains('\n') {
        return refused(400, "The summary is invalid because it contains newline characters.");
    }
    let has_space = |label: &Value| label.as_str().is_none_or(|label| label.contains(' '));
    if fields["labels"].as_array().is_some_and(|all| all.iter().any(has_space)) {
        return refused(400, "The label contains spaces which is invalid.");
    }
    if fields.get("description").is_some_and(|it| !is_document(it)) {
        return refused(400, "Operation value must be an Atlassian Document");
    }
    let mut issues = issues.lock().unwrap();
    let key = format!("OPS-{}", issues.len() + 1);
    let issue = Issue { fields: fields.clone(), status: "To Do".to_owned(), comments: Vec::new() };
    issues.insert(key.clone(), issue);
    (StatusCode::CREATED, Json(json!({ "id": "1", "key": key, "self": "" }))).into_response()
}

/// Source: <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>.
fn is_document(value: &Value) -> bool {
    let is_text =
        |it: &Value| it["type"] == "text" && it["text"].as_str().is_some_and(|it| !it.is_empty());
    let is_paragraph = |it: &Value| {
        it["type"] == "paragraph"
            && it["content"].as_array().is_some_and(|all| all.iter().all(is_text))
    };
    value["type"] == "doc"
        && value["version"] == 1
        && value["content"].as_array().is_some_and(|all| all.iter().all(is_paragraph))
}

async fn issue(State(issues): State<Shared>, Path(key): Path<String>) -> Response {
    match issues.lock().unwrap().get(&key) {
        Some(issue) => Json(shown(&key, issue)).into_response(),
        None => missing(),
    }
}

async fn comments(
    State(issues): State<Shared>,
    Path(key): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let issues = issues.lock().unwrap();
    let Some(issue) = issues.get(&key) else { return missing() };
    let start: usize = query.get("startAt").map_or(0, |it| it.parse().unwrap());
    // A page holds two, whatever is asked for: Jira may show fewer.
    let mut page: Vec<_> = issue.comments.iter().skip(start).take(2).cloned().collect();
    if query.get("expand").map(String::as_str) != Some("properties") {
        for comment in &mut page {
            comment.as_object_mut().unwrap().remove("properties");
        }
    }
    Json(json!({ "comments": page, "startAt": start, "maxResults": 2, "total": issue.comments.len() })).into_response()
}

async fn comment(
    State(issues): State<Shared>,
    Path(key): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut issues = issues.lock().unwrap();
    let Some(issue) = issues.get_mut(&key) else { return missing() };
    if !is_document(&body["body"]) {
        return refused(400, "Comment body is not valid!");
    }
    issue.comments.push(body);
    (StatusCode::CREATED, Json(json!({ "id": "1" }))).into_response()
}

const STATES: [&str; 3] = ["To Do", "In Progress", "Done"];

async fn transitions(State(issues): State<Shared>, Path(key): Path<String>) -> Response {
    let issues = issues.lock().unwrap();
    let Some(issue) = issues.get(&key) else { return missing() };
    // Nothing leads back from where it is done.
    let others = STATES
        .iter()
        .enumerate()
        .filter(|(_, name)| issue.status != "Done" && **name != issue.status);
    let all: Vec<_> = others
        .map(|(id, name)| json!({ "id": id.to_string(), "name": format!("To {name}"), "to": { "name": name } }))
        .collect();
    Json(json!({ "transitions": all })).into_response()
}

async fn transition(
    State(issues): State<Shared>,
    Path(key): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut issues = issues.lock().unwrap();
    let Some(issue) = issues.get_mut(&key) else { return missing() };
    let id = body["transition"]["id"].as_str().and_then(|id| id.parse::<usize>().ok());
    match id.and_then(|id| STATES.get(id)) {
        Some(state) if issue.status != "Done" => {
            (*state).clone_into(&mut issue.status);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => refused(400, "It seems that you have tried to perform an illegal workflow operation."),
    }
}
