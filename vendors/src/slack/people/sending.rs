//! What people do reaches the app, signed, and so does its answer to it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::Workspace;

/// Whoever does not answer in this time is shown to have failed.
const PATIENCE: Duration = Duration::from_secs(3);

impl Workspace {
    /// Sends what people do to the app at this address, such as `http://127.0.0.1:7070`.
    pub fn sends_to(&self, url: &str) {
        url.clone_into(&mut self.state().app_url);
    }

    /// Every view that the app showed or answered with, and the blocks of every message.
    #[must_use]
    pub fn shown(&self) -> (Vec<Value>, Vec<Value>) {
        let (mut views, mut messages) = (Vec::new(), Vec::new());
        for heard in self.house.heard() {
            let form: BTreeMap<String, String> = form_urlencoded::parse(&heard.body)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            let json = |name: &str| serde_json::from_str(form.get(name)?).ok();
            views.extend(json("view"));
            messages.extend(json("blocks"));
            // Answers at an address come as JSON.
            let body: Option<Value> = serde_json::from_slice(&heard.body).ok();
            messages.extend(body.and_then(|body| body.get("blocks").cloned()));
        }
        for answer in &self.state().answers {
            views.extend(answer.get("view").cloned());
            messages.extend(answer.get("blocks").cloned());
        }
        (views, messages)
    }

    /// What requests are signed with.
    #[must_use]
    pub fn signing_secret(&self) -> String {
        self.state().signing_secret.clone()
    }

    /// Signs with another secret from now on.
    pub fn replace_signing_secret(&self, secret: &str) {
        secret.clone_into(&mut self.state().signing_secret);
    }

    /// The headers and the body of a request as Slack signs it now.
    #[must_use]
    pub fn signed(&self, body: &str) -> [(&'static str, String); 2] {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let secret = self.state().signing_secret.clone();
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let mac = mac.chain_update(format!("v0:{now}:{body}")).finalize().into_bytes();
        let digits = mac.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        [
            ("x-slack-request-timestamp", now.to_string()),
            ("x-slack-signature", format!("v0={digits}")),
        ]
    }

    fn client(&self) -> reqwest::Client {
        let made = || {
            // A second call finds it chosen already.
            let _ = rustls::crypto::ring::default_provider().install_default();
            reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
        };
        self.state().client.get_or_insert_with(made).clone()
    }

    /// Sends the app something, and returns the status and the body of its answer.
    ///
    /// # Panics
    ///
    /// If it does not answer in three seconds.
    pub async fn send(&self, path: &str, kind: &str, body: &str) -> (u16, String) {
        let url = format!("{}{path}", self.state().app_url);
        let mut request =
            self.client().post(&url).header("content-type", kind).body(body.to_owned());
        for (name, value) in self.signed(body) {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        let answer = answer.unwrap_or_else(|error| panic!("operation_timeout at {path}: {error}"));
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Sends the app a form that somebody else signed, and returns the status of its answer.
    pub async fn sends_signed(&self, path: &str, body: &str, time: &str, signature: &str) -> u16 {
        let url = format!("{}{path}", self.state().app_url);
        let request = self
            .client()
            .post(&url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", time)
            .header("x-slack-signature", signature)
            .body(body.to_owned());
        request.send().await.unwrap().status().as_u16()
    }

    /// Sends the app something, and returns what it says: over its connection where it has one.
    pub(super) async fn told(&self, path: &str, kind: &str, body: &str) -> Value {
        if self.state().socket_url.is_some() {
            let id = self.state().new_id("E");
            let sort = match path {
                "/slack/commands" => "slash_commands",
                "/slack/events" => "events_api",
                _ => "interactive",
            };
            return self.envelope(sort, &id, &unpacked(body)).await;
        }
        let (status, body) = self.send(path, kind, body).await;
        assert_eq!(status, 200, "dispatch_failed at {path}: {body}");
        if body.is_empty() {
            return Value::Null;
        }
        let answer: Value = serde_json::from_str(&body)
            .unwrap_or_else(|_| panic!("{path} answers no JSON: {body}"));
        self.state().answers.push(answer.clone());
        answer
    }

    pub(super) async fn interaction(&self, path: &str, payload: &Value) -> Value {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("payload", &payload.to_string());
        self.told(path, "application/x-www-form-urlencoded", &form.finish()).await
    }

    /// Something happened, of which the app is told.
    pub async fn happens(&self, event: Value) {
        let (team, app) = (self.team(), self.state().app.clone());
        let body = json!({
            "token": "deprecated",
            "type": "event_callback",
            "team_id": team,
            "api_app_id": app,
            "event_id": "Ev0001",
            "event_time": 1,
            "event": event,
        });
        self.told("/slack/events", "application/json", &body.to_string()).await;
    }
}

/// What is in a body, whichever way it is written.
fn unpacked(body: &str) -> Value {
    if let Ok(value) = serde_json::from_str(body) {
        return value;
    }
    let form: serde_json::Map<String, Value> = form_urlencoded::parse(body.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    match form.get("payload").and_then(Value::as_str) {
        Some(payload) => serde_json::from_str(payload).unwrap(),
        None => Value::Object(form),
    }
}
