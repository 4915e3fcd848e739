//! The issuer itself: where its keys are (OpenID Connect Discovery 1.0), and what they are.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use super::settings::{is_loopback, may_be_asked};
use super::{InvalidOidc, OidcSettings};

/// Somebody waits: so long both requests may take together.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// The largest answer that is read, in bytes.
const LARGEST: usize = 256 * 1024;

/// The issuer.
#[derive(Debug, Clone)]
pub(super) struct Issuer {
    name: String,
    discovery: Url,
    /// Whether it is on this machine, for tests and emulators.
    is_near: bool,
    pub(super) client: Client,
}

/// Whose a discovery document is.
#[derive(Debug, Deserialize)]
struct Named {
    issuer: String,
}

/// What is needed of it to check tokens.
#[derive(Debug, Deserialize)]
struct Discovered {
    jwks_uri: String,
}

impl Issuer {
    pub(super) fn new(settings: &OidcSettings) -> Result<Self, InvalidOidc> {
        let mut discovery = settings.check()?;
        // Section 4.1: a slash at the end goes before the path is added.
        let path =
            format!("{}/.well-known/openid-configuration", discovery.path().trim_end_matches('/'));
        discovery.set_path(&path);
        let is_near = discovery.scheme() == "http" && is_loopback(&discovery);
        // A second call finds it installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .https_only(!is_near)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
        if is_near {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| InvalidOidc::Client(error.to_string()))?;
        Ok(Self { name: settings.issuer.clone(), discovery, is_near, client })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its keys of now.
    ///
    /// # Errors
    ///
    /// Why they cannot be had, for the log.
    pub(super) async fn keys(&self) -> Result<Vec<Key>, String> {
        let keys = tokio::time::timeout(PATIENCE, self.ask()).await;
        keys.unwrap_or_else(|_| Err(format!("no answer in {} ms", PATIENCE.as_millis())))
    }

    async fn ask(&self) -> Result<Vec<Key>, String> {
        let found: Discovered = self.discover().await?;
        let keys = self.address("jwks_uri", &found.jwks_uri)?;
        let set = self.get(keys).await?;
        Key::set(&set).ok_or_else(|| "what is at `jwks_uri` is no set of keys".to_owned())
    }

    /// What its discovery document says.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, or is not to be believed.
    pub(super) async fn discover<T: DeserializeOwned>(&self) -> Result<T, String> {
        let unreadable = |error| format!("the discovery document cannot be read: {error}");
        let document = self.get(self.discovery.clone()).await?;
        let named: Named = serde_json::from_slice(&document).map_err(unreadable)?;
        // Section 4.3: exactly, or somebody else speaks for it.
        if named.issuer != self.name {
            return Err("the discovery document names another issuer".to_owned());
        }
        serde_json::from_slice(&document).map_err(unreadable)
    }

    /// An address that the discovery document names.
    ///
    /// # Errors
    ///
    /// If somebody in between could change what is answered from there.
    pub(super) fn address(&self, what: &str, text: &str) -> Result<Url, String> {
        let url = Url::parse(text).ok().filter(|url| may_be_asked(url, self.is_near));
        url.ok_or_else(|| format!("`{what}` is no address that begins with `https://`"))
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, String> {
        let response = self.client.get(url).send().await.map_err(|error| describe(&error))?;
        let (status, path) = (response.status(), response.url().path().to_owned());
        if status != reqwest::StatusCode::OK {
            return Err(format!("{path} answers {status}"));
        }
        body(response).await
    }
}

/// The body of an answer, up to the largest that is read.
///
/// # Errors
///
/// If it is larger, or breaks off.
pub(super) async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        if body.len().saturating_add(chunk.len()) > LARGEST {
            let path = response.url().path();
            return Err(format!("{path} answers with more than {LARGEST} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error with what caused it: the outermost alone says nothing about names or certificates.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        text = format!("{text}: {error}");
        inner = error.source();
    }
    text
}
