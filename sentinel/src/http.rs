//! HTTP for `import "http"`: to the hosts of a list, by a function of the caller's. Without both the
//! import is refused.
//!
//! An address is checked here before the function sees it, and so is each that a redirect leads to.
//! What a name resolves to is the function's affair.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A request that the list of hosts allows.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The address: `https`, or `http` where the list says so.
    pub url: String,
    /// Headers, each name once.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Option<Vec<u8>>,
    /// How long it may take, reading the answer included.
    pub timeout: Duration,
}

/// An answer, of whatever status.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// 200, 404, ..
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// What was answered, at most [`Http::LARGEST`] bytes.
    pub body: Vec<u8>,
}

type Send = dyn Fn(&HttpRequest) -> Result<HttpResponse, String> + std::marker::Send + Sync;

/// The hosts that policies may call, and the function that calls them.
#[derive(Clone)]
pub struct Http {
    hosts: Arc<[Host]>,
    send: Arc<Send>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// An entry of the list.
#[derive(Debug, PartialEq, Eq)]
struct Host {
    scheme: &'static str,
    name: String,
    /// Whether all names below it are meant, and not itself.
    is_suffix: bool,
    port: u16,
}

impl Http {
    /// The largest answer, in bytes.
    pub const LARGEST: usize = 1 << 20;

    /// HTTP to these hosts: `api.acme.com`, `api.acme.com:8443`, `*.acme.com` for all names below,
    /// by HTTPS; `http://localhost:8080` by plain HTTP.
    ///
    /// The function makes one call and returns the answer. It must not follow redirects, has to keep
    /// to the timeout and to [`LARGEST`](Self::LARGEST), and is the one that has to refuse names
    /// that resolve to addresses inside. An error is told to the policy's author.
    ///
    /// # Errors
    /// An entry is no host.
    pub fn new<'a>(
        hosts: impl IntoIterator<Item = &'a str>,
        send: impl Fn(&HttpRequest) -> Result<HttpResponse, String> + std::marker::Send + Sync + 'static,
    ) -> Result<Self, String> {
        let hosts: Result<Vec<_>, _> = hosts.into_iter().map(Host::parse).collect();
        Ok(Self { hosts: hosts?.into(), send: Arc::new(send) })
    }

    /// Makes a call, if the list allows it.
    pub(crate) fn call(&self, request: &HttpRequest) -> Result<HttpResponse, String> {
        let address = Address::parse(&request.url)?;
        if !self.hosts.iter().any(|host| host.allows(&address)) {
            return Err(format!(
                "`{}` is not among the hosts that policies may call",
                address.host
            ));
        }
        let response = (self.send)(request)?;
        if response.body.len() > Self::LARGEST {
            return Err(format!("the answer is larger than {} KiB", Self::LARGEST >> 10));
        }
        Ok(response)
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no host: write `api.acme.com`, `api.acme.com:8443`, `*.acme.com` for all \
                 names below, or `http://localhost:8080`"
            )
        };
        let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let (is_suffix, url) = match url.split_once("://*.") {
            Some((scheme, rest)) => (true, format!("{scheme}://{rest}")),
            None => (false, url),
        };
        let address = Address::parse(&url).map_err(|_| wrong())?;
        // `*.com` would be nearly everybody.
        if !address.rest.is_empty() || (is_suffix && !address.host.contains('.')) {
            return Err(wrong());
        }
        let (scheme, name, port) = (address.scheme, address.host, address.port);
        Ok(Self { scheme, name, is_suffix, port })
    }

    fn allows(&self, address: &Address) -> bool {
        let is_name = if self.is_suffix {
            let below = address.host.strip_suffix(&self.name);
            below.is_some_and(|below| below.len() > 1 && below.ends_with('.'))
        } else {
            address.host == self.name
        };
        is_name && address.port == self.port && address.scheme == self.scheme
    }
}

/// The parts of an address. Only the plainest are taken, so that nobody reads another host in one
/// than we do.
#[derive(Debug)]
pub(crate) struct Address {
    scheme: &'static str,
    host: String,
    port: u16,
    /// Path and query.
    rest: String,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let shown: String = url.chars().take(200).collect();
        let wrong = |why: &str| Err(format!("`{shown}` cannot be called: {why}"));
        let (scheme, default_port, after) = match url.split_once("://") {
            Some(("https", after)) => ("https", 443, after),
            Some(("http", after)) => ("http", 80, after),
            _ => return wrong("it must begin with `https://`"),
        };
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '<' | '>' | '"' | '`');
        if url.len() > 8 << 10 || !after.chars().all(is_plain) || after.contains('#') {
            return wrong("it is too long, or has characters that addresses have not");
        }
        let (authority, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)),
            None => (authority, Some(default_port)),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let labels = host.split('.').all(|label| !label.is_empty());
        let (Some(port), true) = (port, labels && host.chars().all(is_name)) else {
            return wrong("it must have a host of letters, digits, `-` and `.`, and no user");
        };
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port, rest: rest.to_owned() })
    }

    /// Whether another address is of the same host.
    pub(crate) fn is_origin_of(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port == other.port
    }

    /// Where a redirect leads: another address, or a path on this host.
    pub(crate) fn join(&self, location: &str) -> String {
        if location.starts_with('/') && !location.starts_with("//") {
            return format!("{}://{}:{}{location}", self.scheme, self.host, self.port);
        }
        location.to_owned()
    }
}
