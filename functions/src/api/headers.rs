//! Headers: each once, and each read the same way everywhere.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use countersign::desk::Problem;

use super::ApiState;
use super::refusal::Refusal;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// Nobody waits for longer.
const LONGEST_WAIT: u64 = 30;

/// How a command is to be carried out.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// So long the caller would wait for the run to rest, by `Prefer: wait=10`.
    pub wait: Option<Duration>,
    /// What makes it happen once, by `Idempotency-Key`.
    pub key: Option<String>,
}

impl FromRequestParts<ApiState> for Wish {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Refusal> {
        let key = single(&parts.headers, &IDEMPOTENCY_KEY).map_err(Refusal::malformed)?;
        Ok(Self { wait: wait(&parts.headers), key: key.map(str::to_owned) })
    }
}

/// The value of a header that may be there at most once.
///
/// # Errors
///
/// If it is there twice, or is no text.
pub(super) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let problem = Problem::new(
            400,
            "conflicting_headers",
            format!("the header `{name}` is there more than once"),
        );
        return Err(problem.hint("send it once"));
    }
    std::str::from_utf8(value.as_bytes()).map(Some).map_err(|_| invalid(name, "it is no UTF-8"))
}

/// A header whose value makes no sense.
pub(super) fn invalid(name: &HeaderName, why: &str) -> Problem {
    Problem::new(400, "invalid_header", format!("the header `{name}`: {why}"))
}

/// The first `wait` among the preferences (RFC 7240). What is no number is no preference.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(&PREFER).iter().filter_map(|value| value.to_str().ok());
    let preferences = values.flat_map(|value| value.split(','));
    let mut waits = preferences.filter_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"'))
    });
    let seconds = waits.next().filter(|value| is_number(value))?;
    // A number of many digits is more than the most in any case.
    Some(Duration::from_secs(seconds.parse().unwrap_or(u64::MAX).min(LONGEST_WAIT)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, value.parse().unwrap());
        }
        assert_eq!(wait(&headers).map(|wait| wait.as_secs()), expected, "{values:?}");
    }

    #[test]
    fn a_preference_that_cannot_be_read_is_none() {
        check(&[], None);
        check(&["wait=10"], Some(10));
        check(&["respond-async, Wait = \"5\"; x=1"], Some(5));
        check(&["return=minimal", "wait=7"], Some(7));
        check(&["wait=7, wait=9"], Some(7));
        check(&["wait=100"], Some(30));
        check(&["wait=99999999999999999999999"], Some(30));
        check(&["wait=0"], Some(0));
        for bad in ["wait", "wait=", "wait=abc", "wait=-1", "wait=1.5", "wait=+3", "waiting=3"] {
            check(&[bad], None);
        }
    }
}
