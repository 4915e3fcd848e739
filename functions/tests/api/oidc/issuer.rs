//! An identity provider of the test's own, on a free port of this machine.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use countersign_functions::oidc::{OidcSettings, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::signer::Signer;

/// For whom its tokens are meant.
pub(crate) const AUDIENCE: &str = "countersign";

/// The identity provider.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    answers: Arc<Answers>,
}

struct Answers {
    discovery: Mutex<Answer>,
    keys: Mutex<Answer>,
    discovered: AtomicUsize,
    asked: AtomicUsize,
}

/// What is answered at an address.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Body(Vec<u8>),
    Status(StatusCode),
    Redirect(String),
    Never,
}

impl Issuer {
    /// One with these keys.
    pub(crate) async fn new(keys: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let name = format!("http://{}/tenant", listener.local_addr().unwrap());
        let nothing = || Mutex::new(Answer::Status(StatusCode::NOT_FOUND));
        let (discovered, asked) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let answers = Answers { discovery: nothing(), keys: nothing(), discovered, asked };
        let issuer = Self { name, answers: Arc::new(answers) };
        issuer.discovers(&json!({}));
        issuer.publishes(keys);
        let router = Router::new().fallback(answer).with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// Whoever trusts it.
    pub(crate) fn verifier(&self) -> Arc<Verifier> {
        Arc::new(Verifier::new(self.settings()).unwrap())
    }

    pub(crate) fn settings(&self) -> OidcSettings {
        OidcSettings::new(&self.name, [AUDIENCE])
    }

    /// From now on it has these keys.
    pub(crate) fn publishes(&self, keys: &[&Signer]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        self.publishes_json(&json!({ "keys": keys }));
    }

    pub(crate) fn publishes_json(&self, document: &Value) {
        self.keys_are(Answer::Body(document.to_string().into_bytes()));
    }

    pub(crate) fn keys_are(&self, answer: Answer) {
        *self.answers.keys.lock().unwrap() = answer;
    }

    /// From now on its discovery document differs in this.
    pub(crate) fn discovers(&self, differs: &Value) {
        let mut document = json!({
            "issuer": self.name,
            "jwks_uri": format!("{}/keys", self.name),
            "id_token_signing_alg_values_supported": ["RS256", "none"],
        });
        super::merge(&mut document, differs);
        self.discovery_is(Answer::Body(document.to_string().into_bytes()));
    }

    pub(crate) fn discovery_is(&self, answer: Answer) {
        *self.answers.discovery.lock().unwrap() = answer;
    }

    pub(crate) fn is_down(&self) {
        self.discovery_is(Answer::Status(StatusCode::BAD_GATEWAY));
    }

    /// How often its discovery document and its keys were asked for.
    pub(crate) fn asked(&self) -> (usize, usize) {
        let count = |it: &AtomicUsize| it.load(Ordering::SeqCst);
        (count(&self.answers.discovered), count(&self.answers.asked))
    }

    /// The claims of a good token at this time, with what differs.
    pub(crate) fn claims(&self, now: i64, differs: &Value) -> Value {
        let mut claims = json!({
            "iss": self.name, "aud": AUDIENCE, "sub": "00u1", "email": "ada@acme.test",
            "iat": now - 10, "nbf": now - 10, "exp": now + 300,
        });
        super::merge(&mut claims, differs);
        claims
    }
}

async fn answer(State(issuer): State<Issuer>, uri: Uri, headers: HeaderMap) -> Response {
    assert!(!headers.contains_key(header::AUTHORIZATION));
    let answers = &issuer.answers;
    let (answer, count) = match uri.path() {
        "/tenant/.well-known/openid-configuration" => (&answers.discovery, &answers.discovered),
        "/tenant/keys" => (&answers.keys, &answers.asked),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    count.fetch_add(1, Ordering::SeqCst);
    let answer = answer.lock().unwrap().clone();
    match answer {
        Answer::Body(body) => body.into_response(),
        Answer::Status(status) => status.into_response(),
        Answer::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Answer::Never => std::future::pending().await,
    }
}
