//! A company: an organization at Okta, an account at PagerDuty, and Countersign between them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use countersign::approvers::People;
use countersign::context::{Directory, ServiceError};
use countersign::model::{Identity, UserId};
use countersign::store::Store;
use countersign::testing::MemoryStore;
use countersign_functions::app::App;
use countersign_functions::directory::LocalDirectory;
use countersign_functions::local::{Local, router};
use countersign_functions::settings::{Format, Settings};
use countersign_vendors::okta::Okta;
use countersign_vendors::pagerduty::{PagerDuty, TOKEN};
use serde_json::{Value, json};
use tower::ServiceExt;

mod access {
    use countersign::prelude::*;

    flow!("access", Access);

    #[reducer]
    fn get_approver(event: &Event) -> Approvers {
        match event.target().name() {
            "managed" => okta::manager(event.requester()),
            "paged" => pagerduty::policy("Payments").level(2),
            _ => okta::group("approvers"),
        }
    }

    #[hook]
    async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
        if event.user().is_in("contractors") {
            return Ok(Some(Decision::deny("contractors do not get access")));
        }
        if cx.pagerduty().is_on_call(event.user()).await? {
            return Ok(Some(Decision::approve("on call")));
        }
        Ok(None)
    }
}

pub(crate) const APP: App =
    App { flows: &[&access::FLOW], strategies: &[], name: "test", version: "1" };

/// A company.
pub(crate) struct Company {
    pub(crate) okta: Okta,
    pub(crate) pagerduty: PagerDuty,
    pub(crate) store: Arc<dyn Store>,
    folder: tempfile::TempDir,
}

impl Company {
    pub(crate) async fn new() -> Self {
        let (okta, pagerduty) = (Okta::open().await, PagerDuty::open().await);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("okta"), okta.token()).unwrap();
        std::fs::write(folder.path().join("pagerduty"), TOKEN).unwrap();
        Self { okta, pagerduty, store: Arc::new(MemoryStore::new()), folder }
    }

    /// Writes a secret into a file beside the settings.
    pub(crate) fn keep(&self, file: &str, secret: &str) {
        std::fs::write(self.folder.path().join(file), secret).unwrap();
    }

    /// The settings, with more in the end.
    pub(crate) fn settings(&self, more: &str) -> Settings {
        let text = format!(
            r#"
[environment]
name = "test"
org = "acme"
domains = ["acme.test"]

[[integrations]]
name = "okta"
type = "okta"
external_id = "acme.okta.com"
settings = {{ token = {{ file = "okta" }}, url = "{okta}" }}

[[integrations]]
name = "pagerduty"
type = "pagerduty"
external_id = "acme"
settings = {{ token = {{ file = "pagerduty" }}, url = "{pagerduty}" }}

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
strategy = "groups"

[[targets]]
name = "managed"
strategy = "groups"

[[targets]]
name = "paged"
strategy = "groups"

[[flows]]
name = "access"
targets = ["orders", "managed", "paged"]

[[users]]
email = "root@acme.test"
role = "admin"
{more}"#,
            okta = self.okta.house.url,
            pagerduty = self.pagerduty.house.url,
        );
        parse(&text, self.folder.path())
    }

    /// Who is who, by these settings.
    pub(crate) fn directory(&self) -> Arc<LocalDirectory> {
        self.directory_with("")
    }

    pub(crate) fn directory_with(&self, more: &str) -> Arc<LocalDirectory> {
        Arc::new(LocalDirectory::new(self.settings(more), self.store.clone()))
    }

    /// The whole system.
    pub(crate) fn server(&self) -> Server {
        self.server_with("")
    }

    pub(crate) fn server_with(&self, more: &str) -> Server {
        let local = Local::over(&APP, self.settings(more), self.store.clone()).unwrap();
        let router = router(&local, "127.0.0.1:7070".parse().unwrap());
        Server { local, router }
    }

    /// Adds somebody to Okta and to a group there.
    pub(crate) fn hire(&self, mail: &str, group: &str) -> String {
        let id = self.okta.add_user(mail);
        self.okta.set_member(group, &id, true);
        id
    }
}

pub(crate) fn parse(text: &str, folder: &std::path::Path) -> Settings {
    Settings::parse(text, Format::Toml, folder.join("settings.toml")).unwrap()
}

/// The whole system, spoken to over its API.
pub(crate) struct Server {
    pub(crate) local: Local,
    router: Router,
}

impl Server {
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        by: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:7070")
            .header("x-countersign-user", by)
            .header("prefer", "wait=30")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Somebody asks for something; the run as it rests then.
    pub(crate) async fn asked(&self, by: &str, target: &str) -> Value {
        let body = json!({ "flow": "access", "target": target, "duration": "1h", "reason": "r" });
        let (status, run) = self.call("POST", "/v1/runs", by, &body).await;
        assert_eq!(status, 201, "{run}");
        run
    }

    /// Somebody does something about a run.
    pub(crate) async fn does(&self, by: &str, verb: &str, run: &Value) -> (StatusCode, Value) {
        let path = format!("/v1/runs/{}/{verb}", run["id"].as_str().unwrap());
        self.call("POST", &path, by, &json!({})).await
    }

    /// A run as it is now.
    pub(crate) async fn run(&self, run: &Value) -> Value {
        let path = format!("/v1/runs/{}", run["id"].as_str().unwrap());
        self.call("GET", &path, "root@acme.test", &Value::Null).await.1
    }
}

pub(crate) fn id(mail: &str) -> UserId {
    UserId::of_mail(mail).unwrap()
}

pub(crate) fn group(name: &str) -> People {
    People::OktaGroup(name.to_owned())
}

pub(crate) async fn mails(
    directory: &LocalDirectory,
    people: &People,
) -> Result<Vec<String>, ServiceError> {
    let members = directory.members(people).await?;
    Ok(members.into_iter().map(|user| user.id.to_string()).collect())
}

/// Writes down what somebody is called at Okta, as an administrator would.
pub(crate) async fn store_identity(server: &Server, mail: &str, value: &str) {
    let identity = Identity {
        kind: "okta".into(),
        external_id: "acme.okta.com".into(),
        value: value.to_owned(),
    };
    let path = format!("/v1/users/{mail}");
    let body = json!({ "identities": [identity] });
    let (status, answer) = server.call("PUT", &path, "root@acme.test", &body).await;
    assert_eq!(status, 200, "{answer}");
}
