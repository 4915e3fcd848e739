//! Who is let in: this machine, under its own name, and nobody through another site's page.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use countersign::desk::Problem;

use super::page;

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

/// Refuses whoever is not to be here, and says to the browser what it may do with the answer.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refusal(&request) {
        Some(problem) => page::bare(&problem),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(request: &Request) -> Option<Problem> {
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
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    is_foreign(request.headers(), host.as_deref().unwrap_or_default()).then(|| {
        Problem::new(403, "cross_site", "this was sent by a page of another site")
            .hint("if that was you, open the page here and do it again")
    })
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
fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let from_elsewhere =
        text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let of_another_host = text("origin").is_some_and(|origin| {
        let origin = origin.to_ascii_lowercase();
        origin.split_once("://").is_none_or(|(_, from)| from != host)
    });
    from_elsewhere || of_another_host
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
