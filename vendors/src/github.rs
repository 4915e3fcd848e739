//! GitHub, as an app sees an organization that installed it.
//!
//! Written from `@octokit/openapi` 23.0.2 (`api.github.com`: paths, parameters, statuses, required
//! members) and <https://docs.github.com/en/graphql/reference>. Statements of the app are verified (RS256,
//! at most ten minutes), tokens too, and each path asks for its permission. Pages hold as many as are
//! asked for. Whoever is not in the organization is invited, and has nothing until they accept.

mod shapes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::House;
use crate::contract::GITHUB;
use crate::okta::key;

/// The organization.
pub const ORGANIZATION: &str = "acme";
/// The app's id.
pub const APP: &str = "4711";

/// The stand-in.
#[derive(Debug)]
pub struct GitHub {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<Inner>>,
}

/// All that there is.
#[derive(Debug, Default)]
pub struct Inner {
    /// Accounts: id, login.
    pub accounts: BTreeMap<u64, String>,
    /// Who of them is in the organization.
    pub members: BTreeSet<u64>,
    /// What single sign-on calls accounts; `None` if the organization has none.
    pub sign_on: Option<Vec<(String, u64)>>,
    /// Addresses of verified domains.
    pub mails: BTreeMap<u64, Vec<String>>,
    /// Repositories, and who may do what there.
    pub repositories: BTreeMap<String, BTreeMap<u64, String>>,
    /// Open invitations: id, repository, account, role.
    pub invitations: BTreeMap<u64, (String, u64, String)>,
    /// Teams, and who is in them.
    pub teams: BTreeMap<String, BTreeMap<u64, String>>,
    /// What the app may do.
    pub permissions: BTreeSet<&'static str>,
    /// What of that it may only read.
    pub read_only: BTreeSet<&'static str>,
    /// Tokens that are good.
    pub tokens: BTreeSet<String>,
    next: u64,
}

type Shared = Arc<Mutex<Inner>>;

impl GitHub {
    /// An organization with nobody in it, and an app that may do all that is needed.
    #[must_use]
    pub fn open() -> Self {
        let permissions = ["members", "administration", "metadata"].into();
        let inner = Arc::new(Mutex::new(Inner { permissions, next: 100, ..Inner::default() }));
        let routes = Router::new()
            .route("/user/{id}", get(account))
            .route("/users/{login}", get(account))
            .route("/graphql", post(graphql))
            .route("/repos/{org}/{repo}/collaborators", get(collaborators))
            .route(
                "/repos/{org}/{repo}/collaborators/{login}",
                put(add_collaborator).delete(remove_collaborator),
            )
            .route("/repos/{org}/{repo}/invitations", get(invitations))
            .route("/repos/{org}/{repo}/invitations/{id}", delete(cancel_invitation))
            .route("/orgs/{org}/memberships/{login}", get(membership))
            .route(
                "/orgs/{org}/teams/{team}/memberships/{login}",
                get(in_team).put(add_to_team).delete(remove_from_team),
            )
            .route("/orgs/{org}/teams/{team}/members", get(members_of_team))
            .layer(from_fn_with_state(inner.clone(), with_token))
            .route("/orgs/{org}/installation", get(installation))
            .route("/app/installations/{id}/access_tokens", post(token))
            .with_state(inner.clone());
        Self { house: House::serve(routes).held_to(GITHUB), inner }
    }

    /// All that there is, to be looked at and changed.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// The app's key.
    #[must_use]
    pub fn key(&self) -> String {
        key::private_key()
    }
}

impl Inner {
    /// Adds an account; with an address, as a member whom single sign-on knows by it.
    pub fn account(&mut self, login: &str, mail: Option<&str>) -> u64 {
        self.next += 1;
        self.accounts.insert(self.next, login.to_owned());
        if let Some(mail) = mail {
            self.members.insert(self.next);
            self.sign_on.get_or_insert_default().push((mail.to_owned(), self.next));
        }
        self.next
    }

    /// Somebody deletes their account.
    pub fn forget(&mut self, id: u64) {
        self.accounts.remove(&id);
        self.members.remove(&id);
        self.repositories.values_mut().for_each(|it| drop(it.remove(&id)));
        self.teams.values_mut().for_each(|it| drop(it.remove(&id)));
    }

    /// Somebody accepts what they are invited to.
    pub fn accept_all(&mut self) {
        for (_, (repository, id, role)) in std::mem::take(&mut self.invitations) {
            self.repositories.get_mut(&repository).unwrap().insert(id, role);
        }
    }

    fn id(&self, login: &str) -> Option<u64> {
        self.accounts.iter().find(|(_, it)| it.eq_ignore_ascii_case(login)).map(|(id, _)| *id)
    }

    fn may(&self, permission: &str) -> Result<(), Response> {
        if self.permissions.contains(permission) {
            return Ok(());
        }
        Err(refused(403, "Resource not accessible by integration"))
    }
}

fn refused(status: u16, message: &str) -> Response {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn missing() -> Response {
    refused(404, "Not Found")
}

fn versioned(headers: &HeaderMap) -> bool {
    headers.get("x-github-api-version").is_some_and(|it| it == "2022-11-28")
        && headers.get("user-agent").is_some()
}

fn bearer(headers: &HeaderMap) -> &str {
    let header = headers.get("authorization").and_then(|it| it.to_str().ok()).unwrap_or_default();
    header.strip_prefix("Bearer ").unwrap_or_default()
}

async fn with_token(State(inner): State<Shared>, request: Request, next: Next) -> Response {
    if !versioned(request.headers()) {
        return refused(403, "Request forbidden by administrative rules.");
    }
    if !inner.lock().unwrap().tokens.contains(bearer(request.headers())) {
        return refused(401, "Bad credentials");
    }
    let path = request.uri().path();
    let changes = request.method() != Method::GET && path != "/graphql";
    let needed = if path.starts_with("/repos/") { "administration" } else { "members" };
    if changes && inner.lock().unwrap().read_only.contains(needed) {
        return refused(403, "Resource not accessible by integration");
    }
    next.run(request).await
}

/// Whether it is the app that speaks. Source:
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.
fn stated(headers: &HeaderMap) -> bool {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    key::verified(bearer(headers)).is_some_and(|claims| {
        let time = |name: &str| claims[name].as_i64().unwrap_or_default();
        claims["iss"] == APP && time("iat") <= now && time("exp") > now && time("exp") <= now + 600
    })
}

async fn installation(Path(org): Path<String>, headers: HeaderMap) -> Response {
    if !stated(&headers) {
        return refused(401, "A JSON web token could not be decoded");
    }
    if org != ORGANIZATION {
        return missing();
    }
    Json(shapes::installation()).into_response()
}

async fn token(State(inner): State<Shared>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    if !stated(&headers) {
        return refused(401, "A JSON web token could not be decoded");
    }
    if id != 77 {
        return missing();
    }
    let mut inner = inner.lock().unwrap();
    inner.next += 1;
    let token = format!("ghs_{}", inner.next);
    inner.tokens.insert(token.clone());
    let level = |it: &&str| {
        if *it == "metadata" || inner.read_only.contains(it) { "read" } else { "write" }
    };
    let permissions: BTreeMap<_, _> = inner.permissions.iter().map(|it| (*it, level(it))).collect();
    let expires = "2099-01-01T00:00:00Z";
    let given = json!({ "token": token, "expires_at": expires, "permissions": permissions });
    (StatusCode::CREATED, Json(given)).into_response()
}

async fn account(State(inner): State<Shared>, request: Request) -> Response {
    let inner = inner.lock().unwrap();
    let name = request.uri().path().rsplit('/').next().unwrap().to_owned();
    let by_id = request.uri().path().starts_with("/user/");
    let id = if by_id { name.parse().ok() } else { inner.id(&name) };
    match id.and_then(|id| inner.accounts.get_key_value(&id)) {
        Some((id, login)) => Json(shapes::profile(*id, login)).into_response(),
        None => missing(),
    }
}

type Pages = Query<BTreeMap<String, String>>;

/// A page of a list, as large as it is asked for.
fn page(query: &BTreeMap<String, String>, all: &[Value]) -> Response {
    let number =
        |name: &str, default: usize| query.get(name).map_or(default, |it| it.parse().unwrap());
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    let page: Vec<_> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    Json(page).into_response()
}

/// A repository that the app may administer.
fn repository<'a>(
    inner: &'a mut Inner,
    org: &str,
    repo: &str,
) -> Result<&'a mut BTreeMap<u64, String>, Response> {
    inner.may("administration")?;
    inner.repositories.get_mut(repo).filter(|_| org == ORGANIZATION).ok_or_else(missing)
}

async fn collaborators(
    State(inner): State<Shared>,
    Path((org, repo)): Path<(String, String)>,
    Query(query): Pages,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    let accounts = inner.accounts.clone();
    let all = match repository(inner, &org, &repo) {
        Ok(all) => all,
        Err(refused) => return refused,
    };
    let all: Vec<_> = all
        .iter()
        .filter(|(id, _)| accounts.contains_key(id))
        .map(|(id, role)| shapes::collaborator(*id, &accounts[id], role))
        .collect();
    page(&query, &all)
}

async fn add_collaborator(
    State(inner): State<Shared>,
    Path((org, repo, login)): Path<(String, String, String)>,
    Json(body): Json<Value>,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    if let Err(refused) = repository(inner, &org, &repo) {
        return refused;
    }
    let role = match body["permission"].as_str() {
        Some("pull") => "read",
        Some("push") | None => "write",
        Some(role @ ("triage" | "maintain" | "admin")) => role,
        Some(_) => return refused(422, "Validation Failed"),
    };
    let Some(id) = inner.id(&login) else { return missing() };
    if inner.members.contains(&id) {
        inner.repositories.get_mut(&repo).unwrap().insert(id, role.to_owned());
        return StatusCode::NO_CONTENT.into_response();
    }
    if inner.repositories[&repo].contains_key(&id) {
        inner.repositories.get_mut(&repo).unwrap().insert(id, role.to_owned());
        return StatusCode::NO_CONTENT.into_response();
    }
    inner.next += 1;
    let invitation = shapes::invitation(inner.next, &repo, (id, &login), role);
    inner.invitations.insert(inner.next, (repo, id, role.to_owned()));
    (StatusCode::CREATED, Json(invitation)).into_response()
}

async fn remove_collaborator(
    State(inner): State<Shared>,
    Path((org, repo, login)): Path<(String, String, String)>,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    let id = inner.id(&login);
    match repository(inner, &org, &repo) {
        Ok(all) => {
            id.map(|id| all.remove(&id));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refused) => refused,
    }
}

async fn invitations(
    State(inner): State<Shared>,
    Path((org, repo)): Path<(String, String)>,
    Query(query): Pages,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    if let Err(refused) = repository(inner, &org, &repo) {
        return refused;
    }
    let of_repo = inner.invitations.iter().filter(|(_, (of, _, _))| *of == repo);
    let all: Vec<_> = of_repo
        .map(|(id, (_, who, role))| {
            shapes::invitation(*id, &repo, (*who, &inner.accounts[who]), role)
        })
        .collect();
    page(&query, &all)
}

async fn cancel_invitation(
    State(inner): State<Shared>,
    Path((org, repo, id)): Path<(String, String, u64)>,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    match repository(inner, &org, &repo).map(drop) {
        Err(refused) => refused,
        Ok(()) if inner.invitations.remove(&id).is_some() => StatusCode::NO_CONTENT.into_response(),
        Ok(()) => missing(),
    }
}

async fn membership(
    State(inner): State<Shared>,
    Path((org, login)): Path<(String, String)>,
) -> Response {
    let inner = inner.lock().unwrap();
    if let Err(refused) = inner.may("members") {
        return refused;
    }
    let id = inner.id(&login).filter(|id| org == ORGANIZATION && inner.members.contains(id));
    match id {
        Some(id) => Json(shapes::membership(id, &login)).into_response(),
        None => missing(),
    }
}

fn team<'a>(
    inner: &'a mut Inner,
    org: &str,
    team: &str,
) -> Result<&'a mut BTreeMap<u64, String>, Response> {
    inner.may("members")?;
    inner.teams.get_mut(team).filter(|_| org == ORGANIZATION).ok_or_else(missing)
}

type InTeam = Path<(String, String, String)>;

async fn in_team(State(inner): State<Shared>, Path((org, name, login)): InTeam) -> Response {
    let inner = &mut *inner.lock().unwrap();
    let id = inner.id(&login);
    match team(inner, &org, &name) {
        Ok(all) => match id.and_then(|id| all.get(&id)) {
            Some(role) => Json(shapes::in_team(&name, &login, "active", role)).into_response(),
            None => missing(),
        },
        Err(refused) => refused,
    }
}

async fn members_of_team(
    State(inner): State<Shared>,
    Path((org, name)): Path<(String, String)>,
    Query(query): Pages,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    let accounts = inner.accounts.clone();
    match team(inner, &org, &name) {
        Ok(all) => {
            let all: Vec<_> = all.keys().map(|id| shapes::account(*id, &accounts[id])).collect();
            page(&query, &all)
        }
        Err(refused) => refused,
    }
}

async fn add_to_team(
    State(inner): State<Shared>,
    Path((org, name, login)): InTeam,
    Json(body): Json<Value>,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    let id = inner.id(&login);
    let is_member = id.is_some_and(|id| inner.members.contains(&id));
    let role = body["role"].as_str().unwrap_or("member").to_owned();
    match (team(inner, &org, &name), id) {
        (Err(refused), _) => refused,
        (Ok(_), None) => missing(),
        (Ok(all), Some(id)) => {
            if is_member {
                all.insert(id, role.clone());
            }
            let state = if is_member { "active" } else { "pending" };
            Json(shapes::in_team(&name, &login, state, &role)).into_response()
        }
    }
}

async fn remove_from_team(
    State(inner): State<Shared>,
    Path((org, name, login)): InTeam,
) -> Response {
    let inner = &mut *inner.lock().unwrap();
    let id = inner.id(&login);
    match team(inner, &org, &name) {
        Ok(all) => match id.and_then(|id| all.remove(&id)) {
            Some(_) => StatusCode::NO_CONTENT.into_response(),
            None => missing(),
        },
        Err(refused) => refused,
    }
}

/// The three questions that are asked.
async fn graphql(State(inner): State<Shared>, Json(body): Json<Value>) -> Response {
    let inner = inner.lock().unwrap();
    let (query, variables) = (body["query"].as_str().unwrap(), &body["variables"]);
    if variables["org"] != ORGANIZATION {
        let error =
            json!({ "type": "NOT_FOUND", "message": "Could not resolve to an Organization" });
        return Json(json!({ "data": { "organization": null }, "errors": [error] }))
            .into_response();
    }
    if inner.may("members").is_err() {
        let error =
            json!({ "type": "FORBIDDEN", "message": "Resource not accessible by integration" });
        return Json(json!({ "data": null, "errors": [error] })).into_response();
    }
    // Pages hold two, so that nobody can do without the others.
    let at: usize = variables["after"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
    let paged = |all: Vec<Value>| {
        let page: Vec<_> = all.iter().skip(at).take(2).cloned().collect();
        let more = at + 2 < all.len();
        json!({ "nodes": page, "pageInfo": { "hasNextPage": more, "endCursor": (at + 2).to_string() } })
    };
    let organization = if query.contains("membersWithRole") {
        let members = inner.members.iter().map(|id| {
            let mails = inner.mails.get(id).cloned().unwrap_or_default();
            json!({ "databaseId": id, "organizationVerifiedDomainEmails": mails })
        });
        json!({ "membersWithRole": paged(members.collect()) })
    } else {
        match &inner.sign_on {
            None => json!({ "samlIdentityProvider": null }),
            Some(all) => {
                let name = variables["name"].as_str();
                let all = all.iter().filter(|(it, _)| name.is_none_or(|name| name == it));
                let all = all.map(|(name, id)| json!({ "samlIdentity": { "nameId": name }, "user": { "databaseId": id } }));
                json!({ "samlIdentityProvider": { "externalIdentities": paged(all.collect()) } })
            }
        }
    };
    Json(json!({ "data": { "organization": organization } })).into_response()
}
