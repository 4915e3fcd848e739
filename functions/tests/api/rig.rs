//! The API over a local server in memory.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use countersign::context::Services;
use countersign::desk::Desk;
use countersign::model::RunId;
use countersign::testing::MemoryStore;
use countersign_functions::api::{ApiState, router};
use countersign_functions::app::App;
use countersign_functions::local::Local;
use countersign_functions::oidc::Verifier;
use countersign_functions::settings::{Format, Settings};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::schema::Described;

mod access {
    //! Access with a field that depends on another one.
    use countersign::prelude::*;

    flow!("access", Access, fields = Answers);

    #[derive(Fields)]
    #[expect(dead_code, reason = "only the form reads it")]
    struct Answers {
        /// Ticket
        #[field(pattern = "[A-Z]+-[0-9]+")]
        ticket: Option<String>,
    }

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security")
    }

    #[hook]
    fn on_request(event: &Event) -> Option<Decision> {
        match event.reason() {
            "deny me" => Some(Decision::deny("as you wish")),
            "approve me" => Some(Decision::approve("as you wish")),
            _ => None,
        }
    }
}

const APP: App = App { flows: &[&access::FLOW], strategies: &[], name: "test", version: "1" };

const SETTINGS: &str = r#"
[environment]
name = "test"
org = "acme"
domains = ["acme.test"]

[[integrations]]
name = "directory"
type = "directory"
external_id = "local"

[[strategies]]
name = "groups"
type = "directory_group"
integration = "directory"

[[targets]]
name = "orders"
kind = "database"
label = "Orders"
strategy = "groups"
settings = { group = "orders" }

[[targets]]
name = "bills"
kind = "database"
label = "Bills"
strategy = "groups"
settings = { group = "bills" }

[[flows]]
name = "access"
targets = ["orders", "bills"]
max_duration = "8h"
max_extensions = 1

[[users]]
email = "root@acme.test"
role = "admin"

[[users]]
email = "audit@acme.test"
role = "auditor"

[[directory.groups]]
name = "security"
members = ["bo@acme.test", "cy@acme.test"]
"#;

/// The API, and what it works on.
pub(crate) struct Api {
    router: Router,
    described: Described,
    pub(crate) local: Local,
}

/// A request being put together.
pub(crate) struct Call<'a> {
    api: &'a Api,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    peer: Option<SocketAddr>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Api {
    pub(crate) fn new() -> Self {
        Self::with(true)
    }

    pub(crate) fn with(is_local: bool) -> Self {
        Self::trusting(is_local, None)
    }

    /// One where people sign in with tokens, too.
    pub(crate) fn trusting(is_local: bool, oidc: Option<Arc<Verifier>>) -> Self {
        let settings = Settings::parse(SETTINGS, Format::Toml, "settings.toml").unwrap();
        let local = Local::over(&APP, settings, Arc::new(MemoryStore::new())).unwrap();
        let desk = local.desk.clone();
        Self::over(local, desk, is_local, oidc)
    }

    /// One that is not the local server, where other services say who there is.
    pub(crate) fn asking(services: Arc<dyn Services>, oidc: Arc<Verifier>) -> Self {
        let Self { local, .. } = Self::with(false);
        let mut desk = local.desk.clone();
        desk.runner.services = services;
        Self::over(local, desk, false, Some(oidc))
    }

    fn over(local: Local, desk: Desk, is_local: bool, oidc: Option<Arc<Verifier>>) -> Self {
        let base_url = "http://127.0.0.1:7070".to_owned();
        let router = router(ApiState { desk, local: is_local, oidc, base_url });
        let described = Described::new(futures_util::FutureExt::now_or_never(openapi(&router)));
        Self { router, described, local }
    }

    pub(crate) fn described(&self) -> &Described {
        &self.described
    }

    /// A request over loopback that says nothing about who calls.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call<'_> {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.1:7070"));
        Call {
            api: self,
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: Vec::new(),
            peer: Some("127.0.0.1:50000".parse().unwrap()),
        }
    }

    /// A request for access to something by somebody, waited for.
    pub(crate) async fn asked(&self, mail: &str, target: &str) -> RunId {
        let body = json!({ "flow": "access", "target": target, "duration": "1h", "reason": "r" });
        let call = self.call("POST", "/v1/runs").by(mail).header("prefer", "wait=10");
        let answer = call.json(&body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        RunId::parse(answer.body["id"].as_str().unwrap()).unwrap()
    }

    /// A bot's token with these scopes.
    pub(crate) async fn token(&self, scopes: &[&str], lifetime: &str) -> String {
        let body = json!({ "bot": "bot:ci", "scopes": scopes, "lifetime": lifetime });
        let answer = self.call("POST", "/v1/tokens").by("root@acme.test").json(&body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["token"].as_str().unwrap().to_owned()
    }

    /// The entries of what somebody did outside of any run.
    pub(crate) async fn account(&self, mail: &str) -> Vec<Value> {
        let path = format!("/v1/audit?user={mail}&limit=200");
        let answer = self.call("GET", &path).by("audit@acme.test").send().await;
        answer.body["items"].as_array().unwrap().clone()
    }
}

impl Call<'_> {
    pub(crate) fn by(self, mail: &str) -> Self {
        self.header("x-countersign-user", mail)
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Another value of a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn from(mut self, peer: Option<&str>) -> Self {
        self.peer = peer.map(|peer| peer.parse().unwrap());
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn json(self, body: &Value) -> Answer {
        let text = body.to_string();
        self.header("content-type", "application/json").body(text).send().await
    }

    /// Sends it, and holds the answer against the description.
    pub(crate) async fn send(self) -> Answer {
        let mut request = Request::new(Body::from(self.body));
        *request.method_mut() = self.method.parse().unwrap();
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers;
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = self.api.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = if self.method == "HEAD" {
            Value::Null
        } else {
            let text = String::from_utf8_lossy(&bytes);
            serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("not JSON: {text}"))
        };
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        self.api.described.check(&self.method, &self.path, &answer);
        answer
    }

    /// Sends it, expecting a problem of this code.
    pub(crate) async fn refused(self, status: u16, code: &str) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        let answer = self.send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.body["code"].as_str()),
            (status, Some(code)),
            "{what}: {answer:?}"
        );
        answer
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn openapi(router: &Router) -> Value {
    let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
