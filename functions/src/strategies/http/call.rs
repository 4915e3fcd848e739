//! One request to the endpoint: signed, timed, capped, and sent nowhere else.

use std::time::{Duration, SystemTime};

use countersign::flow::HandlerError;
use countersign_integrations::Secrets;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde_json::Value;

use super::answer::{self, Answer, Tone};
use super::config::Config;
use crate::trace;
use crate::webhooks::Signer;

/// The largest answer that is read.
const LARGEST: usize = 64 * 1024;

/// One's own endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    url: Url,
    timeout: Duration,
    signer: Signer,
    client: Client,
}

/// What it is told.
pub(super) struct Message<'a> {
    pub(super) action: &'a str,
    pub(super) id: String,
    pub(super) body: Value,
}

impl Endpoint {
    pub(super) fn new(config: Config, secrets: Secrets) -> Result<Self, HandlerError> {
        countersign_integrations::install_tls();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(config.timeout())
            .https_only(config.url.scheme() == "https")
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| HandlerError::new("Http:SETTINGS", error.to_string()).final_())?;
        let timeout = config.timeout();
        let signer = Signer::new(config.secret, secrets);
        Ok(Self { url: config.url, timeout, signer, client })
    }

    /// Sends a message and reads the `body` of the answer.
    ///
    /// # Errors
    ///
    /// If the endpoint did not say, in the agreed shape, that it did what it was asked.
    pub(super) async fn post(
        &self,
        message: Message<'_>,
        tone: Tone,
    ) -> Result<Option<Value>, HandlerError> {
        let body = message.body.to_string().into_bytes();
        let timestamp = seconds_since_1970();
        let signature = self.signer.signature(&message.id, timestamp, &body).await?;
        let mut call = self.client.post(Config::action(&self.url, message.action));
        for (name, value) in trace::headers() {
            call = call.header(name, value);
        }
        let sent = call
            .header("content-type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await;
        let response = sent.map_err(|error| self.failed(&error))?;
        let (status, wait) = (response.status(), retry_after(&response));
        let text = self.read(response).await?;
        Answer { status, wait, text }.outcome(tone)
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, HandlerError> {
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            if text.len().saturating_add(chunk.len()) > LARGEST {
                let message = format!("the endpoint answered with more than {LARGEST} bytes");
                return Err(HandlerError::new(answer::WRONG_SHAPE, message));
            }
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }

    /// What happened at the endpoint is not known: it is never final.
    fn failed(&self, error: &reqwest::Error) -> HandlerError {
        let host = self.url.host_str().unwrap_or_default();
        if error.is_timeout() {
            let message =
                format!("the endpoint on {host} gave no answer in {} s", self.timeout.as_secs());
            return HandlerError::new("Http:TIMED_OUT", message);
        }
        let what = if error.is_connect() { "cannot be reached" } else { "broke off its answer" };
        HandlerError::new("Http:UNREACHABLE", format!("the endpoint on {host} {what}"))
    }
}

/// When to come again, as the endpoint says it: a hint for people, cut to what is one.
fn retry_after(response: &Response) -> Option<String> {
    let text = response.headers().get("retry-after")?.to_str().ok()?;
    let text: String = text.chars().take(40).collect();
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    Some(if is_number { format!("{text} s") } else { text })
}

/// Endpoints compare it with their own clock, whatever time the engine reckons with.
fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
