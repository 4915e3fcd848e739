//! Whoever a token speaks for (RFC 6750, section 2.1).

use countersign::desk::{Caller, Problem};
use countersign::engine::Auth;
use countersign::model::Source;

use super::super::ApiState;
use crate::oidc::Verifier;

/// What our own tokens begin with. A JWT never does: it begins with a `{` in base64, `ey`.
const OURS: &str = "csn_";

/// The token in the header.
///
/// # Errors
///
/// If it holds something else.
pub(super) fn bearer<'a>(state: &ApiState, header: &'a str) -> Result<&'a str, Problem> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        let problem = Problem::new(401, "unauthenticated", "only bearer tokens are taken");
        return Err(problem.hint(hint(state)));
    }
    Ok(token)
}

/// Which tokens are taken.
pub(super) fn hint(state: &ApiState) -> String {
    let mut hint = "send `Authorization: Bearer csn_..` with a bot's token".to_owned();
    if let Some(verifier) = &state.oidc {
        hint.push_str(", or `Authorization: Bearer ey..` with a person's token of ");
        hint.push_str(verifier.issuer());
    }
    hint
}

/// Whoever it speaks for.
///
/// # Errors
///
/// If it is not to be believed, or speaks for nobody who is known.
pub(super) async fn caller(state: &ApiState, token: &str) -> Result<Caller, Problem> {
    match &state.oidc {
        Some(verifier) if !token.starts_with(OURS) => person(state, verifier, token).await,
        Some(_) | None => state.desk.caller_of(token).await,
    }
}

async fn person(state: &ApiState, verifier: &Verifier, token: &str) -> Result<Caller, Problem> {
    let runner = &state.desk.runner;
    let identity = verifier.verify(token, runner.host.now()).await?;
    let Some(user) = runner.services.user(&identity.user).await? else {
        let detail =
            format!("the identity provider knows `{}`, and nobody here does", identity.user);
        let problem = Problem::new(403, "unknown_caller", detail);
        return Err(problem.hint("an administrator can add them"));
    };
    let auth = Auth::Oidc { issuer: identity.issuer, subject: identity.subject };
    Ok(Caller { user, auth, channel: Source::Api.into(), scopes: None })
}
