//! Which issuer is trusted, and for whom its tokens have to be meant.

use std::net::IpAddr;

use reqwest::Url;

/// Which issuer is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// The issuer, exactly as its tokens and its discovery document write it.
    pub issuer: String,
    /// For whom a token may be meant: one of these has to be in its claim `aud`.
    pub audiences: Vec<String>,
    /// The claim that holds the mail address.
    pub email_claim: String,
}

/// Why settings make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOidc {
    /// The issuer is no address that can be trusted.
    #[error("the OIDC issuer `{0}` {1}")]
    Issuer(String, &'static str),
    /// No audience is named.
    #[error("no OIDC audience is named: tokens for any application would be taken")]
    NoAudience,
    /// No claim is named.
    #[error("the name of the claim with the mail address is empty; leave it out for `email`")]
    NoClaim,
    /// The HTTP client cannot be made.
    #[error("no connection to the OIDC issuer can be made: {0}")]
    Client(String),
}

impl OidcSettings {
    /// The claim that holds the mail address unless another one is named.
    pub const EMAIL: &'static str = "email";

    /// This issuer, for these audiences.
    pub fn new<A: Into<String>>(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            email_claim: Self::EMAIL.to_owned(),
        }
    }

    /// What the environment says: `COUNTERSIGN_OIDC_ISSUER`, `COUNTERSIGN_OIDC_AUDIENCE` (several
    /// with commas) and `COUNTERSIGN_OIDC_EMAIL_CLAIM`. Without an issuer nobody signs in this way.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let var = |name: &str| var(name).filter(|value| !value.trim().is_empty());
        let issuer = var("COUNTERSIGN_OIDC_ISSUER")?.trim().to_owned();
        let audiences = var("COUNTERSIGN_OIDC_AUDIENCE").unwrap_or_default();
        let audiences = audiences.split(',').map(str::trim).filter(|it| !it.is_empty());
        let claim = var("COUNTERSIGN_OIDC_EMAIL_CLAIM");
        Some(Self {
            email_claim: claim.map_or_else(|| Self::EMAIL.to_owned(), |it| it.trim().to_owned()),
            ..Self::new(issuer, audiences)
        })
    }

    /// The issuer's address, if everything makes sense.
    pub(crate) fn check(&self) -> Result<Url, InvalidOidc> {
        let wrong = |why| InvalidOidc::Issuer(self.issuer.clone(), why);
        let url = Url::parse(&self.issuer).map_err(|_| wrong("is no address"))?;
        if !may_be_asked(&url, is_loopback(&url)) {
            return Err(wrong("begins not with `https://`; plain HTTP is for this machine only"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("names a user"));
        }
        // OpenID Connect Discovery 1.0, section 3.
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has a query or a fragment"));
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return Err(InvalidOidc::NoAudience);
        }
        if self.email_claim.is_empty() {
            return Err(InvalidOidc::NoClaim);
        }
        Ok(url)
    }
}

/// Whether nobody in between can change what is answered from there.
pub(crate) fn may_be_asked(url: &Url, may_be_plain: bool) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => may_be_plain && is_loopback(url),
        _ => false,
    }
}

/// Whether this is the machine itself.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
