//! An endpoint that opens doors, verifies every signature, and misbehaves on demand.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::model::Target;
use countersign::testing::{Mishap, System};
use serde_json::{Value, json};

/// An endpoint on a port of its own.
#[derive(Debug)]
pub(super) struct Doors {
    pub(super) url: String,
    inner: Arc<Mutex<Inner>>,
    serving: tokio::task::JoinHandle<()>,
}

/// What it was told.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) action: String,
    pub(super) id: String,
    pub(super) body: Value,
}

#[derive(Debug, Default)]
struct Inner {
    open: BTreeSet<(String, String)>,
    mishap: Option<Mishap>,
    /// Badges and doors that are not there any more.
    gone: BTreeSet<String>,
    canned: Option<(&'static str, Canned)>,
    heard: Vec<Heard>,
}

/// What it answers instead.
#[derive(Debug, Clone)]
pub(super) struct Canned {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) text: String,
}

impl Canned {
    pub(super) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), text: text.into() }
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Doors {
    pub(super) fn open() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/doors/", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner::default()));
        let router = Router::new()
            .route("/doors/{action}", axum::routing::post(answer))
            .with_state(inner.clone());
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inner, serving }
    }

    /// Answers this from now on, to actions that begin so.
    pub(super) fn answers(&self, to: &'static str, canned: Canned) {
        self.inner.lock().unwrap().canned = Some((to, canned));
    }

    /// Behaves from now on.
    pub(super) fn answers_well(&self) {
        self.inner.lock().unwrap().canned = None;
    }

    /// The next change hangs, or goes wrong otherwise.
    pub(super) fn next(&self, mishap: Mishap) {
        self.inner.lock().unwrap().mishap = Some(mishap);
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.inner.lock().unwrap().heard.clone()
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[async_trait]
impl System for Doors {
    async fn has(&self, who: &str, target: &Target) -> Option<bool> {
        Some(self.inner.lock().unwrap().open.contains(&(who.to_owned(), door(target))))
    }

    async fn set(&self, who: &str, target: &Target, has: bool) -> bool {
        let pair = (who.to_owned(), door(target));
        let open = &mut self.inner.lock().unwrap().open;
        if has {
            open.insert(pair)
        } else {
            open.remove(&pair)
        };
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        self.next(mishap);
        true
    }

    async fn forget(&self, who: &str) -> bool {
        self.inner.lock().unwrap().delete(who)
    }

    async fn delete(&self, target: &Target) -> bool {
        self.inner.lock().unwrap().delete(&door(target))
    }

    async fn dissolve(&self) -> bool {
        self.answers("", Canned::new(404, "<html>"));
        true
    }
}

fn door(target: &Target) -> String {
    target.settings.get("door").and_then(Value::as_str).unwrap_or_default().to_owned()
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    Path(action): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_signed(&headers, &body) {
        return (StatusCode::UNAUTHORIZED, "no").into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    let (canned, mishap) = {
        let mut inner = inner.lock().unwrap();
        inner.heard.push(Heard { action: action.clone(), id, body: body.clone() });
        let changes = matches!(action.as_str(), "escalate" | "deescalate");
        let canned = inner.canned.clone().filter(|(to, _)| action.starts_with(to));
        (canned.map(|(_, canned)| canned), if changes { inner.mishap.take() } else { None })
    };
    if let Some(Canned { status, headers, text }) = canned {
        let mut response = (StatusCode::from_u16(status).unwrap(), text).into_response();
        for (name, value) in headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        return response;
    }
    if mishap == Some(Mishap::Hangs) {
        return std::future::pending().await;
    }
    if matches!(mishap, Some(Mishap::Fails | Mishap::Busy)) {
        return (StatusCode::SERVICE_UNAVAILABLE, "later").into_response();
    }
    let answer = match inner.lock().unwrap().act(&action, &body) {
        Ok(answer) => answer,
        Err(why) => return axum::Json(json!({ "body": null, "errors": [why] })).into_response(),
    };
    if mishap == Some(Mishap::FailsAfterwards) {
        return (StatusCode::BAD_GATEWAY, "<html>").into_response();
    }
    axum::Json(json!({ "body": answer, "errors": [] })).into_response()
}

impl Inner {
    fn delete(&mut self, what: &str) -> bool {
        self.open.retain(|(who, door)| who != what && door != what);
        self.gone.insert(what.to_owned())
    }

    /// Does it; or says why not.
    fn act(&mut self, action: &str, body: &Value) -> Result<Value, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pair = (text(&body["identity"]), text(&body["target"]["settings"]["door"]));
        Ok(match action {
            "escalate" => {
                if let Some(gone) =
                    [&pair.0, &pair.1].into_iter().find(|it| self.gone.contains(*it))
                {
                    return Err(format!("there is no `{gone}`"));
                }
                self.open.insert(pair);
                json!({ "session": format!("s-{}", self.heard.len()) })
            }
            "deescalate" => {
                self.open.remove(&pair);
                Value::Null
            }
            "is_granted" => json!({ "granted": self.open.contains(&pair) }),
            _ => match body["requester"]["username"].as_str() {
                Some("stranger@acme.test") | None => Value::Null,
                Some(name) => json!({ "identity": format!("badge {name} 李") }),
            },
        })
    }
}

/// Verifies as an endpoint would that knows nothing of our code: HMAC by `ring`.
fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(at), Some(signature)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        return false;
    };
    let encoded = super::SECRET.strip_prefix("whsec_").unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &STANDARD.decode(encoded).unwrap());
    let signed = [format!("{id}.{at}.").as_bytes(), body].concat();
    let Some(tag) = signature.strip_prefix("v1,").and_then(|tag| STANDARD.decode(tag).ok()) else {
        return false;
    };
    ring::hmac::verify(&key, &signed, &tag).is_ok()
}
