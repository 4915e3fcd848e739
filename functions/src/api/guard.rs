//! Around every request: a time limit, and headers that keep answers to themselves.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign::desk::Problem;

use super::refusal::Refusal;

/// Longer than the longest wait that can be asked for.
const LIMIT: Duration = Duration::from_secs(35);

pub(super) async fn guard(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(LIMIT, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| {
        let problem = Problem::new(503, "timeout", "the answer took too long");
        let hint = "try again; with the same Idempotency-Key nothing happens twice";
        Refusal::from(problem.hint(hint)).into_response()
    });
    keep_to_itself(response.headers_mut());
    response
}

fn keep_to_itself(headers: &mut HeaderMap) {
    const CROSS_ORIGIN: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CROSS_ORIGIN, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_told_to_try_again() {
        let slow = get(|| tokio::time::sleep(Duration::from_mins(1)));
        let router = axum::Router::new().route("/", slow).layer(from_fn(guard));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "timeout");
    }
}
