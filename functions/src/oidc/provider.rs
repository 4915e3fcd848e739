//! The issuer as one signs in with it: where people are sent, where codes are exchanged, where they
//! sign out (OpenID Connect Core 1.0, section 3.1; RP-Initiated Logout 1.0; RFC 6749, 7636, 9207).

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration as Budget;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::context::Secret;
use countersign::model::{Duration, Timestamp};
use form_urlencoded::byte_serialize;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::issuer::{Issuer, body, describe};

/// Somebody waits; a provider that needs longer to exchange a code is as good as down.
const PATIENCE: Budget = Budget::from_secs(8);

/// What the issuer says of itself is asked for again after this.
const FRESH: Duration = Duration::hours(1);

/// Between two requests for it while it is not to be had.
const PAUSE: Duration = Duration::seconds(5);

/// The issuer, as one signs in with it.
#[derive(Debug)]
pub(crate) struct Provider {
    issuer: Issuer,
    known: RwLock<Known>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    endpoints: Option<(Timestamp, Arc<Endpoints>)>,
    failed: Option<Timestamp>,
}

/// Where the issuer does what. All of it was checked: nobody in between can change what is there.
#[derive(Debug)]
pub(crate) struct Endpoints {
    /// Where people are sent to sign in.
    pub(crate) authorization: Url,
    /// Where people are sent to sign out, if there is such a place.
    pub(crate) end_session: Option<Url>,
    /// Whether its answers always say who gives them (RFC 9207).
    pub(crate) names_itself: bool,
    token: Url,
    user_info: Option<Url>,
    takes_basic: bool,
    takes_post: bool,
}

/// The discovery document, as far as it is about signing in.
#[derive(Debug, Deserialize)]
struct Discovered {
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What we are to the issuer.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    /// The client's id.
    pub(crate) id: &'a str,
    /// Its secret; a public client has none.
    pub(crate) secret: Option<Secret>,
}

/// What was given for a code.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    /// Who it is.
    pub(crate) id_token: String,
    access_token: Option<String>,
}

/// No tokens were given for a code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotExchanged {
    /// The issuer says no.
    #[error("the token endpoint refuses: {0}")]
    Refused(String),
    /// The issuer gives no answer that makes sense.
    #[error("{0}")]
    Unavailable(String),
}

impl Provider {
    pub(super) fn new(issuer: Issuer) -> Self {
        Self { issuer, known: RwLock::default() }
    }

    /// Where it does what. While it gives no answer, what it said before holds.
    ///
    /// # Errors
    ///
    /// Why it cannot be had, for the log.
    pub(crate) async fn endpoints(&self, now: Timestamp) -> Result<Arc<Endpoints>, String> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let is_within = |then: Timestamp, limit: Duration| {
            now.duration_since(then).unsigned_abs().as_secs() < limit.as_seconds().into()
        };
        let held = known.endpoints.as_ref();
        if let Some((_, endpoints)) = held.filter(|(then, _)| is_within(*then, FRESH)) {
            return Ok(endpoints.clone());
        }
        if known.failed.is_some_and(|then| is_within(then, PAUSE)) {
            let held = held.map(|(_, endpoints)| endpoints.clone());
            return held.ok_or_else(|| "it gave no answer a moment ago".to_owned());
        }
        let asked = tokio::time::timeout(PATIENCE, self.issuer.discover()).await;
        let asked = asked.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let found = asked.and_then(|found: Discovered| self.check(&found));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(endpoints) => {
                let endpoints = Arc::new(endpoints);
                *known = Known { endpoints: Some((now, endpoints.clone())), failed: None };
                Ok(endpoints)
            }
            Err(why) => {
                known.failed = Some(now);
                let held = known.endpoints.as_ref().map(|(_, endpoints)| endpoints.clone());
                held.inspect(|_| tracing::warn!("the identity provider: {why}")).ok_or(why)
            }
        }
    }

    fn check(&self, found: &Discovered) -> Result<Endpoints, String> {
        let maybe = |what: &str, text: &Option<String>| {
            text.as_deref().map(|text| self.issuer.address(what, text)).transpose()
        };
        // Discovery 1.0, section 3: what stands for none.
        let methods = found.token_endpoint_auth_methods_supported.as_deref();
        let takes = |method: &str| methods.is_some_and(|all| all.iter().any(|one| one == method));
        Ok(Endpoints {
            authorization: self
                .issuer
                .address("authorization_endpoint", &found.authorization_endpoint)?,
            token: self.issuer.address("token_endpoint", &found.token_endpoint)?,
            user_info: maybe("userinfo_endpoint", &found.userinfo_endpoint)?,
            end_session: maybe("end_session_endpoint", &found.end_session_endpoint)?,
            takes_basic: methods.is_none() || takes("client_secret_basic"),
            takes_post: takes("client_secret_post"),
            names_itself: found.authorization_response_iss_parameter_supported,
        })
    }

    /// Gives a code, and gets tokens (RFC 6749, sections 2.3.1 and 4.1.3; RFC 7636, section 4.5).
    ///
    /// # Errors
    ///
    /// If the issuer refuses, or gives no answer that makes sense.
    pub(crate) async fn exchange(
        &self,
        endpoints: &Endpoints,
        client: &Client<'_>,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
    ) -> Result<Tokens, NotExchanged> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let mut request = self.issuer.client.post(endpoints.token.clone()).timeout(PATIENCE);
        match &client.secret {
            Some(secret) if endpoints.takes_basic => {
                let part = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", part(client.id), part(secret.expose()));
                let header = format!("Basic {}", STANDARD.encode(pair));
                request = request.header(AUTHORIZATION, header);
            }
            Some(secret) if endpoints.takes_post => {
                form.extend([("client_id", client.id), ("client_secret", secret.expose())]);
            }
            Some(_) => {
                let why = "the token endpoint takes neither `client_secret_basic` nor \
                           `client_secret_post`";
                return Err(NotExchanged::Unavailable(why.to_owned()));
            }
            None => form.push(("client_id", client.id)),
        }
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let unavailable = |why: String| NotExchanged::Unavailable(why);
        let response = request.body(form).send().await;
        let response = response.map_err(|error| unavailable(describe(&error)))?;
        let status = response.status();
        let answer = body(response).await.map_err(unavailable)?;
        if status.is_client_error() {
            let mut why = refusal(status, &answer);
            // Whoever repeats what was sent does not make us tell it.
            let sent = client.secret.as_ref().map(Secret::expose);
            for secret in [code, verifier].into_iter().chain(sent).filter(|it| it.len() >= 8) {
                why = why.replace(secret, "(secret)");
            }
            return Err(NotExchanged::Refused(why));
        }
        if status != StatusCode::OK {
            return Err(unavailable(format!("the token endpoint answers {status}")));
        }
        serde_json::from_slice(&answer).map_err(|error| {
            unavailable(format!("what the token endpoint answers: {}", wrong(&error)))
        })
    }

    /// What the issuer says about somebody beyond their ID token; `None` where it says no more.
    ///
    /// # Errors
    ///
    /// Why it cannot be had, for the log.
    pub(crate) async fn user_info(
        &self,
        endpoints: &Endpoints,
        tokens: &Tokens,
    ) -> Result<Option<Map<String, Value>>, String> {
        let (Some(url), Some(token)) = (&endpoints.user_info, &tokens.access_token) else {
            return Ok(None);
        };
        let request = self.issuer.client.get(url.clone()).timeout(PATIENCE).bearer_auth(token);
        let response = request.send().await.map_err(|error| describe(&error))?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(format!("the userinfo endpoint answers {status}"));
        }
        let answer = body(response).await?;
        serde_json::from_slice(&answer)
            .map(Some)
            .map_err(|error| format!("what the userinfo endpoint answers: {}", wrong(&error)))
    }
}

/// Where an answer is not what it should be, and not what stands there: it may be a token.
fn wrong(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("it is not what it should be in line {line}, at {column}")
}

/// How an issuer says no (RFC 6749, section 5.2).
fn refusal(status: StatusCode, answer: &[u8]) -> String {
    let said: Value = serde_json::from_slice(answer).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let said: String =
        format!("{status} {} {}", text("error"), text("error_description")).trim().to_owned();
    said.chars().filter(|c| !c.is_control()).take(300).collect()
}
