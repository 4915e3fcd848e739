//! Entries by HTTP, signed by the Standard Webhooks scheme.
//! Source: <https://www.standardwebhooks.com>.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use countersign::audit::{Parcel, Sink};
use countersign_integrations::{SecretRef, Secrets};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::json;

use crate::trace;
use crate::webhooks::Signer;

/// How long the endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts each parcel to an endpoint.
#[derive(Debug)]
pub struct HttpSink {
    environment: String,
    url: Url,
    signer: Signer,
    client: Client,
}

impl HttpSink {
    /// Posts to this address, and signs by a secret.
    ///
    /// # Errors
    ///
    /// If it is no address that entries may go to: `https`, or this machine.
    pub fn new(
        environment: impl Into<String>,
        url: &str,
        secret: SecretRef,
        secrets: Secrets,
    ) -> Result<Self, String> {
        let parsed = Url::parse(url).map_err(|error| format!("`{url}` is no address: {error}"))?;
        let is_here = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && is_here) {
            return Err(format!("`{url}`: entries go to `https://` alone, or to this machine"));
        }
        countersign_integrations::install_tls();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| error.to_string())?;
        let signer = Signer::new(secret, secrets);
        Ok(Self { environment: environment.into(), url: parsed, signer, client })
    }
}

#[async_trait]
impl Sink for HttpSink {
    fn name(&self) -> &'static str {
        "http"
    }

    async fn send(&self, parcel: &Parcel) -> Result<(), String> {
        let body = json!({ "environment": self.environment, "entries": parcel.entries });
        let body = body.to_string().into_bytes();
        let id = format!("{}-{}", self.environment, parcel.id);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let timestamp = since.map_or(0, |since| since.as_secs());
        let signature = self.signer.signature(&id, timestamp, &body).await;
        let signature = signature.map_err(|error| error.to_string())?;
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
            Ok(answer) => Err(format!("the endpoint answers {}", answer.status())),
            Err(error) => Err(format!("the endpoint gives no answer: {}", because(error))),
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

#[cfg(test)]
mod tests;
