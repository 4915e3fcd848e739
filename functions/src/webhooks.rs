//! Signatures by the Standard Webhooks scheme, so that an endpoint verifies them with any of its
//! libraries. Source: <https://www.standardwebhooks.com>.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::flow::HandlerError;
use countersign_integrations::{SecretRef, Secrets};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use sha2::{Digest, Sha256};

use crate::trace;

/// How long an endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fewer bytes can be guessed; the scheme asks for as many.
const SHORTEST: usize = 24;

/// What signs requests. The secret is read when it is used, and shown nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    secret: SecretRef,
    secrets: Secrets,
}

impl Signer {
    pub(crate) const fn new(secret: SecretRef, secrets: Secrets) -> Self {
        Self { secret, secrets }
    }

    /// The header `webhook-signature` of a request.
    ///
    /// # Errors
    ///
    /// If the secret cannot be read, or is none.
    pub(crate) async fn signature(
        &self,
        id: &str,
        timestamp: u64,
        body: &[u8],
    ) -> Result<String, HandlerError> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key().await?).map_err(|_| not_a_secret())?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    async fn key(&self) -> Result<Vec<u8>, HandlerError> {
        let secret = self.secrets.read(&self.secret).await.map_err(|error| {
            HandlerError::new("Http:SECRET", format!("requests cannot be signed: {error}"))
        })?;
        let text = secret.expose().trim();
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let key = STANDARD.decode(encoded).map_err(|_| not_a_secret())?;
        if key.len() < SHORTEST {
            return Err(not_a_secret());
        }
        Ok(key)
    }
}

/// An endpoint that takes signed requests.
#[derive(Debug)]
pub(crate) struct Endpoint {
    url: Url,
    signer: Signer,
    client: Client,
}

/// An endpoint did not take what was sent.
#[derive(Debug, Clone)]
pub(crate) struct NotTaken {
    /// What it answered with, if it did.
    pub(crate) status: Option<u16>,
    /// The same for people.
    pub(crate) why: String,
    /// How long it asks to be left alone, if it does.
    pub(crate) retry_after: Option<Duration>,
}

impl NotTaken {
    fn unanswered(why: String) -> Self {
        Self { status: None, why, retry_after: None }
    }
}

impl Endpoint {
    /// The one at this address: `https`, or this machine.
    ///
    /// # Errors
    ///
    /// If it is no such address.
    pub(crate) fn open(url: &str, secret: SecretRef, secrets: Secrets) -> Result<Self, String> {
        let parsed = Url::parse(url).map_err(|error| format!("`{url}` is no address: {error}"))?;
        let is_here = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && is_here) {
            return Err(format!("`{url}`: it begins with `https://`, or is on this machine"));
        }
        countersign_integrations::install_tls();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { url: parsed, signer: Signer::new(secret, secrets), client })
    }

    /// Posts JSON, under a name that stays the same when it is sent again.
    ///
    /// # Errors
    ///
    /// If the endpoint did not take it, or nobody knows.
    pub(crate) async fn post(&self, id: &str, body: Vec<u8>) -> Result<(), NotTaken> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let timestamp = since.map_or(0, |since| since.as_secs());
        let signature = self.signer.signature(id, timestamp, &body).await;
        let signature = signature.map_err(|error| NotTaken::unanswered(error.to_string()))?;
        let mut call = self.client.post(self.url.clone());
        for (name, value) in trace::headers() {
            call = call.header(name, value);
        }
        let sent = call
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                let seconds = answer.headers().get("retry-after").and_then(|it| it.to_str().ok());
                let seconds = seconds.and_then(|seconds| seconds.parse().ok());
                Err(NotTaken {
                    status: Some(answer.status().as_u16()),
                    why: format!("the endpoint answers {}", answer.status()),
                    retry_after: seconds.map(Duration::from_secs),
                })
            }
            Err(error) => {
                let why = format!("the endpoint gives no answer: {}", because(error));
                Err(NotTaken::unanswered(why))
            }
        }
    }
}

/// The first cause, which says most: the rest says that a request was sent.
fn because(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("it took longer than {} s", PATIENCE.as_secs());
    }
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Names something in a header that its own letters would not fit in.
pub(crate) fn name_of(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let first = hash.iter().take(16).fold(0_u128, |name, byte| (name << 8) | u128::from(*byte));
    format!("{first:032x}")
}

fn not_a_secret() -> HandlerError {
    HandlerError::new("Http:SECRET", "the secret that signs requests is no secret of this scheme")
        .with_hint("make one with `echo whsec_$(openssl rand -base64 32)`")
}
