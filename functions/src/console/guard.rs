//! Who is let in: nobody through another site's page, and, where nobody signs in, this machine alone.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use countersign::desk::Problem;

use super::{App, page};
use crate::sign_in::SignIn;

/// Everything comes from here, nothing is framed, no other site is told anything. The policy for
/// referrers is not `no-referrer`, because a form would then be sent with the origin `null`.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// A browser that was here once comes by HTTPS, for a year.
const BY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Refuses whoever is not to be here, and says to the browser what it may do with the answer.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let refusal = match &app.sign_in {
        Some(sign_in) => by_name(&request, sign_in),
        None => from_here(&request),
    };
    let mut response = match refusal {
        Some(problem) => page::bare(&problem),
        None => next.run(request).await,
    };
    if app.sign_in.as_ref().is_some_and(|sign_in| sign_in.is_secure()) {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, BY_HTTPS);
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Where people sign in: from anywhere, under our name.
fn by_name(request: &Request, sign_in: &SignIn) -> Option<Problem> {
    if !host(request).as_deref().is_some_and(|host| sign_in.is_called(host)) {
        return Some(Problem::new(403, "not_our_name", "these pages have another name").hint(
            "open them under their public address; a proxy has to pass the header `Host` on",
        ));
    }
    let is_own = |origin: &str| sign_in.is_own_origin(origin);
    (changes(request) && is_foreign(request.headers(), is_own)).then(cross_site)
}

fn changes(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD)
}

fn cross_site() -> Problem {
    Problem::new(403, "cross_site", "this was sent by a page of another site")
        .hint("if that was you, open the page here and do it again")
}

/// Where anybody may be anybody: from this machine, under one of its names.
fn from_here(request: &Request) -> Option<Problem> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if !peer.is_some_and(|peer| is_loopback(peer.0.ip())) {
        return Some(
            Problem::new(403, "not_from_here", "these pages are for this machine only")
                .hint("anybody may choose to be anybody here: use a deployment for more people"),
        );
    }
    let host = host(request);
    if !host.as_deref().is_some_and(is_own_name) {
        return Some(
            Problem::new(403, "not_our_name", "this machine is not called that")
                .hint("open the pages under `localhost` or `127.0.0.1`"),
        );
    }
    let is_own = |origin: &str| {
        origin.split_once("://").is_some_and(|(_, from)| Some(from) == host.as_deref())
    };
    (changes(request) && is_foreign(request.headers(), is_own)).then(cross_site)
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// What the caller calls us, with the port.
fn host(request: &Request) -> Option<String> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host =
        header.or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str))?;
    Some(host.to_ascii_lowercase())
}

/// Only names that nobody else can make point here: a site that rebinds its own name to this
/// address comes under that name.
fn is_own_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost")
}

/// Whether a page of another origin sent this.
fn is_foreign(headers: &HeaderMap, is_own: impl Fn(&str) -> bool) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let from_elsewhere =
        text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let of_another = text("origin").is_some_and(|origin| !is_own(&origin.to_ascii_lowercase()));
    from_elsewhere || of_another
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for own in ["localhost", "localhost:7070", "127.0.0.1:7070", "[::1]:7070", "a.localhost"] {
            assert!(is_own_name(own), "{own}");
        }
        for foreign in ["evil.test", "evil.test:7070", "localhost.evil.test", "127.0.0.1.nip.io"] {
            assert!(!is_own_name(foreign), "{foreign}");
        }
    }
}
