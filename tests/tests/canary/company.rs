//! A company with all systems, and people who ask for everything.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, Uri};
use countersign::model::Timestamp;
use countersign_functions::app::App;
use countersign_functions::doctor;
use countersign_functions::local::{Local, router};
use countersign_functions::settings::{Format, Settings};
use countersign_tests::canary::{Canaries, Log};
use countersign_vendors::aptible::{self, Aptible};
use countersign_vendors::aws::Cloud;
use countersign_vendors::boundary::{self, Boundary};
use countersign_vendors::github::GitHub;
use countersign_vendors::google::Google;
use countersign_vendors::jira::{self, Jira};
use countersign_vendors::knowbe4::{self, KnowBe4};
use countersign_vendors::okta::{Okta, private_key};
use countersign_vendors::onelogin::{self, OneLogin};
use countersign_vendors::pagerduty::{self, PagerDuty};
use countersign_vendors::slack::Workspace;
use countersign_vendors::smtp::Postbox;
use countersign_vendors::tailscale::{self, Tailscale};
use countersign_vendors::{House, Trouble};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::settings::{SETTINGS, strategies, targets};

mod access {
    use countersign::prelude::*;

    flow!("access", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("okta/security")
    }

    #[hook]
    async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
        match event.reason() {
            "jira" => drop(cx.jira().search("project = \"OPS\"").await?),
            "knowbe4" => drop(cx.knowbe4().enrollments(event.user()).await?),
            "github" => drop(cx.github().collaborators("acme/billing", "admin").await?),
            "aws" => drop(cx.aws_lambda().ask("grants", &json!({ "action": "escalate" })).await?),
            _ => drop(cx.pagerduty().is_on_call(event.user()).await?),
        }
        Ok(None)
    }

    #[action]
    async fn after_approval(event: &Event, cx: &Context) -> Result {
        let issue = NewIssue::new("OPS", "Task", format!("Access to {}", event.target().name()));
        cx.jira().create(&issue).await?;
        Ok(())
    }
}

const APP: App = App { flows: &[&access::FLOW], strategies: &[], name: "test", version: "1" };

const POLICY: &str = "{ \"groups\": { \"group:sre\": [\"cy@acme.test\"] }, \"acls\": [] }";

/// Secrets of ours, which nobody else decides.
const SECRETS: [(&str, &str); 6] = [
    ("hook", "whsec_Zmlyc3QtY2FuYXJ5LW9mLXRoZS13ZWJob29rcw=="),
    ("export", "whsec_c2Vjb25kLWNhbmFyeS1vZi10aGUtZXhwb3J0cw=="),
    ("http", "whsec_dGhpcmQtY2FuYXJ5LW9mLXRoZS1zdHJhdGVneQ=="),
    ("smtp", "smtp/canary+pass\"word%"),
    ("aws", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY"),
    ("okta-key", ""),
];

/// What is no secret of any kind, and is not told either.
const SPOILT: &str = "broken-canary-ä\nof two lines";

/// A company with all systems.
pub(crate) struct Company {
    folder: tempfile::TempDir,
    slack: Workspace,
    okta: Okta,
    pagerduty: PagerDuty,
    github: GitHub,
    google: Google,
    onelogin: OneLogin,
    tailscale: Tailscale,
    aptible: Aptible,
    boundary: Boundary,
    cloud: Cloud,
    jira: Jira,
    knowbe4: KnowBe4,
    endpoint: House,
    postbox: Postbox,
    local: Local,
    router: Router,
}

impl Company {
    pub(crate) async fn open() -> Self {
        let endpoint = House::open(Router::new().fallback(endpoint)).await;
        let postbox = Postbox::open("access", SECRETS[3].1).await;
        let (slack, okta, pagerduty) =
            (Workspace::open().await, Okta::open().await, PagerDuty::open().await);
        slack.with_socket_mode().await;
        let (github, google, onelogin) = (GitHub::open(), Google::open(), OneLogin::open());
        let (tailscale, aptible) = (Tailscale::open(POLICY), Aptible::open());
        let (boundary, cloud) = (Boundary::open(), Cloud::open());
        let (jira, knowbe4) = (Jira::open(), KnowBe4::open());
        let folder = tempfile::tempdir().unwrap();
        let text = SETTINGS
            .replace("ENDPOINT", &endpoint.url)
            .replace("SMTP", &postbox.port().to_string())
            .replace("TEAM", &slack.team())
            .replace("SLACK", &slack.url())
            .replace("OKTA", &okta.house.url)
            .replace("PAGERDUTY", &pagerduty.house.url)
            .replace("GITHUB", &github.house.url)
            .replace("GOOGLE", &google.house.url)
            .replace("ONELOGIN", &onelogin.house.url)
            .replace("TAILSCALE", &tailscale.house.url)
            .replace("APTIBLE", &aptible.house.url)
            .replace("BOUNDARY", &boundary.house.url)
            .replace("AWS", &cloud.house.url)
            .replace("JIRA", &jira.house.url)
            .replace("KNOWBE4", &knowbe4.house.url)
            .replace("STRATEGIES", &strategies())
            .replace("TARGETS", &targets().map(|name| format!("'{name}'")).join(", "));
        std::fs::create_dir(folder.path().join("secrets")).unwrap();
        for (name, secret) in secrets(&slack, &okta) {
            std::fs::write(folder.path().join("secrets").join(name), secret).unwrap();
        }
        let path = folder.path().join("settings.toml");
        let settings = Settings::parse(&text, Format::Toml, path);
        let settings = settings.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let local = Local::start(&APP, settings, &folder.path().join("data")).unwrap();
        let router = router(&local, "127.0.0.1:7070".parse().unwrap());
        let company = Self {
            folder,
            slack,
            okta,
            pagerduty,
            github,
            google,
            onelogin,
            tailscale,
            aptible,
            boundary,
            cloud,
            jira,
            knowbe4,
            endpoint,
            postbox,
            local,
            router,
        };
        company.hire();
        company
    }

    /// Ada, who asks, and Bo, who decides, in every system.
    fn hire(&self) {
        self.okta.grant("0oa1", &["okta.groups.manage", "okta.users.read"]);
        for group in ["granted", "granted-by-app"] {
            let _ = self.okta.add_group(group);
        }
        let security = self.okta.add_group("security");
        for name in ["ada", "bo"] {
            let mail = format!("{name}@acme.test");
            let id = self.okta.add_user(&mail);
            self.okta.set_member(&security, &id, name == "bo");
            self.slack.person(&mail);
            let _ = self.pagerduty.add_user(&mail);
            let mut github = self.github.inner();
            github.account(name, Some(&mail));
            github.repositories.insert("billing".to_owned(), [].into());
            github.teams.insert("ops".to_owned(), [].into());
            let mut google = self.google.inner();
            google.users.insert(mail.clone(), (format!("100{}", name.len()), false));
            google.groups.insert("admins@acme.test".to_owned(), [].into());
            let mut onelogin = self.onelogin.inner();
            onelogin.users.insert(u64::try_from(name.len()).unwrap(), (mail.clone(), 1));
            onelogin.roles.insert(("5".to_owned(), "users".to_owned()), [].into());
            self.tailscale.inner().users.push((mail.clone(), "active".to_owned()));
            self.aptible.inner().users.insert(format!("u-{name}"), mail.clone());
            self.boundary.inner().users.insert(format!("u_{name}"), mail.clone());
            let mut cloud = self.cloud.inner();
            cloud.iam_users.insert(mail.clone(), [].into());
            cloud.user(&mail, &mail);
            self.knowbe4.inner().users.push((name.len() as u64, mail.clone()));
        }
        self.aptible.inner().roles.push("r-1".to_owned());
        self.boundary.inner().groups.insert("g_1".to_owned(), (3, [].into()));
        let mut cloud = self.cloud.inner();
        cloud.iam_groups.insert("admins".to_owned(), "AGPAADMINS".to_owned());
        cloud.group("Admins");
        cloud.function.insert("escalate".to_owned(), json!({ "body": null, "errors": [] }));
        cloud.function.insert("deescalate".to_owned(), json!({ "body": null, "errors": [] }));
    }

    fn houses(&self) -> [&House; 13] {
        [
            self.slack.house(),
            &self.okta.house,
            &self.pagerduty.house,
            &self.github.house,
            &self.google.house,
            &self.onelogin.house,
            &self.tailscale.house,
            &self.aptible.house,
            &self.boundary.house,
            &self.cloud.house,
            &self.jira.house,
            &self.knowbe4.house,
            &self.endpoint,
        ]
    }

    /// Everything is asked for, given and taken away.
    pub(crate) async fn everything_works(&self) {
        for (target, outcome) in self.everything_asked("r").await {
            assert_eq!(outcome, "ended", "{target}");
        }
        for system in ["jira", "knowbe4", "github", "aws"] {
            self.story(&targets()[0], system).await;
        }
        // The flow's own call: a strategy's says its version.
        let by_flow = |it: &Value| it["action"] == "escalate" && it.get("version").is_none();
        assert!(self.cloud.inner().invoked.iter().any(by_flow), "the flow asked the function");
        assert!(self.knowbe4.house.times("/v1/users") > 0 && !self.jira.issues().is_empty());
        let hooked = || (self.endpoint.times("/hook") > 3).then_some(());
        self.endpoint.until("webhooks come", hooked).await;
        let token = json!({ "bot": "bot:ci", "scopes": ["request"], "lifetime": "1d" });
        let (status, made) = self.call("POST", "/v1/tokens", "root", &token).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        std::fs::write(self.folder.path().join("secrets/api"), made["token"].as_str().unwrap())
            .unwrap();
    }

    /// Everything is asked for while every system has this trouble with its next requests.
    pub(crate) async fn everything_suffers(&self, trouble: &Trouble) {
        for house in self.houses() {
            for _ in 0..6 {
                house.expect("/", trouble.clone());
            }
        }
        self.everything_asked("r").await;
        for system in ["jira", "knowbe4", "github", "aws"] {
            self.story(&targets()[0], system).await;
        }
        self.houses().iter().for_each(|house| house.recover());
    }

    /// The secrets are cut, have letters too many, and are of no kind that there is.
    pub(crate) async fn secrets_are_no_secrets(&self) {
        for (name, secret) in secrets(&self.slack, &self.okta) {
            let spoilt = match secret.split_once('\n') {
                Some((first, _)) => format!("{first}\n{SPOILT}\n"),
                None => SPOILT.to_owned(),
            };
            std::fs::write(self.folder.path().join("secrets").join(name), spoilt).unwrap();
        }
        self.everything_asked("r").await;
    }

    async fn everything_asked(&self, reason: &str) -> Vec<(String, String)> {
        let story = |target: String| async move {
            let outcome = self.story(&target, reason).await;
            (target, outcome)
        };
        join_all(targets().into_iter().map(story)).await
    }

    /// Ada asks, Bo says yes, and it ends; the outcome, as far as it came.
    async fn story(&self, target: &str, reason: &str) -> String {
        let ask = json!({ "flow": "access", "target": target, "duration": "1h", "reason": reason });
        let (_, run) = self.call("POST", "/v1/runs", "ada", &ask).await;
        let Some(id) = run["id"].as_str() else { return run.to_string() };
        let path = |verb: &str| format!("/v1/runs/{id}/{verb}");
        let (_, approved) = self.call("POST", &path("approve"), "bo", &json!({})).await;
        let verb = if approved["status"] == "pending" { "cancel" } else { "revoke" };
        let (_, done) = self.call("POST", &path(verb), "ada", &json!({})).await;
        let (_, run) = self.call("GET", &format!("/v1/runs/{id}"), "ada", &Value::Null).await;
        match run["outcome"].as_str() {
            Some("ended") => "ended".to_owned(),
            Some(outcome) => {
                let events = format!("/v1/runs/{id}/events");
                format!("{outcome}: {}", self.call("GET", &events, "root", &Value::Null).await.1)
            }
            None => format!("{approved} {done} {run}"),
        }
    }

    async fn call(&self, method: &str, path: &str, by: &str, body: &Value) -> (StatusCode, Value) {
        let (status, text) = self.send(method, path, by, body.to_string()).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn send(&self, method: &str, path: &str, by: &str, body: String) -> (StatusCode, String) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:7070")
            .header("x-countersign-user", format!("{by}@acme.test"))
            .header("cookie", format!("countersign_person={by}@acme.test"))
            .header("prefer", "wait=2")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// All that is looked for: every secret, and whatever was sent with a request as one.
    fn canaries(&self) -> Canaries {
        let mut canaries = Canaries::default();
        for (name, secret) in secrets(&self.slack, &self.okta) {
            if secret.starts_with("---") {
                canaries.add_key(name, &secret);
            } else {
                canaries.add(name, secret.trim_start_matches("whsec_"));
            }
        }
        SPOILT.lines().for_each(|line| canaries.add("spoilt secret", line));
        let api = std::fs::read_to_string(self.folder.path().join("secrets/api")).unwrap();
        canaries.add("API token", &api);
        for heard in self.houses().iter().flat_map(|house| house.heard()) {
            for name in ["authorization", "x-amz-security-token"] {
                let Some(value) = heard.headers.get(name).and_then(|it| it.to_str().ok()) else {
                    continue;
                };
                // What AWS signs with does not tell with which key.
                let Some((_, pass)) = value.split_once(' ').filter(|_| !value.starts_with("AWS4"))
                else {
                    continue;
                };
                canaries.add(&format!("pass in {name} for {}", heard.path), pass.trim());
            }
        }
        canaries
    }

    /// Every place where a secret stands that was told.
    pub(crate) async fn told(&self, log: &Log) -> Vec<String> {
        let canaries = self.canaries();
        let mut found = Vec::new();
        let runs = self.call("GET", "/v1/runs?limit=200", "root", &Value::Null).await.1;
        let runs: Vec<_> = runs["items"].as_array().unwrap().iter().collect();
        assert!(runs.len() > 60, "{} runs", runs.len());
        let mut places: Vec<String> = [
            "/",
            "/requests",
            "/approvals",
            "/access",
            "/people",
            "/audit",
            "/messages",
            "/flows/access",
        ]
        .iter()
        .map(|place| (*place).to_owned())
        .collect();
        places.extend(
            [
                "/v1/audit?limit=200",
                "/v1/grants",
                "/v1/users",
                "/v1/flows",
                "/v1/tokens",
                "/openapi.json",
            ]
            .map(str::to_owned),
        );
        for run in runs {
            let id = run["id"].as_str().unwrap();
            places.extend([
                format!("/runs/{id}"),
                format!("/v1/runs/{id}"),
                format!("/v1/runs/{id}/events?limit=200"),
            ]);
        }
        for place in places {
            let (status, text) = self.send("GET", &place, "root", String::new()).await;
            assert_eq!(status, StatusCode::OK, "{place}: {text}");
            found.extend(canaries.found_in(&place, &text));
        }
        for (view, kind) in [(self.slack.shown().0, "view"), (self.slack.shown().1, "message")] {
            found.extend(canaries.found_in(kind, &json!(view).to_string()));
        }
        for letter in self.postbox.letters() {
            found.extend(canaries.found_in("a mail", &letter.text));
        }
        for heard in self.endpoint.heard() {
            let text = format!("{:?} {}", heard.headers, String::from_utf8_lossy(&heard.body));
            found.extend(canaries.found_in(&heard.path, &text));
        }
        let settings = self.local.directory.settings();
        let findings = doctor::look(settings, &settings.secrets(), Timestamp::now()).await;
        assert!(findings.len() > 18, "{findings:?}");
        found.extend(canaries.found_in("doctor", &json!(findings).to_string()));
        found.extend(canaries.found_in("settings", &format!("{settings:?}")));
        let written = self.folder.path().join("data");
        for (file, text) in files(&written) {
            found.extend(canaries.found_in(&file, &text));
        }
        let logged = log.text();
        assert!(logged.contains("TRACE") && logged.contains("hyper"), "the log is a whole one");
        found.extend(canaries.found_in("the log", &logged));
        found
    }
}

/// Every secret that is written somewhere, by the name of its file.
fn secrets(slack: &Workspace, okta: &Okta) -> Vec<(&'static str, String)> {
    let mut secrets = vec![
        ("slack-bot", slack.bot_token()),
        ("slack-signing", slack.signing_secret()),
        ("slack-app", slack.app_token()),
        ("okta", okta.token()),
        ("github", private_key()),
        ("google", private_key()),
        ("pagerduty", pagerduty::TOKEN.to_owned()),
        ("onelogin", onelogin::SECRET.to_owned()),
        ("tailscale", tailscale::TOKEN.to_owned()),
        ("aptible", aptible::PASSWORD.to_owned()),
        ("boundary", boundary::PASSWORD.to_owned()),
        ("jira", jira::TOKEN.to_owned()),
        ("knowbe4", knowbe4::TOKEN.to_owned()),
    ];
    secrets.extend(SECRETS.map(|(name, secret)| (name, secret.to_owned())));
    for (name, secret) in &mut secrets {
        if *name == "okta-key" {
            *secret = private_key();
        }
    }
    secrets
}

/// The files of a folder as text, but for the key that signs the audit tree, whose place that is.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.file_name().is_some_and(|name| name != "signing-key") {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            files.push((path.display().to_string(), text));
        }
    }
    files
}

/// An endpoint of one's own, which takes everything.
async fn endpoint(_: Uri, _: Bytes) -> axum::Json<Value> {
    std::future::ready(axum::Json(json!({ "body": null }))).await
}
