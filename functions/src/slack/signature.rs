//! Whether a request comes from Slack: its signature over the raw body, and its age.
//! Source: <https://docs.slack.dev/authentication/verifying-requests-from-slack/>.

use axum::http::{HeaderMap, HeaderName};
use countersign::context::Secret;
use countersign::model::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-slack-request-timestamp");

/// A request that was signed longer ago, or later, may be somebody's copy of one.
const MOST_SECONDS: u64 = 300;

/// Why a request is not believed. Whoever sent it is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// A header that is always there is not, or there is more than one of it.
    #[error("`{0}` is not there exactly once")]
    Header(&'static str),
    /// The time is none.
    #[error("the time of the request is none")]
    Time,
    /// It was signed too long ago, or in the future.
    #[error("the request is older than five minutes, or comes from the future")]
    Stale,
    /// The signature is not written as Slack writes it.
    #[error("the signature is none")]
    Shape,
    /// It was signed with another secret, or changed.
    #[error("the signature is of something else")]
    Signature,
}

/// Whether Slack sent this body: signed with one of these secrets, of which there are two while one
/// takes the other's place.
///
/// # Errors
///
/// Why not.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<(), Forged> {
    let time = single(headers, &TIMESTAMP, "X-Slack-Request-Timestamp")?;
    let signature = single(headers, &SIGNATURE, "X-Slack-Signature")?;
    let signed = seconds(time)?;
    if now.as_second().abs_diff(signed) > MOST_SECONDS {
        return Err(Forged::Stale);
    }
    let tag = signature.strip_prefix("v0=").and_then(bytes).ok_or(Forged::Shape)?;
    let fits = |secret: &Secret| {
        // Nothing is signed without a secret.
        let key = Some(secret.expose()).filter(|key| !key.is_empty());
        let mac = key.and_then(|key| Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok());
        let mac = mac.map(|mac| mac.chain_update("v0:").chain_update(time));
        // Compares in constant time.
        mac.is_some_and(|mac| mac.chain_update(":").chain_update(body).verify_slice(&tag).is_ok())
    };
    // Each is tried, so that the time taken does not say which one fits.
    let fitting = secrets.iter().filter(|secret| fits(secret)).count();
    if fitting == 0 { Err(Forged::Signature) } else { Ok(()) }
}

/// A header that has to be there once.
fn single<'a>(
    headers: &'a HeaderMap,
    header: &HeaderName,
    name: &'static str,
) -> Result<&'a str, Forged> {
    let mut all = headers.get_all(header).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return Err(Forged::Header(name)) };
    value.to_str().map_err(|_| Forged::Header(name))
}

/// Seconds since the Unix epoch, in digits and nothing else.
fn seconds(text: &str) -> Result<i64, Forged> {
    let is_plain = (1..=12).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten().ok_or(Forged::Time)
}

/// The 32 bytes that 64 digits stand for, in lowercase as Slack writes them.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    };
    let mut tag = [0; 32];
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != tag.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in tag.iter_mut().zip(pairs) {
        *byte = value(*high)?.checked_mul(16)?.checked_add(value(*low)?)?;
    }
    Some(tag)
}

#[cfg(test)]
mod tests;
