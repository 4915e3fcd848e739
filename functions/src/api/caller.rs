//! Who calls.
//!
//! A bot by its token; a person by a token of the identity provider; on the local server, and from
//! loopback only, a person by a header. Such a header is worth nothing elsewhere, so whatever hints
//! at a browser that was led here by another site, or at a proxy in between, is refused.

mod local;
mod token;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderName, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign::desk::{Caller, Problem};
use countersign::model::{Source, UserId};

use super::ApiState;
use super::headers::{invalid, single};
use super::refusal::{Refusal, Unrecorded};

const PERSON: HeaderName = HeaderName::from_static("x-countersign-user");
const SOURCE: HeaderName = HeaderName::from_static("x-countersign-source");

/// What stands before an operation.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub state: ApiState,
    pub operation: &'static str,
}

/// Whoever calls: known to be who they are.
#[derive(Debug, Clone)]
pub(super) struct Known(pub Caller);

impl FromRequestParts<ApiState> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Refusal> {
        parts.extensions.get().cloned().ok_or_else(|| unauthenticated(state).into())
    }
}

/// A caller whom another function of the same deployment recognised, and who has appeared there.
/// Nothing in a request makes one.
#[derive(Debug, Clone)]
pub(crate) struct Vouched(pub(crate) Caller);

/// Lets nobody through who is not known, and records what a known caller was refused before the
/// desk was asked.
pub(super) async fn known(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Some(Vouched(caller)) = parts.extensions.remove() {
        parts.extensions.insert(Known(caller));
        return next.run(Request::from_parts(parts, body)).await;
    }
    let caller = match recognize(&door.state, &parts).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    let desk = &door.state.desk;
    let answered = if caller.user.deactivated {
        let problem = Problem::new(403, "deactivated", "this user has left");
        Refusal::malformed(problem.hint("an administrator can let them in again")).into_response()
    } else {
        if let Err(problem) = desk.appear(&caller).await {
            return Refusal::from(problem).into_response();
        }
        parts.extensions.insert(Known(caller.clone()));
        let mut answered = next.run(Request::from_parts(parts, body)).await;
        answered.extensions_mut().insert(Vouched(caller.clone()));
        answered
    };
    if let Some(Unrecorded(problem)) = answered.extensions().get().filter(|_| changes) {
        desk.refused(&caller, door.operation, problem).await;
    }
    answered
}

async fn recognize(state: &ApiState, parts: &Parts) -> Result<Caller, Refusal> {
    let header = single(&parts.headers, &AUTHORIZATION)?;
    let person = single(&parts.headers, &PERSON)?;
    let source = single(&parts.headers, &SOURCE)?;
    match (header, person) {
        (Some(_), Some(_)) => Err(Problem::new(
            400,
            "conflicting_headers",
            format!("`{AUTHORIZATION}` and `{PERSON}` both say who calls"),
        )
        .hint("send one of them")
        .into()),
        (Some(_), None) if source.is_some() => Err(Problem::new(
            400,
            "conflicting_headers",
            format!("`{SOURCE}` belongs to `{PERSON}`, not to a token"),
        )
        .hint("leave it out")
        .into()),
        (Some(header), None) => {
            let token = token::bearer(state, header)?;
            token::caller(state, token).await.map_err(Refusal::of_token)
        }
        (None, Some(person)) => {
            local::check(state.local, parts)?;
            Ok(named(state, person, source).await?)
        }
        (None, None) => Err(unauthenticated(state).into()),
    }
}

/// The person that a header names.
async fn named(state: &ApiState, person: &str, source: Option<&str>) -> Result<Caller, Problem> {
    let id = UserId::of_mail(person).map_err(|error| invalid(&PERSON, &error.to_string()))?;
    if id.is_bot() {
        return Err(invalid(&PERSON, "it names people; a bot has a token"));
    }
    let source = match source {
        None | Some("api") => Source::Api,
        Some("cli") => Source::Cli,
        Some("web") => Source::Web,
        Some(_) => return Err(invalid(&SOURCE, "it is not `api`, `cli` or `web`")),
    };
    match state.desk.runner.services.user(&id).await? {
        Some(user) => Ok(Caller::local(user, source)),
        None => Err(Problem::new(401, "unauthenticated", format!("nobody knows `{id}`"))
            .hint("add them to the settings")),
    }
}

fn unauthenticated(state: &ApiState) -> Problem {
    let mut hint = token::hint(state);
    if state.local {
        hint.push_str("; on the local server `X-Countersign-User: <email>`");
    }
    Problem::new(401, "unauthenticated", "it is not known who calls").hint(hint)
}
