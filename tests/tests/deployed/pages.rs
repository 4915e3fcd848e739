//! The pages behind API Gateway: somebody signs in, asks, and signs out.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::TcpStream;

use countersign_tests::issuer::Client;
use countersign_tests::message::Message;

use crate::place::Place;

/// The client of `infra/tests/ministack`, and its made-up secret.
const CLIENT: (&str, &str) = ("countersign-pages", "made-up-sign-in");

/// A browser, and where the pages are.
struct Browser {
    /// What API Gateway calls itself, and so what the function calls the pages.
    url: String,
    address: String,
    prefix: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn before(place: &Place) -> Self {
        let url = place.deployment.text("url").unwrap();
        let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let (port, id) = (address.split(':').nth(1).unwrap(), path.split('/').nth(2).unwrap());
        Self {
            url: format!("http://{id}.execute-api.localhost:{port}"),
            address: address.to_owned(),
            prefix: format!("/{path}"),
            cookies: BTreeMap::new(),
        }
    }

    fn send(&mut self, method: &str, path: &str, form: Option<String>) -> Message {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookie = pairs.collect::<Vec<_>>().join("; ");
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![
            header("host", &self.address),
            header("connection", "close"),
            header("cookie", &cookie),
        ];
        if form.is_some() {
            headers.push(header("content-type", "application/x-www-form-urlencoded"));
            headers.push(header("origin", &self.url));
        }
        let first = format!("{method} {}{path} HTTP/1.1", self.prefix);
        let request = Message { first, headers, body: form.unwrap_or_default().into_bytes() };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        request.write(&mut stream).unwrap();
        let answer = Message::read(&mut BufReader::new(stream)).unwrap().unwrap();
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn get(&mut self, path: &str) -> String {
        let page = self.send("GET", path, None);
        String::from_utf8(page.body).unwrap()
    }

    fn led(&mut self, path: &str) -> String {
        let page = self.send("GET", path, None);
        let to = page.header("location").map(str::to_owned);
        to.unwrap_or_else(|| panic!("{path}: {}", String::from_utf8_lossy(&page.body)))
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Message {
        let home = self.get("/");
        let (_, rest) = home.split_once("name=\"csrf\" value=\"").unwrap();
        let mut all = vec![("csrf", rest.split('"').next().unwrap())];
        all.extend(fields);
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        self.send("POST", path, Some(form))
    }
}

pub(crate) async fn tell(place: &Place) {
    let issuer = &place.deployment.issuer;
    let mut browser = Browser::before(place);
    issuer.register(Client {
        id: CLIENT.0.to_owned(),
        secret: Some(CLIENT.1.to_owned()),
        redirect_uris: vec![format!("{}/signin/callback", browser.url)],
        signed_out_uris: vec![format!("{}/signout", browser.url)],
    });
    issuer.is_used_by(Some("ada@acme.test"));
    let begins = browser.led("/");
    let asks = browser.led(&begins);
    let back = issuer.authorize(&asks).unwrap();
    let next = browser.led(back.strip_prefix(&browser.url).unwrap());
    let home = browser.get(&next);
    assert!(home.contains("Hello Ada") && home.contains("Production database"), "{home}");
    // What needs the flow's own code is answered by `form`.
    let mut wish = vec![
        ("target", "staging-admin"),
        ("duration", "1h"),
        ("reason", "INC-42"),
        ("do", "preview"),
    ];
    let preview = browser.post("/flows/infra_access", &wish);
    let preview = String::from_utf8(preview.body).unwrap();
    assert!(preview.contains("Would wait"), "{preview}");
    wish[3] = ("do", "send");
    let sent = browser.post("/flows/infra_access", &wish);
    let run = sent.header("location").unwrap().split('?').next().unwrap().to_owned();
    let id = run.strip_prefix("/runs/").unwrap();
    place.person("ada@acme.test").until(id, "pending").await;
    assert!(browser.get(&run).contains("Waiting for"));
    browser.post(&run, &[("do", "cancel")]);
    place.person("ada@acme.test").until(id, "closed").await;
    let out = browser.post("/signout", &[("do", "here")]);
    assert!(out.first.contains(" 200"), "{}", out.first);
    assert!(browser.led("/").starts_with("/signin"));
    assert_eq!(issuer.refusals(), Vec::<String>::new());
}
