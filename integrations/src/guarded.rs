//! HTTP for the code of flows: to the hosts that the settings name, at public addresses, and no
//! further.
//!
//! A flow's address may be put together from what a requester wrote, a name may be made to resolve to
//! the inside, and an answer may point elsewhere. So an address is checked as it is parsed, the name's
//! addresses as they are connected to, and every redirect again.

mod address;
mod rule;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use countersign::context::{HttpRequest, HttpResponse, ServiceError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderName, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode, Url};

pub use rule::{InvalidHost, Rule};

/// The largest answer that is read.
const LARGEST: usize = 1024 * 1024;

/// So many redirects are followed.
const MOST_REDIRECTS: usize = 5;

/// How long a call may take, with its redirects.
const PATIENCE: Duration = Duration::from_secs(10);

/// Headers that say where a request goes or how long it is: they are ours to write.
const OURS: [&str; 6] =
    ["host", "content-length", "transfer-encoding", "connection", "upgrade", "proxy-authorization"];

/// HTTP to the hosts that the settings name.
#[derive(Debug, Clone)]
pub struct Guarded {
    rules: Arc<[Rule]>,
    /// For hosts at public addresses.
    public: Client,
    /// For hosts of which the settings say that they are inside.
    private: Client,
}

impl Guarded {
    /// To these hosts and no others.
    ///
    /// # Errors
    ///
    /// If no client can be made.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, ServiceError> {
        Self::resolving(rules, &(Arc::new(System) as Arc<dyn Names>))
    }

    fn resolving(
        rules: impl IntoIterator<Item = Rule>,
        names: &Arc<dyn Names>,
    ) -> Result<Self, ServiceError> {
        crate::install_tls();
        let client = |may: fn(IpAddr) -> bool| {
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(Duration::from_secs(3))
                .dns_resolver(Arc::new(Checked { names: names.clone(), may }))
                .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| ServiceError::lasting("http", error.to_string(), ""))
        };
        Ok(Self {
            rules: rules.into_iter().collect(),
            public: client(address::is_public)?,
            private: client(address::is_ordinary)?,
        })
    }

    /// Makes a call, and follows redirects as far as they lead to allowed hosts.
    ///
    /// # Errors
    ///
    /// If it is not allowed, there is no answer in ten seconds, or the answer is too large. Any
    /// status is an answer.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ServiceError> {
        match tokio::time::timeout(PATIENCE, self.follow(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(ServiceError::passing(
                "http",
                format!("there is no answer in {} s", PATIENCE.as_secs()),
            )),
        }
    }

    /// Makes a call that takes no longer than this, and returns a redirect as the answer that it is.
    ///
    /// # Errors
    ///
    /// As of [`send`](Self::send).
    pub async fn send_once(
        &self,
        request: &HttpRequest,
        patience: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        let call = async { read(&mut self.once(&parse(&request.url)?, request).await?).await };
        tokio::time::timeout(patience.min(PATIENCE), call).await.unwrap_or_else(|_| {
            Err(ServiceError::passing("http", format!("there is no answer in {patience:?}")))
        })
    }

    async fn follow(&self, mut request: HttpRequest) -> Result<HttpResponse, ServiceError> {
        let mut url = parse(&request.url)?;
        for _ in 0..=MOST_REDIRECTS {
            let mut response = self.once(&url, &request).await?;
            let Some(next) = redirect(&url, &response)? else { return read(&mut response).await };
            let keeps_method = matches!(
                response.status(),
                StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
            );
            if !keeps_method && request.method != "HEAD" {
                "GET".clone_into(&mut request.method);
                request.body = None;
            }
            if next.origin() != url.origin() {
                // What was meant for one host, secrets among it, is not for another.
                if request.body.is_some() {
                    return Err(refused(
                        &next,
                        "it is redirected to another host, with a body that was not meant for it",
                    ));
                }
                request.headers.clear();
            }
            url = next;
        }
        Err(refused(&url, &format!("it is redirected more than {MOST_REDIRECTS} times")))
    }

    async fn once(&self, url: &Url, request: &HttpRequest) -> Result<Response, ServiceError> {
        let rule = self.rule(url)?;
        let client = if rule.is_private { &self.private } else { &self.public };
        let method = Method::from_bytes(request.method.as_bytes())
            .ok()
            .filter(|method| !matches!(*method, Method::CONNECT | Method::TRACE))
            .ok_or_else(|| refused(url, &format!("`{}` is no method for it", request.method)))?;
        let mut call = client.request(method, url.clone());
        for (name, value) in &request.headers {
            let header = HeaderName::from_bytes(name.as_bytes()).ok();
            let header = header.filter(|name| !OURS.contains(&name.as_str()));
            let header = header
                .ok_or_else(|| refused(url, &format!("the header `{name}` cannot be set")))?;
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                refused(
                    url,
                    &format!(
                        "the value of the header `{name}` has characters that headers cannot have"
                    ),
                )
            })?;
            value.set_sensitive(true);
            call = call.header(header, value);
        }
        if let Some(body) = &request.body {
            call = call.body(body.clone());
        }
        call.send().await.map_err(|error| failed(url, error))
    }

    /// The rule by which an address may be called.
    fn rule(&self, url: &Url) -> Result<&Rule, ServiceError> {
        let rule = self.rules.iter().find(|rule| rule.allows(url));
        let rule = rule.ok_or_else(|| {
            let host = url.host_str().unwrap_or_default();
            let hint = format!(
                "if flows may call it, add it to the settings: `[http]`, `hosts = [\"{host}\"]`"
            );
            ServiceError { hint: Some(hint), ..refused(url, "the settings do not allow it") }
        })?;
        let literal = match url.host() {
            Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(url::Host::Domain(_)) | None => None,
        };
        let may = if rule.is_private { address::is_ordinary } else { address::is_public };
        match literal {
            Some(ip) if !may(ip) => Err(refused(url, "it is no public address")),
            Some(_) | None => Ok(rule),
        }
    }
}

fn parse(text: &str) -> Result<Url, ServiceError> {
    let wrong = |what: String| {
        ServiceError::lasting(
            "http",
            what,
            "write the whole address, as in `https://api.acme.com/v1`",
        )
    };
    let url =
        Url::parse(text).map_err(|error| wrong(format!("`{text}` is no address: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "the address names a user; send a header `authorization` instead".to_owned(),
        ));
    }
    Ok(url)
}

/// Where an answer points to, if it does.
fn redirect(url: &Url, response: &Response) -> Result<Option<Url>, ServiceError> {
    if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    let next = location.to_str().ok().and_then(|text| url.join(text).ok());
    let next = next.ok_or_else(|| refused(url, "it is redirected to what is no address"))?;
    parse(next.as_str()).map(Some)
}

async fn read(response: &mut Response) -> Result<HttpResponse, ServiceError> {
    let url = response.url().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&url, error))? {
        if body.len().saturating_add(chunk.len()) > LARGEST {
            return Err(refused(&url, &format!("the answer has more than {LARGEST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
    Ok(HttpResponse { status: response.status().as_u16(), headers: headers.collect(), body })
}

fn refused(url: &Url, why: &str) -> ServiceError {
    let host = url.host_str().unwrap_or_default();
    ServiceError::lasting("http", format!("`{host}` is not called: {why}"), "")
}

fn failed(url: &Url, error: reqwest::Error) -> ServiceError {
    let host = url.host_str().unwrap_or_default().to_owned();
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        if source.is::<NotThere>() {
            return refused(url, &source.to_string());
        }
        cause = source;
    }
    ServiceError::passing("http", format!("`{host}` gives no answer: {cause}"))
}

/// A name resolves to where nobody may go.
#[derive(Debug, thiserror::Error)]
#[error("its name leads to {0}, which is no address that it may have")]
struct NotThere(IpAddr);

/// What finds a name's addresses.
trait Names: std::fmt::Debug + Send + Sync {
    fn find(
        &self,
        name: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>>;
}

/// The machine's own way.
#[derive(Debug)]
struct System;

impl Names for System {
    fn find(
        &self,
        name: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
    }
}

/// Connects only to addresses that were checked: there is no second look-up.
#[derive(Debug)]
struct Checked {
    names: Arc<dyn Names>,
    may: fn(IpAddr) -> bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, may) = (self.names.find(name.as_str().to_owned()), self.may);
        Box::pin(async move {
            let found = found.await?;
            // One wrong address among right ones is a trick, or a mistake; both are refused.
            if let Some(wrong) = found.iter().find(|address| !may(address.ip())) {
                return Err(NotThere(wrong.ip()).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
