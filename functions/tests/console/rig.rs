//! The pages over a whole system in memory, called without a network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use countersign::testing::MemoryStore;
use countersign_functions::app::App;
use countersign_functions::console::{ConsoleState, router};
use countersign_functions::local::Local;
use countersign_functions::settings::{Format, Settings};
use tower::ServiceExt;

mod access {
    use countersign::prelude::*;

    flow!("access", Access, fields = Questions);

    #[derive(Fields)]
    #[expect(dead_code, reason = "only the form is of interest")]
    pub(crate) struct Questions {
        /// Which ticket?
        #[field(
            pattern = "OPS-[0-9]+",
            pattern_message = "a ticket looks like OPS-12",
            help = "From the board."
        )]
        pub(crate) ticket: Option<String>,
        /// How bad is it?
        #[field(choices = ["low", "high"], default = "low")]
        pub(crate) severity: String,
        /// Who else knows?
        pub(crate) others: Option<Vec<String>>,
        /// Is a customer waiting?
        pub(crate) is_urgent: bool,
    }

    #[reducer]
    fn get_approver(event: &Event) -> Approvers {
        match event.target().kind() {
            "two" => okta::group("security").quorum(2),
            _ => okta::group("security"),
        }
    }

    #[reducer(change = "severity")]
    fn what_is_bad_has_a_ticket(form: &Form) -> Form {
        let mut form = form.clone();
        let is_bad = form.field("severity").is_some_and(|field| field.value == "high");
        if let (true, Some(ticket)) = (is_bad, form.field_mut("ticket")) {
            ticket.required = true;
            "Which ticket is it, then?".clone_into(&mut ticket.label);
        }
        form
    }
}

const APP: App =
    App { flows: countersign::flows![access], strategies: &[], name: "console", version: "1" };

const SETTINGS: &str = r#"
[environment]
name = "test"
org = "acme"
time_zone = "Europe/Berlin"
domains = ["acme.test"]

[[integrations]]
name = "directory"
type = "directory"
external_id = "local"

[[integrations]]
name = "okta"
type = "okta"
external_id = "acme.okta.test"

[[strategies]]
name = "groups"
type = "directory_group"
integration = "directory"

[[targets]]
name = "orders"
kind = "database"
label = "Orders & customers"
strategy = "groups"
settings = { group = "orders" }

[[targets]]
name = "vault"
kind = "two"
label = "The vault"
strategy = "groups"
settings = { group = "vault" }

[[flows]]
name = "access"
targets = ["orders", "vault"]
durations = ["30m", "1h"]
max_duration = "8h"
max_extensions = 2

[[users]]
email = "ada@acme.test"
name = "Ada"

[[users]]
email = "bo@acme.test"
name = "Bo"

[[users]]
email = "cy@acme.test"
name = "Cy"

[[users]]
email = "max@acme.test"
name = "Max"
role = "auditor"

[[users]]
email = "root@acme.test"
name = "Root"
role = "admin"

[[directory.groups]]
name = "security"
members = ["bo@acme.test", "cy@acme.test"]
"#;

/// The pages.
pub(crate) struct Pages {
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

/// Somebody who looks at the pages.
pub(crate) struct Person<'a> {
    pages: &'a Pages,
    name: String,
}

impl Pages {
    pub(crate) fn new() -> Self {
        let settings = Settings::parse(SETTINGS, Format::Toml, "settings.toml").unwrap();
        let local = Local::over(&APP, settings, Arc::new(MemoryStore::new())).unwrap();
        let state = ConsoleState {
            desk: local.desk.clone(),
            people: local.directory.settings().known_users(),
            outbox: Some(local.directory.clone()),
            sign_in: None,
            forms: Arc::new(local.desk.clone()),
            viewers: None,
        };
        Self { router: router(state) }
    }

    pub(crate) fn person(&self, name: &str) -> Person<'_> {
        Person { pages: self, name: name.to_owned() }
    }

    pub(crate) async fn call(&self, mut request: Request<Body>) -> Page {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            let here = SocketAddr::from(([127, 0, 0, 1], 40_000));
            request.extensions_mut().insert(ConnectInfo(here));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let html = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Page { status: parts.status.as_u16(), headers: parts.headers, html }
    }
}

/// A request as a browser sends it from our own page.
pub(crate) fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:7070")
        .header("content-type", "application/x-www-form-urlencoded")
}

impl Person<'_> {
    fn cookie(&self) -> String {
        format!("theme=dark; countersign_person={}@acme.test", self.name)
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        let request = request("GET", path).header("cookie", self.cookie());
        self.pages.call(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form just as it is.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = request("POST", path).header("cookie", self.cookie());
        self.pages.call(request.body(form(fields)).unwrap()).await
    }

    /// Sends a form with the token of a page.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token().await;
        let mut all = vec![("csrf", token.as_str())];
        all.extend(fields);
        self.send(path, &all).await
    }

    pub(crate) async fn token(&self) -> String {
        self.get("/").await.value("csrf")
    }

    /// Asks for something and comes to the run's page.
    pub(crate) async fn asks(&self, target: &str, reason: &str) -> String {
        let fields = [("target", target), ("duration", "1h"), ("reason", reason), ("do", "send")];
        let page = self.post("/flows/access", &fields).await;
        page.goes_to()
    }

    /// The page of a run, once this stands there.
    pub(crate) async fn sees(&self, path: &str, words: &str) -> Page {
        for _ in 0..100 {
            let page = self.get(path).await;
            if page.html.contains(words) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("`{words}` does not appear:\n{}", self.get(path).await.html);
    }
}

impl Page {
    /// The value of the first field of this name.
    pub(crate) fn value(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.html.split_once(&start).unwrap_or_else(|| panic!("{}", self.html));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Where it sends the browser.
    #[track_caller]
    pub(crate) fn goes_to(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.html);
        self.headers["location"].to_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.html.contains(words), "`{words}` is not there:\n{}", self.html);
        self
    }

    #[track_caller]
    pub(crate) fn says_not(&self, words: &str) -> &Self {
        assert!(!self.html.contains(words), "`{words}` is there:\n{}", self.html);
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.html);
        self
    }
}

/// A form's body.
pub(crate) fn form(fields: &[(&str, &str)]) -> Body {
    let encoded = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<_> =
        fields.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
    Body::from(pairs.join("&"))
}
