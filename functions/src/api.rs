//! The HTTP API: routes by noun, one file a verb.
//!
//! Everything here is one call of the [`Desk`]: the API reads what comes in, strictly, finds out who
//! calls, and gives back what the desk says. It decides nothing. The list of operations is at
//! once the router and the description at `/openapi.json`, so that neither knows what the other
//! does not.
//!
//! Errors are problem documents (RFC 9457), without exception.

mod audit;
mod caller;
mod catalogue;
mod events;
mod flows;
mod grants;
mod guard;
mod headers;
mod health;
mod input;
mod openapi;
mod operation;
mod preview;
mod refusal;
mod reply;
mod runs;
mod tokens;
mod users;

use std::sync::Arc;

use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use countersign::desk::Desk;

#[cfg(feature = "aws")]
pub(crate) use caller::Vouched;
use operation::Operation;
use refusal::Refusal;

use crate::oidc::Verifier;

/// What the API works with.
#[derive(Debug, Clone)]
pub struct ApiState {
    /// The front desk.
    pub desk: Desk,
    /// Whether this is the local server, where a header names the person, from loopback only.
    pub local: bool,
    /// Whose tokens people sign in with, if it is set up.
    pub oidc: Option<Arc<Verifier>>,
    /// Where the pages and the API are reached from outside, as in `https://access.acme.test`.
    pub base_url: String,
}

impl ApiState {
    /// An address that works from outside.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.trim_end_matches('/'))
    }
}

/// The API, with `/healthz` and `/openapi.json`.
///
/// Serve it with [`into_make_service_with_connect_info`] for `SocketAddr`: without the peer's
/// address nobody counts as local.
///
/// [`into_make_service_with_connect_info`]: Router::into_make_service_with_connect_info
pub fn router(state: ApiState) -> Router {
    let operations = operations();
    let document = Arc::new(openapi::document(&operations, &state));
    let mut router = Router::new();
    for operation in operations {
        let door = caller::Door { state: state.clone(), operation: operation.id };
        let route = if operation.open {
            operation.route
        } else {
            operation.route.route_layer(from_fn_with_state(door, caller::known))
        };
        router = router.route(operation.path, route);
    }
    router
        .method_not_allowed_fallback(|method: Method| async move { Refusal::method(&method) })
        .fallback(|| async { Refusal::no_route() })
        .layer(Extension(document))
        .layer(from_fn(guard::guard))
        .with_state(state)
}

/// Whether a path is the API's, and no page's.
pub(crate) fn takes(path: &str) -> bool {
    matches!(path, "/healthz" | "/openapi.json" | "/v1") || path.starts_with("/v1/")
}

/// Everything that the API does.
fn operations() -> Vec<Operation> {
    let mut all = runs::operations();
    all.push(preview::operation());
    all.push(events::operation());
    all.extend(flows::operations());
    all.extend(grants::operations());
    all.extend(users::operations());
    all.extend(tokens::operations());
    all.push(audit::operation());
    all.push(health::operation());
    all.push(openapi::operation());
    all
}
