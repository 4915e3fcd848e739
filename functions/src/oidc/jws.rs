//! A token as it is written: three parts in base64url (RFC 7515, section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::key::{Algorithm, Key};
use super::refused::Refused;

/// The longest token that is looked at, in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// A signed token, of which nothing is believed yet.
///
/// Keys that it brings along (`jwk`, `jku`, `x5c`, `x5u`) are never looked at: RFC 8725, section 3.10.
#[derive(Debug)]
pub(super) struct Jws<'a> {
    pub(super) algorithm: Algorithm,
    /// Which of the issuer's keys it says to be signed with.
    pub(super) kid: Option<String>,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Reads the header. `none` and everything with a shared secret is no [`Algorithm`] at all.
    pub(super) fn parse(token: &'a str) -> Result<Self, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::TooLong);
        }
        let parts = || Refused::Malformed("it does not have three parts");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(parts)?;
        let (header, payload) = signed.split_once('.').ok_or_else(parts)?;
        if payload.contains('.') {
            return Err(parts());
        }
        let header = object(header).ok_or(Refused::Malformed("its header cannot be read"))?;
        let signature =
            decode(signature).ok_or(Refused::Malformed("its signature cannot be read"))?;
        // RFC 7515, section 4.1.11: what is critical and not understood has to be refused.
        if header.contains_key("crit") {
            return Err(Refused::Critical);
        }
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(Refused::Malformed("its `kid` is no text")),
        };
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::of);
        let algorithm = algorithm.ok_or(Refused::Algorithm)?;
        if !header.get("typ").is_none_or(is_kind) {
            return Err(Refused::Kind);
        }
        Ok(Self { algorithm, kid, signed, payload, signature })
    }

    /// Whether it was signed with this key, in the way it says.
    pub(super) fn is_signed_by(&self, key: &Key) -> bool {
        key.has_signed(self.algorithm, self.signed.as_bytes(), &self.signature)
    }

    /// What it claims.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, Refused> {
        object(self.payload).ok_or(Refused::Malformed("its claims cannot be read"))
    }
}

/// ID tokens (RFC 7519, section 5.1) and access tokens (RFC 9068, section 2.1) are taken; others that
/// the same issuer signs with the same keys, such as logout tokens, say so (RFC 8725, section 3.11).
fn is_kind(typ: &Value) -> bool {
    let typ = typ.as_str().unwrap_or_default().to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&decode(text)?).ok()
}
