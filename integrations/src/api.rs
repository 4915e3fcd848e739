//! One vendor's HTTP API, spoken to carefully: timed, capped, never redirected, and no answer taken for
//! more than it is.

mod hidden;

use std::time::Duration;

use countersign::context::{Secret, ServiceError};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::secret::{SecretError, SecretRef, Secrets};
use hidden::Hidden;

/// The largest answer that is read.
const LARGEST: usize = 4 * 1024 * 1024;

/// So much of what a vendor says about its errors is passed on.
const MOST_SAID: usize = 300;

/// Whoever asks waits for an answer: a vendor that wants to be left alone for longer is asked again
/// later, by whoever repeats the whole.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// An answer that has not come after this time, does not come.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 8 });

/// A request that is sure not to have been carried out is sent so many times.
const ATTEMPTS: u32 = 3;

/// One vendor's HTTP API.
#[derive(Debug, Clone)]
pub struct Api {
    system: &'static str,
    base: Url,
    client: Client,
}

impl Api {
    /// The API of a system at an address: `https`, or this machine.
    ///
    /// # Errors
    ///
    /// If it is no such address.
    pub fn new(system: &'static str, base: &str) -> Result<Self, ServiceError> {
        let wrong = |what: String| {
            ServiceError::lasting(
                system,
                what,
                format!("mend the settings of the integration of type `{system}`"),
            )
        };
        let base =
            Url::parse(base).map_err(|error| wrong(format!("`{base}` is no address: {error}")))?;
        let is_here = matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if base.scheme() != "https" && !(base.scheme() == "http" && is_here) {
            return Err(wrong(format!("`{base}` is neither `https://` nor on this machine")));
        }
        if !base.username().is_empty() || base.password().is_some() || base.query().is_some() {
            return Err(wrong("the address names a user or has a query".to_owned()));
        }
        crate::install_tls();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(3))
            .timeout(PATIENCE)
            .https_only(!is_here)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self { system, base, client })
    }

    /// Which system it is, as errors call it.
    #[must_use]
    pub const fn system(&self) -> &'static str {
        self.system
    }

    /// Reads something. `name` is what the vendor's reference calls the operation; the segments of
    /// the path are encoded.
    pub fn get(&self, name: &'static str, path: &[&str]) -> Call<'_> {
        self.call(Method::GET, name, path)
    }

    /// Makes something happen.
    pub fn post(&self, name: &'static str, path: &[&str]) -> Call<'_> {
        self.call(Method::POST, name, path)
    }

    /// The address of a path, for what has to name it.
    #[must_use]
    pub fn address(&self, path: &[&str]) -> String {
        self.url(path).to_string()
    }

    /// Any operation.
    pub fn call(&self, method: Method, name: &'static str, path: &[&str]) -> Call<'_> {
        self.call_at(method, name, self.url(path))
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // An address that is checked to be `https` can have a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// The page that the vendor's answer names as the next one.
    ///
    /// # Errors
    ///
    /// If it is elsewhere: nobody but this system gets its secrets.
    pub fn next_page(&self, name: &'static str, url: &str) -> Result<Call<'_>, ServiceError> {
        let url = Url::parse(url).ok().filter(|url| url.origin() == self.base.origin());
        let url = url.ok_or_else(|| self.wrong_shape(name, "its next page is elsewhere"))?;
        Ok(self.call_at(Method::GET, name, url))
    }

    /// Makes a call with a secret; once more with the secret read anew if the vendor does not take it,
    /// since it may have been changed.
    ///
    /// # Errors
    ///
    /// If the secret cannot be read, or the call does not work.
    pub async fn with_secret<T: DeserializeOwned>(
        &self,
        secrets: &Secrets,
        reference: &SecretRef,
        call: impl for<'a> Fn(&'a Self, &Secret) -> Call<'a>,
    ) -> Result<Answer<T>, Refusal> {
        let unreadable = |error: SecretError| Refusal::unanswered(error.into());
        let secret = secrets.read(reference).await.map_err(unreadable)?;
        match call(self, &secret).hiding(secret.expose()).send().await {
            Err(refusal) if refusal.is_unauthorized() => {
                let again = secrets.read_again(reference).await.map_err(unreadable)?;
                if again.expose() == secret.expose() {
                    return Err(refusal);
                }
                call(self, &again).hiding(again.expose()).send().await
            }
            outcome => outcome,
        }
    }

    fn call_at(&self, method: Method, name: &'static str, url: Url) -> Call<'_> {
        let is_reading = method == Method::GET;
        let request = self.client.request(method, url);
        Call { api: self, name, request, is_reading, hidden: Hidden::default() }
    }

    /// An answer that is not what the vendor publishes. It is never a "no".
    #[must_use]
    pub fn wrong_shape(&self, name: &str, what: impl std::fmt::Display) -> ServiceError {
        ServiceError::lasting(
            self.system,
            format!("the answer to {name} is not what it should be: {what}"),
            "if it stays so, the vendor has changed its API: tell Countersign's developers",
        )
    }
}

/// One call, not made yet.
#[derive(Debug)]
#[must_use]
pub struct Call<'a> {
    api: &'a Api,
    name: &'static str,
    request: RequestBuilder,
    is_reading: bool,
    hidden: Hidden,
}

/// What the vendor answered to a call that it carried out.
#[derive(Debug)]
pub struct Answer<T> {
    /// The body.
    pub body: T,
    /// The headers, for whatever pages by them.
    pub headers: HeaderMap,
}

impl<T> Answer<T> {
    /// Whoever goes on to another page waits first, where the vendor says that it was the last
    /// call for now.
    ///
    /// # Errors
    ///
    /// If that would take longer than anybody waits.
    pub async fn rest(&self, api: &Api, name: &str) -> Result<(), ServiceError> {
        match breather(&self.headers) {
            None => {}
            Some(pause) if pause <= LONGEST_PAUSE => tokio::time::sleep(pause).await,
            Some(pause) => {
                let seconds = pause.as_secs();
                let what = format!("{name}: no further call is left for {seconds} s");
                return Err(ServiceError::passing(api.system, what));
            }
        }
        Ok(())
    }
}

/// A call did not work.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The status that the vendor answered with, if it did.
    pub status: Option<StatusCode>,
    /// What it said, if that was JSON. Not to be passed on as it is: it may be long.
    pub body: Value,
    /// How long it asks to be left alone, if it does.
    pub retry_after: Option<Duration>,
    /// The same for people.
    pub error: ServiceError,
}

impl Refusal {
    /// One without an answer of the vendor's that says more.
    #[must_use]
    pub const fn unanswered(error: ServiceError) -> Self {
        Self { status: None, body: Value::Null, retry_after: None, error }
    }

    /// Whether the vendor says that there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status == Some(StatusCode::NOT_FOUND)
    }

    /// Whether the vendor does not take the secret.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status == Some(StatusCode::UNAUTHORIZED)
    }
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

impl From<Refusal> for countersign::flow::HandlerError {
    fn from(refusal: Refusal) -> Self {
        refusal.error.into()
    }
}

impl Call<'_> {
    /// With this secret, as `Authorization: Bearer`.
    pub fn bearer(self, secret: &Secret) -> Self {
        let call = self.hiding(secret.expose());
        Self { request: call.request.bearer_auth(secret.expose()), ..call }
    }

    /// Says that a text in what is sent is a secret: nothing that is said about this call repeats it.
    pub fn hiding(self, secret: &str) -> Self {
        Self { hidden: self.hidden.and(secret), ..self }
    }

    /// With a header. What says who we are is a secret.
    pub fn header(self, name: &'static str, value: &str) -> Self {
        let this = if name == "authorization" { self.hiding(value) } else { self };
        this.with_header(name, value)
    }

    fn with_header(self, name: &'static str, value: &str) -> Self {
        let mut header = reqwest::header::HeaderValue::from_str(value);
        if let Ok(header) = &mut header {
            header.set_sensitive(true);
        }
        let request = match header {
            Ok(header) => self.request.header(name, header),
            // Left to the builder, which refuses it when it is sent.
            Err(_) => self.request.header(name, value),
        };
        Self { request, ..self }
    }

    /// With this in the query.
    pub fn query(self, query: &impl Serialize) -> Self {
        Self { request: self.request.query(query), ..self }
    }

    /// With this as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    /// With this as it is, of this media type.
    pub fn text(self, media_type: &'static str, body: String) -> Self {
        let request = self.request.header("content-type", media_type).body(body);
        Self { request, ..self }
    }

    /// With this as a form.
    pub fn form(self, body: &impl Serialize) -> Self {
        Self { request: self.request.form(body), ..self }
    }

    /// Says that doing it twice is doing it once, so that it may be sent again.
    pub fn idempotent(self) -> Self {
        Self { is_reading: true, ..self }
    }

    /// Makes the call and reads the body of its answer; of an answer without one, `null`.
    ///
    /// # Errors
    ///
    /// If the vendor did not do it, or nobody knows, or its answer is not of the shape.
    pub async fn send<T: DeserializeOwned>(self) -> Result<Answer<T>, Refusal> {
        let (api, name, hidden) = (self.api, self.name, self.hidden.clone());
        let (headers, text) = self.attempts().await?;
        let text = if text.is_empty() { b"null".as_slice() } else { &text };
        let mut json = serde_json::Deserializer::from_slice(text);
        let body = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let what = format!("at `{}`: {}", error.path(), hidden::mismatch(error.inner()));
            Refusal::unanswered(api.wrong_shape(name, hidden.out_of(&what)))
        })?;
        Ok(Answer { body, headers })
    }

    /// Makes the call and reads the body of its answer as text.
    ///
    /// # Errors
    ///
    /// If the vendor did not do it, or nobody knows, or its answer is no text.
    pub async fn read(self) -> Result<Answer<String>, Refusal> {
        let (api, name) = (self.api, self.name);
        let (headers, text) = self.attempts().await?;
        let body = String::from_utf8(text)
            .map_err(|_| Refusal::unanswered(api.wrong_shape(name, "it is no text")))?;
        Ok(Answer { body, headers })
    }

    /// Makes the call. Of its answer only the status counts.
    ///
    /// # Errors
    ///
    /// If the vendor did not do it, or nobody knows.
    pub async fn done(self) -> Result<(), Refusal> {
        self.attempts().await.map(drop)
    }

    async fn attempts(self) -> Result<(HeaderMap, Vec<u8>), Refusal> {
        let mut left = ATTEMPTS;
        loop {
            left = left.saturating_sub(1);
            let Some(request) = self.request.try_clone() else { break };
            match self.attempt(request).await {
                Err((_, Some(pause))) if left > 0 && pause <= LONGEST_PAUSE => {
                    tokio::time::sleep(pause).await;
                }
                outcome => return outcome.map_err(|(refusal, _)| refusal),
            }
        }
        Err(self.passing("it cannot be sent"))
    }

    /// Once. With an error comes after which pause it may be sent again, if at all.
    async fn attempt(
        &self,
        request: RequestBuilder,
    ) -> Result<(HeaderMap, Vec<u8>), (Refusal, Option<Duration>)> {
        let again = self.is_reading.then_some(Duration::from_millis(200));
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let again = again.filter(|_| !error.is_timeout() && !error.is_builder());
                return Err((self.passing(because(error)), again));
            }
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let text = read(&mut response).await.map_err(|why| (self.passing(why), again))?;
        if status.is_success() {
            return Ok((headers, text));
        }
        // What was refused for its frequency was not done.
        let pause = match status {
            StatusCode::TOO_MANY_REQUESTS => Some(pause(&headers)),
            _ if status.is_server_error() => again,
            _ => None,
        };
        Err((self.refused(status, &headers, &text), pause))
    }

    fn passing(&self, what: impl std::fmt::Display) -> Refusal {
        let error = ServiceError::passing(self.api.system, format!("{}: {what}", self.name));
        Refusal::unanswered(error)
    }

    fn refused(&self, status: StatusCode, headers: &HeaderMap, text: &[u8]) -> Refusal {
        let body = self.hidden.out_of_json(serde_json::from_slice(text).unwrap_or_default());
        let said: String = match &body {
            Value::Null => String::new(),
            body => format!(": {body}").chars().take(MOST_SAID).collect(),
        };
        let what = format!("{} answers {status}{said}", self.name);
        let retryable = status.is_server_error()
            || matches!(
                status,
                StatusCode::REQUEST_TIMEOUT
                    | StatusCode::CONFLICT
                    | StatusCode::LOCKED
                    | StatusCode::TOO_EARLY
                    | StatusCode::TOO_MANY_REQUESTS
            );
        let hint = match status {
            StatusCode::UNAUTHORIZED => Some(format!(
                "look at the secret of the integration of type `{}`: it is not taken",
                self.api.system
            )),
            StatusCode::FORBIDDEN => Some(format!(
                "the secret is taken, but may not do {}: give it the scope or role that this needs",
                self.name
            )),
            StatusCode::TOO_MANY_REQUESTS => {
                Some(format!("it asks to be left alone for {} s", pause(headers).as_secs()))
            }
            _ => None,
        };
        let retry_after = (status == StatusCode::TOO_MANY_REQUESTS).then(|| pause(headers));
        let service = self.api.system.to_owned();
        let error = ServiceError { service, what, retryable, hint };
        Refusal { status: Some(status), body, retry_after, error }
    }
}

/// How long the vendor asks to be left alone.
/// Source: RFC 9110, 10.2.3; a date there is taken for a while, since clocks differ. Where that is
/// missing, the seconds of `ratelimit-reset` as `PagerDuty` has it
/// (<https://developer.pagerduty.com/docs/rest-api-rate-limits>), or the moment of
/// `x-rate-limit-reset` as Okta has it (<https://developer.okta.com/docs/reference/rl-best-practices/>),
/// against the vendor's own clock.
fn pause(headers: &HeaderMap) -> Duration {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("retry-after").map(str::parse) {
        Some(Ok(seconds)) => return Duration::from_secs(seconds),
        Some(Err(_)) => return Duration::from_secs(30),
        None => {}
    }
    if let Some(Ok(seconds)) = text("ratelimit-reset").map(str::parse) {
        return Duration::from_secs(seconds);
    }
    let second = Duration::from_secs(1);
    let Some(Ok(reset)) = text("x-rate-limit-reset").map(str::parse::<i64>) else { return second };
    let now = text("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let now = now.map_or_else(jiff::Timestamp::now, |now| now.timestamp());
    let left = reset.saturating_sub(now.as_second());
    // Both are whole seconds: one more, so as not to come too early.
    Duration::from_secs(u64::try_from(left).unwrap_or_default()).max(second)
}

/// How long to wait before the next of several calls: none where the vendor has some left for us.
fn breather(headers: &HeaderMap) -> Option<Duration> {
    let left = headers.get("x-rate-limit-remaining").or_else(|| headers.get("ratelimit-remaining"));
    let is_over = left.is_some_and(|left| left.as_bytes() == b"0");
    is_over.then(|| pause(headers))
}

async fn read(response: &mut Response) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(because)? {
        if text.len().saturating_add(chunk.len()) > LARGEST {
            return Err(format!("the answer has more than {LARGEST} bytes"));
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

/// The first cause, which says most, without the address, which may hold names.
fn because(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "there is no answer in time".to_owned();
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
