//! What a token claims, once its signature is known to be good (RFC 7519, section 4.1; OpenID Connect
//! Core 1.0, sections 2, 3.1.3.7 and 5.1).

use countersign::model::{Timestamp, UserId};
use serde_json::{Map, Value};

use super::{Identity, OidcSettings, Refused};

/// By so many seconds the issuer's clock may differ from ours.
const LEEWAY: f64 = 60.0;

/// The longest subject, in bytes (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;

/// Whose the token is, if it is the right issuer's, meant for us, and good at this time.
pub(super) fn check(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    now: Timestamp,
) -> Result<Identity, Refused> {
    let subject = subject(claims, &settings.issuer, &settings.audiences, now)?;
    let user = user(claims, &settings.email_claim)?;
    Ok(Identity { user, issuer: settings.issuer.clone(), subject })
}

/// The ID token of a sign-in that we began: it was made for this client alone, and for this attempt
/// (section 3.1.3.7, 3 to 5 and 11).
pub(super) fn check_id_token(
    claims: Map<String, Value>,
    issuer: &str,
    client: &str,
    nonce: &str,
    now: Timestamp,
) -> Result<IdToken, Refused> {
    let subject = subject(&claims, issuer, &[client.to_owned()], now)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if claims.contains_key("azp") && text("azp") != Some(client) {
        return Err(Refused::Party);
    }
    if text("nonce") != Some(nonce) {
        return Err(Refused::Nonce);
    }
    let acr = text("acr").filter(|it| is_subject(it)).map(str::to_owned);
    let auth_time = date(&claims, "auth_time")?.and_then(instant);
    Ok(IdToken { subject, auth_time, acr, claims })
}

#[expect(clippy::cast_possible_truncation, reason = "a time that is none is none")]
fn instant(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_second(seconds as i64).ok()
}

/// An ID token that is good.
#[derive(Debug)]
pub(crate) struct IdToken {
    /// What the issuer calls them, for good.
    pub(crate) subject: String,
    /// When they showed the issuer who they are, if it says so.
    pub(crate) auth_time: Option<Timestamp>,
    /// How well, in the issuer's words, if it says so.
    pub(crate) acr: Option<String>,
    claims: Map<String, Value>,
}

impl IdToken {
    /// Whether it says a mail address at all, right or wrong.
    pub(crate) fn names(&self, claim: &str) -> bool {
        self.claims.contains_key(claim)
    }

    /// Whose it is, by the claim with the mail address.
    ///
    /// # Errors
    ///
    /// If there is none, or the issuer has not verified it.
    pub(crate) fn user(&self, claim: &str) -> Result<UserId, Refused> {
        user(&self.claims, claim)
    }

    /// Whose it is, by what the issuer says about the same subject when it is asked for more
    /// (section 5.3.2).
    ///
    /// # Errors
    ///
    /// If it is about somebody else; or as of [`user`](Self::user).
    pub(crate) fn user_by(
        &self,
        more: &Map<String, Value>,
        claim: &str,
    ) -> Result<UserId, Refused> {
        if more.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err(missing("sub"));
        }
        user(more, claim)
    }
}

/// Of whom it is, if it is this issuer's, meant for one of ours, and good now.
fn subject(
    claims: &Map<String, Value>,
    issuer: &str,
    audiences: &[String],
    now: Timestamp,
) -> Result<String, Refused> {
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(Refused::Issuer);
    }
    audience(claims, audiences)?;
    time(claims, now)?;
    let subject = claims.get("sub").and_then(Value::as_str).filter(|it| is_subject(it));
    subject.map(str::to_owned).ok_or_else(|| missing("sub"))
}

/// Somebody among several audiences could send the token on to us, unless it was given to one of
/// ours (OpenID Connect Core 1.0, section 3.1.3.7, 3 to 5).
fn audience(claims: &Map<String, Value>, ours: &[String]) -> Result<(), Refused> {
    let is_ours = |name: &Value| name.as_str().is_some_and(|name| ours.iter().any(|it| it == name));
    let aud = claims.get("aud").unwrap_or(&Value::Null);
    let all = aud.as_array().map_or(std::slice::from_ref(aud), Vec::as_slice);
    if !all.iter().any(is_ours) {
        return Err(Refused::Audience);
    }
    if all.len() > 1 && !claims.get("azp").is_some_and(is_ours) {
        return Err(Refused::Party);
    }
    Ok(())
}

fn time(claims: &Map<String, Value>, now: Timestamp) -> Result<(), Refused> {
    let now = now.as_duration().as_secs_f64();
    let expires = date(claims, "exp")?.ok_or_else(|| missing("exp"))?;
    if now >= expires + LEEWAY {
        return Err(Refused::Expired);
    }
    for name in ["nbf", "iat"] {
        if date(claims, name)?.is_some_and(|begins| now + LEEWAY < begins) {
            return Err(Refused::TooEarly);
        }
    }
    Ok(())
}

/// Seconds since 1970, with or without fractions (RFC 7519, section 2).
fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<f64>, Refused> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(seconds)) => Ok(seconds.as_f64()),
        Some(_) => Err(missing(name)),
    }
}

fn is_subject(text: &str) -> bool {
    (1..=LONGEST_SUBJECT).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Nobody becomes somebody else by letters that only look alike in lowercase: other capitals than
/// those of ASCII are none of a mail address.
fn user(claims: &Map<String, Value>, claim: &str) -> Result<UserId, Refused> {
    let address = claims.get(claim).and_then(Value::as_str).unwrap_or_default();
    let user = UserId::parse(address.to_ascii_lowercase()).map_err(|_| missing(claim))?;
    if user.is_bot() {
        return Err(missing(claim));
    }
    // Some issuers write it as a text.
    let is_verified = match claims.get("email_verified") {
        None => true,
        Some(Value::Bool(is_verified)) => *is_verified,
        Some(other) => other.as_str() == Some("true"),
    };
    if is_verified { Ok(user) } else { Err(Refused::Unverified) }
}

fn missing(claim: &str) -> Refused {
    Refused::Claim(claim.to_owned())
}
