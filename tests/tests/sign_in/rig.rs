//! The local server for many people behind a proxy, a provider to sign in with, and browsers that
//! know what cookies may be set.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use countersign::engine::records;
use countersign::store::{Commit, Expect, Item, Key, Query, Store, Token, Transaction, Write};
use countersign::testing::MemoryStore;
use countersign_functions::app::App;
use countersign_functions::local::{Local, router};
use countersign_functions::settings::{Format, Settings};
use countersign_tests::issuer::{Client, Issuer};
use countersign_tests::message::Message;
use countersign_tests::simple::access;
use serde_json::Value;
use tower::ServiceExt;

/// Where the proxy is.
pub(crate) const URL: &str = "https://access.acme.test";

/// What the provider calls it.
pub(crate) const CLIENT: &str = "countersign-pages";

const APP: App =
    App { flows: countersign::flows![access], strategies: &[], name: "sign-in", version: "1" };

const SETTINGS: &str = r#"
[environment]
name = "test"
org = "acme"
domains = ["acme.test"]

[sign_in]
issuer = "ISSUER"
client_id = "countersign-pages"
client_secret = { file = "client-secret" }
url = "URL"
MORE

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

[[flows]]
name = "access"
targets = ["orders"]
max_duration = "8h"

[[users]]
email = "root@acme.test"
role = "admin"

[[users]]
email = "gone@acme.test"
deactivated = true

[[directory.groups]]
name = "security"
members = ["bo@acme.test"]
"#;

/// A server, and the provider that it trusts.
pub(crate) struct Site {
    pub(crate) issuer: Issuer,
    pub(crate) store: Arc<MemoryStore>,
    url: String,
    router: Router,
    pub(crate) local: Local,
    pub(crate) folder: tempfile::TempDir,
}

/// A browser, and whoever sits before it.
pub(crate) struct Browser<'a> {
    pub(crate) site: &'a Site,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Where it was led, address by address.
    pub(crate) led: Vec<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(URL, "")
    }

    /// One that is reached there, and has more settings.
    pub(crate) fn with(url: &str, more: &str) -> Self {
        let (issuer, folder) = (Issuer::start().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("client-secret"), "se:cret/+ %\n").unwrap();
        issuer.register(Client {
            id: CLIENT.to_owned(),
            secret: Some("se:cret/+ %".to_owned()),
            redirect_uris: vec![format!("{url}/signin/callback")],
            signed_out_uris: vec![format!("{url}/signout")],
        });
        let text = SETTINGS.replace("ISSUER", issuer.url()).replace("URL", url);
        let text = text.replace("MORE", more);
        let path = folder.path().join("settings.toml");
        let settings = Settings::parse(&text, Format::Toml, path).unwrap();
        let store = Arc::new(MemoryStore::new());
        let local = Local::over(&APP, settings, store.clone()).unwrap();
        let router = router(&local, SocketAddr::from(([0, 0, 0, 0], 7070)));
        Self { issuer, store, url: url.to_owned(), router, local, folder }
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { site: self, cookies: BTreeMap::new(), led: Vec::new() }
    }

    /// The browser of somebody who has signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser<'_> {
        let mut browser = self.browser();
        browser.signs_in(name).await;
        browser
    }

    /// A request as the proxy passes it on.
    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let host = self.url.split_once("://").unwrap().1;
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", host)
            .header("x-forwarded-for", "192.0.2.7")
            .header("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) async fn call(&self, mut request: Request<Body>) -> Page {
        let proxy = SocketAddr::from(([10, 0, 0, 7], 40_000));
        request.extensions_mut().insert(ConnectInfo(proxy));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let html = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Page { status: parts.status.as_u16(), headers: parts.headers, html }
    }

    /// The items of all sessions.
    pub(crate) async fn sessions(&self, of: &str) -> Vec<Item> {
        let list = Query::of(format!("T#sessions#{of}@acme.test"));
        let listed = self.store.query(&list).await.unwrap().items;
        let key = |item: Item| Key::new(format!("T#session#{}", item.key.sk), "#");
        let keys: Vec<_> = listed.into_iter().map(key).collect();
        let found = self.store.get_many(&keys).await.unwrap();
        found.into_iter().flatten().collect()
    }

    /// Changes what is stored of somebody's only session.
    pub(crate) async fn session_becomes(&self, of: &str, change: impl FnOnce(&mut Value)) {
        let item = self.sessions(of).await.remove(0);
        let mut body: Value = serde_json::from_str(&item.body).unwrap();
        change(&mut body);
        let hash = item.key.pk.trim_start_matches("T#session#");
        let listed = Key::new(format!("T#sessions#{of}@acme.test"), hash);
        let expires = serde_json::json!({ "expires": body["expires"] });
        let put = |key: Key, body: &Value| Write::Put {
            key,
            body: body.to_string(),
            expect: Expect::Present,
        };
        let writes = vec![put(listed, &expires), put(item.key.clone(), &body)];
        let token = Token(format!("change {}", item.version));
        assert_eq!(self.store.write(&Transaction { token, writes }).await, Commit::Committed);
    }

    /// The entries of somebody's account, as text.
    pub(crate) async fn record(&self, of: &str) -> String {
        let id = countersign::model::UserId::parse(format!("{of}@acme.test")).unwrap();
        let run = countersign::desk::account_id(&id);
        let query = Query::of(records::partition(&run)).prefix("E#");
        let items = self.store.query(&query).await.unwrap().items;
        items.into_iter().map(|item| item.body).collect()
    }
}

impl Browser<'_> {
    pub(crate) fn cookie(&self) -> String {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// What it may keep of an answer.
    pub(crate) fn keeps(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (pair, attributes) = text.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let has = |attribute: &str| attributes.split("; ").any(|it| it == attribute);
            assert!(has("HttpOnly") && has("SameSite=Lax") && has("Path=/"), "{text}");
            assert!(!attributes.contains("Domain"), "{text}");
            let is_https = self.site.url.starts_with("https:");
            assert_eq!(name.starts_with("__Host-"), is_https, "{text}");
            assert_eq!(has("Secure"), is_https, "{text}");
            if has("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.site.request("GET", path).header("cookie", self.cookie());
        let page = self.site.call(request.body(Body::empty()).unwrap()).await;
        self.keeps(&page.headers);
        page
    }

    /// Opens an address, and follows wherever it leads.
    pub(crate) async fn opens(&mut self, address: &str) -> Page {
        let mut address = address.to_owned();
        for _ in 0..10 {
            self.led.push(address.clone());
            let ours = address.strip_prefix(&self.site.url).unwrap_or(&address);
            let page = if ours.starts_with('/') {
                self.get(ours).await
            } else {
                self.site.asks_the_issuer(&address)
            };
            match page.headers.get(header::LOCATION) {
                Some(next) if (300..400).contains(&page.status) => {
                    next.to_str().unwrap().clone_into(&mut address);
                }
                Some(_) | None => return page,
            }
        }
        panic!("it goes round and round: {:?}", self.led);
    }

    pub(crate) async fn signs_in(&mut self, name: &str) -> Page {
        self.site.issuer.is_used_by(Some(&format!("{name}@acme.test")));
        let page = self.opens("/").await;
        assert_eq!((page.status, self.site.issuer.refusals()), (200, Vec::new()), "{}", page.html);
        page.says("Hello ");
        page
    }

    /// Sends a form just as it is, as a browser sends one from this origin.
    pub(crate) async fn sends(
        &mut self,
        path: &str,
        origin: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Page {
        let mut request = self.site.request("POST", path).header("cookie", self.cookie());
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let page = self.site.call(request.body(form(fields)).unwrap()).await;
        self.keeps(&page.headers);
        page
    }

    /// Sends a form of one of our pages.
    pub(crate) async fn posts(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get("/").await.value("csrf");
        let mut all = vec![("csrf", token.as_str())];
        all.extend(fields);
        let url = self.site.url.clone();
        self.sends(path, Some(&url), &all).await
    }

    /// Asks for something, and comes to the run's page.
    pub(crate) async fn asks(&mut self) -> String {
        let wish = [("target", "orders"), ("duration", "1h"), ("reason", "r"), ("do", "send")];
        self.posts("/flows/access", &wish).await.goes_to()
    }

    /// The page, once this stands there.
    pub(crate) async fn sees(&mut self, path: &str, words: &str) -> Page {
        for _ in 0..200 {
            let page = self.get(path).await;
            if page.html.contains(words) {
                return page;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("`{words}` does not appear:\n{}", self.get(path).await.html);
    }
}

impl Site {
    /// What the provider shows at an address.
    pub(crate) fn asks_the_issuer(&self, address: &str) -> Page {
        let rest = address.strip_prefix("http://").unwrap_or_else(|| panic!("led to {address}"));
        let (host, path) = rest.split_once('/').unwrap();
        assert_eq!(format!("http://{host}"), self.issuer.url(), "led elsewhere");
        let mut stream = TcpStream::connect(host).unwrap();
        let headers = vec![("host".to_owned(), host.to_owned())];
        let request = Message { first: format!("GET /{path} HTTP/1.1"), headers, body: Vec::new() };
        request.write(&mut stream).unwrap();
        let answer = Message::read(&mut BufReader::new(stream)).unwrap().unwrap();
        let mut headers = HeaderMap::new();
        if let Some(location) = answer.header("location") {
            headers.insert(header::LOCATION, location.parse().unwrap());
        }
        let status = answer.first.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, headers, html: String::from_utf8(answer.body).unwrap() }
    }
}

impl Page {
    /// The value of the first field of this name.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.html.split_once(&start).unwrap_or_else(|| panic!("{self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Where it sends the browser.
    #[track_caller]
    pub(crate) fn goes_to(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.html);
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
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
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Body::from(form)
}
