//! Entries by HTTP, signed by the Standard Webhooks scheme.
//! Source: <https://www.standardwebhooks.com>.

use async_trait::async_trait;
use countersign::audit::{Parcel, Sink};
use countersign_integrations::{SecretRef, Secrets};
use serde_json::json;

use crate::webhooks::Endpoint;

/// Posts each parcel to an endpoint.
#[derive(Debug)]
pub struct HttpSink {
    environment: String,
    endpoint: Endpoint,
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
        let endpoint = Endpoint::open(url, secret, secrets)?;
        Ok(Self { environment: environment.into(), endpoint })
    }
}

#[async_trait]
impl Sink for HttpSink {
    fn name(&self) -> &'static str {
        "http"
    }

    async fn send(&self, parcel: &Parcel) -> Result<(), String> {
        let body = json!({ "environment": self.environment, "entries": parcel.entries });
        let id = format!("{}-{}", self.environment, parcel.id);
        let sent = self.endpoint.post(&id, body.to_string().into_bytes()).await;
        sent.map_err(|not_taken| not_taken.why)
    }
}

#[cfg(test)]
mod tests;
