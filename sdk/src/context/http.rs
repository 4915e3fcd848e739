//! HTTP as a flow sees it: to the hosts that the settings allow.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Context, Secret, ServiceError};

/// A call of somebody's HTTP API.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method, in capitals.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Headers, secrets among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// Shows no header's value and no body: there are secrets among them.
impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status, such as 200.
    pub status: u16,
    /// The headers, their names in lowercase.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// Whether the status says that it worked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// A header, by its name in lowercase.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body of an answer that worked, as JSON.
    ///
    /// # Errors
    ///
    /// If it did not work, or the body is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        if !self.is_success() {
            let what = format!("the answer has the status {}", self.status);
            let passes = self.status == 429 || self.status >= 500;
            return Err(ServiceError {
                retryable: passes,
                ..ServiceError::lasting("http", what, "")
            });
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            ServiceError::lasting("http", format!("the answer is not as expected: {error}"), "")
        })
    }
}

/// HTTP, as a flow sees it. Only hosts that the settings allow are called, at public addresses.
///
/// ```
/// # use countersign::prelude::*;
/// # async fn example(cx: &Context) -> Result<bool> {
/// #[derive(countersign::serde::Deserialize)]
/// #[serde(crate = "countersign::serde")]
/// struct Change {
///     approved: bool,
/// }
///
/// let token = cx.secret("change_api").await?;
/// let answer = cx.http().get("https://changes.acme.com/CHG-42").bearer(&token).send().await?;
/// let change: Change = answer.json()?;
/// # Ok(change.approved) }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Http<'a>(&'a Context);

impl<'a> Http<'a> {
    pub(super) const fn new(cx: &'a Context) -> Self {
        Self(cx)
    }

    /// Reads something.
    pub fn get(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("GET", url)
    }

    /// Makes something happen. It carries an `idempotency-key`, since a function may be called
    /// again after a crash.
    pub fn post(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("POST", url)
    }

    /// Any method.
    pub fn call(&self, method: &str, url: impl Into<String>) -> HttpCall<'a> {
        let (method, url) = (method.to_owned(), url.into());
        let headers = match method.as_str() {
            "GET" | "HEAD" => Vec::new(),
            _ => vec![("idempotency-key".to_owned(), self.0.idempotency_key().to_owned())],
        };
        HttpCall { cx: self.0, request: HttpRequest { method, url, headers, body: None } }
    }
}

/// A call, not made yet.
#[derive(Debug)]
#[must_use = "it is made by `send`"]
pub struct HttpCall<'a> {
    cx: &'a Context,
    request: HttpRequest,
}

impl HttpCall<'_> {
    /// With a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.request.headers.push((name.to_lowercase(), value.into()));
        self
    }

    /// With a secret, as `authorization: Bearer`.
    pub fn bearer(self, secret: &Secret) -> Self {
        let value = format!("Bearer {}", secret.expose());
        self.header("authorization", value)
    }

    /// With a body of JSON.
    ///
    /// # Errors
    ///
    /// If the value has no JSON form.
    pub fn json(self, body: &impl Serialize) -> Result<Self, ServiceError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            ServiceError::lasting("http", format!("the body has no JSON form: {error}"), "")
        })?;
        let mut call = self.header("content-type", "application/json");
        call.request.body = Some(body);
        Ok(call)
    }

    /// With any body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = Some(body.into());
        self
    }

    /// Makes the call. Any status is an answer.
    ///
    /// # Errors
    ///
    /// If the settings do not allow the host, it is at no public address, or there is no answer.
    pub async fn send(self) -> Result<HttpResponse, ServiceError> {
        self.cx.services().http(self.request).await
    }
}
