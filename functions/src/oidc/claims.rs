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
    if claims.get("iss").and_then(Value::as_str) != Some(&settings.issuer) {
        return Err(Refused::Issuer);
    }
    audience(claims, &settings.audiences)?;
    time(claims, now)?;
    let subject = claims.get("sub").and_then(Value::as_str).filter(|it| is_subject(it));
    let subject = subject.ok_or_else(|| missing("sub"))?;
    Ok(Identity {
        user: user(claims, &settings.email_claim)?,
        issuer: settings.issuer.clone(),
        subject: subject.to_owned(),
    })
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
