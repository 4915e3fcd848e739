//! The settings of an `http` strategy.

use std::net::IpAddr;
use std::time::Duration as Budget;

use countersign::flow::HandlerError;
use countersign::model::{Duration, Object};
use countersign_integrations::SecretRef;
use reqwest::Url;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// The engine gives a strategy twenty seconds: the endpoint is given up before.
const LONGEST: Duration = Duration::seconds(15);

/// The settings of an `http` strategy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// Where the endpoint is; the actions are below it.
    #[serde(deserialize_with = "address")]
    pub(super) url: Url,
    /// What signs the requests.
    #[serde(deserialize_with = "reference")]
    pub(super) secret: SecretRef,
    /// How long it may take to answer.
    #[serde(default = "ten_seconds")]
    timeout: Duration,
    /// Whether it can say who has access.
    #[serde(default)]
    pub(super) can_look: bool,
    /// Who knows what a user is called there.
    #[serde(default)]
    pub(super) identity: IdentityFrom,
    /// Whether ending access ends what is open at that moment.
    #[serde(default)]
    pub(super) ends_sessions: bool,
    /// Whether it may be plain HTTP; on this machine only.
    #[serde(default)]
    allow_insecure: bool,
}

/// Who knows what a user is called at the endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum IdentityFrom {
    /// Nobody has to: the mail address will do.
    #[default]
    Email,
    /// The endpoint is asked, once per user.
    Endpoint,
}

const fn ten_seconds() -> Duration {
    Duration::seconds(10)
}

impl Config {
    pub(super) fn read(settings: &Object) -> Result<Self, HandlerError> {
        let config = Self::deserialize(Value::Object(settings.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), HandlerError> {
        let url = &self.url;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("`url` names a user: requests are signed with `secret` instead"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("`url` has a query or a fragment: the actions are paths below it"));
        }
        let is_plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(wrong("`url` begins with `https://`")),
        };
        if is_plain && !(self.allow_insecure && is_loopback(url)) {
            return Err(wrong(
                "`url` begins with `https://`; plain HTTP is for this machine only, with `allow_insecure = true`",
            ));
        }
        if self.timeout < Duration::seconds(1) || self.timeout > LONGEST {
            return Err(wrong(format!("`timeout` is between 1s and {LONGEST}")));
        }
        Ok(())
    }

    pub(super) fn timeout(&self) -> Budget {
        Budget::from_secs(self.timeout.as_seconds().into())
    }

    /// The addresses of the actions are those below this one.
    pub(super) fn action(url: &Url, action: &str) -> Url {
        let mut url = url.clone();
        let path = format!("{}/{action}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let text = String::deserialize(from)?;
    Url::parse(&text).map_err(|error| de::Error::custom(format!("`url` is no address: {error}")))
}

/// Says nothing about a value that is no reference: it may be the secret itself.
fn reference<'de, D: Deserializer<'de>>(from: D) -> Result<SecretRef, D::Error> {
    let value = Value::deserialize(from)?;
    SecretRef::of(&value).ok_or_else(|| {
        de::Error::custom("`secret` is `{ env = \"NAME\" }`, `{ file = \"path\" }` or, on AWS, `{ arn = \"arn:..\" }`")
    })
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn wrong(message: impl Into<String>) -> HandlerError {
    HandlerError::new("Http:SETTINGS", message).final_()
}
