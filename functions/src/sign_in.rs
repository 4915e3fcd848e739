//! Signing in with a browser (OpenID Connect): the authorization code flow with PKCE, against the
//! issuer whose tokens the API takes.
//!
//! Nothing of an attempt is stored here: the browser holds it in a cookie that lives for ten
//! minutes, and all that the provider is told follows from it by a one-way function. So an
//! answer of the provider is worth something in the browser that asked, and in no other.

mod attempt;
mod cookies;
mod doctor;
mod sealed;

use std::sync::Arc;

use axum::http::HeaderMap;
use countersign::context::Secret;
use countersign::desk::Problem;
use countersign::model::{Duration, Timestamp};
use countersign_integrations::{SecretError, SecretRef, Secrets};
use reqwest::Url;

use crate::oidc::{
    Client, Endpoints, IdToken, Identity, NotExchanged, OidcSettings, Provider, Tokens, Verifier,
    may_be_asked,
};
use crate::settings::SignInSettings;

use attempt::Attempt;
pub(crate) use attempt::safe;
use cookies::Cookies;
pub(crate) use sealed::{csrf, new_token, open, seal};

/// Where people begin.
pub(crate) const BEGIN: &str = "/signin";

/// Where the provider sends them back to.
pub(crate) const CALLBACK: &str = "/signin/callback";

/// Where they end.
pub(crate) const END: &str = "/signout";

/// Longer ID tokens are no hint whom to sign out, in bytes.
const LONGEST_HINT: usize = 4 * 1024;

/// How people sign in.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What the provider calls us.
    pub client_id: String,
    /// What we prove that with; a public client has nothing but PKCE.
    pub client_secret: Option<SecretRef>,
    /// The claim that holds the mail address.
    pub email_claim: String,
    /// Where browsers reach the pages, as in `https://access.acme.test`.
    pub url: String,
    /// Whether requests under any other name are refused. Behind API Gateway the name is the gateway's.
    pub checks_host: bool,
    /// How long a session lasts.
    pub lasts: Duration,
    /// How long it may rest; `None`: for as long as it lasts.
    pub idle: Option<Duration>,
}

#[cfg(feature = "aws")]
impl Setup {
    /// What the environment of a function says: `COUNTERSIGN_OIDC_CLIENT_ID`,
    /// `COUNTERSIGN_OIDC_CLIENT_SECRET` (the secret's ARN), `COUNTERSIGN_OIDC_EMAIL_CLAIM`,
    /// `COUNTERSIGN_SESSION_LASTS` and `COUNTERSIGN_SESSION_IDLE`. Without a client there are no pages.
    ///
    /// # Errors
    ///
    /// If a length of time is none.
    pub(crate) fn from_vars(
        var: impl Fn(&str) -> Option<String>,
        url: &str,
    ) -> Result<Option<Self>, String> {
        let var = |name: &str| var(name).filter(|value| !value.trim().is_empty());
        let length = |name: &str| {
            let parsed = var(name).map(|text| Duration::parse(&text)).transpose();
            parsed.map_err(|error| format!("{name}: {error}"))
        };
        let (lasts, idle) =
            (length("COUNTERSIGN_SESSION_LASTS")?, length("COUNTERSIGN_SESSION_IDLE")?);
        let claim = var("COUNTERSIGN_OIDC_EMAIL_CLAIM");
        let client_secret = var("COUNTERSIGN_OIDC_CLIENT_SECRET").map(SecretRef::Arn);
        let Some(client_id) = var("COUNTERSIGN_OIDC_CLIENT_ID") else { return Ok(None) };
        Ok(Some(Self {
            client_id,
            client_secret,
            email_claim: claim.unwrap_or_else(|| OidcSettings::EMAIL.to_owned()),
            url: url.to_owned(),
            checks_host: false,
            lasts: lasts.unwrap_or(LASTS),
            idle,
        }))
    }
}

/// How long a session lasts unless it is said.
pub(crate) const LASTS: Duration = Duration::hours(8);

/// Why nobody can sign in so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSignIn {
    /// It is no address of pages.
    #[error(
        "`{0}` is no address of pages: write one like `https://access.acme.com`; plain HTTP is for this machine only"
    )]
    Url(String),
    /// The client has no name.
    #[error("the client has no id: write the one that the identity provider gave")]
    NoClient,
}

/// Signs people in.
#[derive(Debug)]
pub struct SignIn {
    setup: Setup,
    verifier: Arc<Verifier>,
    provider: Provider,
    secrets: Secrets,
    cookies: Cookies,
    origin: String,
    authority: String,
}

/// Somebody who goes to the provider.
#[derive(Debug)]
pub(crate) struct Begun {
    /// Where.
    pub(crate) location: String,
    /// What their browser keeps meanwhile.
    pub(crate) cookie: String,
}

/// Somebody who came back.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Who.
    pub(crate) identity: Identity,
    /// When they showed the provider who they are.
    pub(crate) auth_time: Option<Timestamp>,
    /// How well.
    pub(crate) acr: Option<String>,
    /// What the provider takes as a hint whom to sign out.
    pub(crate) id_token: String,
    /// Where they wanted to go.
    pub(crate) next: String,
}

impl SignIn {
    /// As the settings of the local server say.
    ///
    /// # Errors
    ///
    /// If that makes no sense.
    pub fn of(settings: &SignInSettings, secrets: Secrets) -> Result<Self, String> {
        let client = settings.client_id.clone();
        let audiences = std::iter::once(&client).chain(&settings.audiences).cloned();
        let oidc = OidcSettings {
            email_claim: settings.email_claim.clone(),
            ..OidcSettings::new(&settings.issuer, audiences)
        };
        let verifier = Verifier::new(oidc).map_err(|error| error.to_string())?;
        let setup = Setup {
            client_id: client,
            client_secret: settings.client_secret.clone(),
            email_claim: settings.email_claim.clone(),
            url: settings.url.clone(),
            checks_host: true,
            lasts: settings.lasts,
            idle: settings.idle,
        };
        Self::new(Arc::new(verifier), setup, secrets).map_err(|error| error.to_string())
    }

    /// What says whose tokens the API takes.
    #[must_use]
    pub fn verifier(&self) -> Arc<Verifier> {
        self.verifier.clone()
    }

    /// Where browsers reach the pages, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.setup.url
    }

    /// Signs people in with the issuer that this verifier trusts.
    ///
    /// # Errors
    ///
    /// If that makes no sense.
    pub fn new(
        verifier: Arc<Verifier>,
        mut setup: Setup,
        secrets: Secrets,
    ) -> Result<Self, InvalidSignIn> {
        let url = address(&setup.url)?;
        if setup.client_id.trim().is_empty() {
            return Err(InvalidSignIn::NoClient);
        }
        setup.url.truncate(setup.url.trim_end_matches('/').len());
        let origin = url.origin().ascii_serialization();
        let authority = origin.split_once("://").map(|(_, it)| it.to_owned()).unwrap_or_default();
        let cookies = Cookies { is_secure: url.scheme() == "https" };
        let provider = verifier.provider();
        Ok(Self { setup, verifier, provider, secrets, cookies, origin, authority })
    }

    /// Whom it trusts.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.verifier.issuer()
    }

    pub(crate) const fn setup(&self) -> &Setup {
        &self.setup
    }

    pub(crate) const fn cookies(&self) -> &Cookies {
        &self.cookies
    }

    /// Whether the pages are reached by HTTPS.
    pub(crate) const fn is_secure(&self) -> bool {
        self.cookies.is_secure
    }

    /// Whether the pages are called that: a host, with a port if it is not the usual one.
    pub(crate) fn is_called(&self, host: &str) -> bool {
        !self.setup.checks_host || host == self.authority
    }

    /// Whether a page of this origin is one of ours.
    pub(crate) fn is_own_origin(&self, origin: &str) -> bool {
        origin == self.origin
    }

    fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.setup.url)
    }

    /// Sends somebody to the provider, to go on at this path afterwards.
    ///
    /// # Errors
    ///
    /// If the provider is not to be had.
    pub(crate) async fn begin(&self, next: &str, now: Timestamp) -> Result<Begun, Problem> {
        let endpoints = self.endpoints(now).await?;
        let attempt = Attempt::new(next, now);
        // Claims of the profile are for those who name one of them.
        let scope =
            if self.setup.email_claim == "email" { "openid email" } else { "openid email profile" };
        let mut location = endpoints.authorization.clone();
        location
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.setup.client_id)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("scope", scope)
            .append_pair("state", &attempt.state())
            .append_pair("nonce", &attempt.nonce())
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(Begun { location: location.into(), cookie: self.cookies.of_attempt(&attempt.cookie()) })
    }

    /// What comes of the provider's answer, in the browser that asked.
    ///
    /// # Errors
    ///
    /// Why they are not signed in.
    pub(crate) async fn finish(
        &self,
        answer: &[(String, String)],
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Finished, Problem> {
        let state = one(answer, "state")?.unwrap_or_default();
        let held = self.cookies.attempt(headers).and_then(|text| Attempt::parse(&text, now));
        let attempt = held.filter(|attempt| attempt.is_of(state)).ok_or_else(not_begun_here)?;
        let endpoints = self.endpoints(now).await?;
        self.is_theirs(&endpoints, one(answer, "iss")?)?;
        if let Some(error) = one(answer, "error")? {
            return Err(refused(error));
        }
        let code = one(answer, "code")?.filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| refused("it gave no code"))?;
        let tokens = self.exchange(&endpoints, code, &attempt).await?;
        let token = self
            .verifier
            .verify_id_token(&tokens.id_token, &self.setup.client_id, &attempt.nonce(), now)
            .await?;
        let user = self.user(&endpoints, &tokens, &token).await?;
        let identity = Identity { user, issuer: self.issuer().to_owned(), subject: token.subject };
        let next = attempt.next().to_owned();
        let IdToken { auth_time, acr, .. } = token;
        Ok(Finished { identity, auth_time, acr, id_token: tokens.id_token, next })
    }

    /// Where somebody signs out of the provider, too, if there is such a place (OpenID Connect
    /// RP-Initiated Logout 1.0, section 2).
    pub(crate) async fn farewell(
        &self,
        id_token: Option<String>,
        now: Timestamp,
    ) -> Option<String> {
        let mut url = self.endpoints(now).await.ok()?.end_session.clone()?;
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &self.setup.client_id);
        query.append_pair("post_logout_redirect_uri", &format!("{}{END}", self.setup.url));
        // Servers do not read addresses of any length.
        if let Some(hint) = id_token.filter(|token| token.len() <= LONGEST_HINT) {
            query.append_pair("id_token_hint", &hint);
        }
        drop(query);
        Some(url.into())
    }

    /// An answer of another provider is none (RFC 9207, section 2.4).
    fn is_theirs(&self, endpoints: &Endpoints, named: Option<&str>) -> Result<(), Problem> {
        let is_theirs = match named {
            Some(named) => named == self.issuer(),
            None => !endpoints.names_itself,
        };
        if is_theirs {
            return Ok(());
        }
        let detail = "the answer is not of the identity provider that was asked";
        Err(Problem::new(400, "other_issuer", detail).hint("sign in again"))
    }

    async fn exchange(
        &self,
        endpoints: &Endpoints,
        code: &str,
        attempt: &Attempt,
    ) -> Result<Tokens, Problem> {
        let secret = self.secret().await.map_err(|error| {
            tracing::error!("nobody can sign in, the client's secret cannot be read: {error}");
            unavailable("the secret of this client cannot be read")
        })?;
        let client = Client { id: &self.setup.client_id, secret };
        let (verifier, to) = (attempt.code_verifier(), self.redirect_uri());
        let tokens = self.provider.exchange(endpoints, &client, code, &verifier, &to).await;
        tokens.map_err(|error| match error {
            NotExchanged::Refused(why) => {
                tracing::warn!("a sign-in was refused by the token endpoint: {why}");
                let detail = "the identity provider does not take back the code that it gave";
                Problem::new(400, "code_refused", detail).hint(
                    "sign in again; if it stays so, an administrator can find the reason in the log",
                )
            }
            NotExchanged::Unavailable(why) => {
                tracing::error!("nobody can sign in: {why}");
                unavailable("the identity provider gives no answer that makes sense")
            }
        })
    }

    /// The client's secret; a public client has none.
    async fn secret(&self) -> Result<Option<Secret>, SecretError> {
        match &self.setup.client_secret {
            Some(reference) => self.secrets.read(reference).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whose the token is. A provider that leaves the mail address out of it is asked for it.
    async fn user(
        &self,
        endpoints: &Endpoints,
        tokens: &Tokens,
        token: &IdToken,
    ) -> Result<countersign::model::UserId, Problem> {
        let claim = &self.setup.email_claim;
        if token.names(claim) {
            return Ok(token.user(claim)?);
        }
        match self.provider.user_info(endpoints, tokens).await {
            Ok(Some(more)) => Ok(token.user_by(&more, claim)?),
            Ok(None) => Ok(token.user(claim)?),
            Err(why) => {
                tracing::error!("nobody can sign in: {why}");
                Err(unavailable("the identity provider does not say who that is"))
            }
        }
    }

    async fn endpoints(&self, now: Timestamp) -> Result<Arc<Endpoints>, Problem> {
        self.provider.endpoints(now).await.map_err(|why| {
            tracing::error!(issuer = self.issuer(), "nobody can sign in: {why}");
            unavailable("the identity provider does not answer")
        })
    }
}

/// The address of pages, if it is one.
///
/// # Errors
///
/// If it is none.
pub(crate) fn address(text: &str) -> Result<Url, InvalidSignIn> {
    let wrong = || InvalidSignIn::Url(text.to_owned());
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    // The pages are at the root of their host; an emulator of API Gateway puts them elsewhere.
    let is_at_root = url.path() == "/" || url.scheme() == "http";
    // Browsers ask nobody for names below `localhost`: they are this machine.
    let is_here = url.host_str().is_some_and(|host| host.ends_with(".localhost"));
    let is_safe = may_be_asked(&url, true) || (url.scheme() == "http" && is_here);
    let is_one = is_safe && url.has_host() && is_bare && is_at_root;
    if is_one { Ok(url) } else { Err(wrong()) }
}

/// The only value of a parameter.
fn one<'a>(all: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = all.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(refused("it answered twice in one")),
    }
}

fn not_begun_here() -> Problem {
    Problem::new(
        400,
        "not_begun_here",
        "this sign-in was not begun in this browser, or more than ten minutes ago",
    )
    .hint("sign in again")
}

/// The provider says no. What it says stands in an address that anybody can make: of it, only what
/// may be a code (RFC 6749, section 4.1.2.1) is repeated.
fn refused(why: &str) -> Problem {
    let said: String =
        why.chars().filter(|c| c.is_ascii_alphanumeric() || " _-.".contains(*c)).take(60).collect();
    let detail = format!("the identity provider does not let you in: {said}");
    Problem::new(403, "sign_in_refused", detail).hint("sign in again, or ask whoever runs it")
}

fn unavailable(why: &str) -> Problem {
    Problem::new(503, "issuer_unavailable", why).hint("try again in a moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_reached_by_https_or_on_this_machine() {
        for good in [
            "https://access.acme.test",
            "https://access.acme.test:8443/",
            "http://localhost:7070",
            "http://127.0.0.1:7070",
            "http://[::1]:7070",
            "http://x.execute-api.localhost:4566",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "access.acme.test",
            "http://access.acme.test",
            "http://localhost.evil.test",
            "http://evillocalhost",
            "https://acme.test/access",
            "https://acme.test?x",
            "https://ada@acme.test",
            "ftp://localhost",
            "javascript:alert(1)",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
