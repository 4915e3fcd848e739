//! When a header is believed about who calls.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{FORWARDED, HOST, ORIGIN, VIA};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use countersign::desk::Problem;

use super::super::headers::{invalid, single};
use super::PERSON;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the header is believed: on the local server, over loopback, and not by way of a proxy or
/// of another site's page.
///
/// # Errors
///
/// Why it is not.
pub(super) fn check(is_local: bool, parts: &Parts) -> Result<(), Problem> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_near = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let by_proxy = [FORWARDED, VIA, FORWARDED_FOR].iter().any(|it| parts.headers.contains_key(it));
    if !is_local || !is_near || by_proxy {
        let detail =
            format!("`{PERSON}` is believed on the local server only, directly over loopback");
        return Err(Problem::new(403, "local_only", detail).hint("use a token"));
    }
    let host = host(parts)?;
    if !is_loopback(&host) {
        let detail = format!("`{host}` is not this machine's own name");
        return Err(Problem::new(403, "foreign_host", detail)
            .hint("call it by `127.0.0.1`, `[::1]` or `localhost`"));
    }
    same_origin(&parts.headers, &host)
}

/// The host and port that the client believes to talk to.
fn host(parts: &Parts) -> Result<String, Problem> {
    let named = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    let said = single(&parts.headers, &HOST)?;
    let host = named.or(said).ok_or_else(|| invalid(&HOST, "it is missing"))?;
    Ok(host.to_lowercase())
}

fn is_loopback(host: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        Some(_) | None => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// A page may call only where it came from.
fn same_origin(headers: &HeaderMap, host: &str) -> Result<(), Problem> {
    let origin = single(headers, &ORIGIN)?;
    let site = single(headers, &FETCH_SITE)?;
    let is_own = |origin: &str| {
        let authority = origin.split_once("://").map(|(_, authority)| authority.to_lowercase());
        authority.as_deref() == Some(host)
    };
    if origin.is_some_and(|origin| !is_own(origin))
        || site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
    {
        return Err(Problem::new(403, "cross_site", "the request comes from another site's page"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_many_names() {
        for own in [
            "localhost",
            "localhost:7070",
            "127.0.0.1",
            "127.8.9.1:80",
            "[::1]",
            "[::1]:7070",
            "a.localhost:1",
            "[::ffff:127.0.0.1]:7070",
        ] {
            assert!(is_loopback(own), "{own}");
        }
        for foreign in [
            "",
            "evil.test",
            "evil.test:7070",
            "localhost.evil.test",
            "127.0.0.1.evil.test",
            "10.0.0.1:7070",
            "0.0.0.0",
            "[::2]",
            "127.0.0.1:x",
            "localhost@evil.test",
            "evillocalhost",
        ] {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
