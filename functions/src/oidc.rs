//! Sign-in by the tokens of an identity provider (OpenID Connect).
//!
//! A [`Verifier`] trusts one issuer. It reads the issuer's keys by discovery, keeps them for a while,
//! and says whose a token is, or why it is not taken. Every rule stands in our own code; of the
//! signatures alone `ring` is asked, which the TLS stack brings along.
//!
//! The rules are those of JWS (RFC 7515), JWK (RFC 7517), JWT (RFC 7519), its best current practices
//! (RFC 8725), OpenID Connect Core 1.0 section 3.1.3.7 and OpenID Connect Discovery 1.0.

mod claims;
mod issuer;
mod jws;
mod key;
mod keyring;
mod provider;
mod refused;
mod settings;
#[cfg(test)]
mod tests;

use countersign::model::{Timestamp, UserId};
use serde_json::{Map, Value};

use issuer::Issuer;
use jws::Jws;
use keyring::Keyring;

pub(crate) use claims::IdToken;
pub(crate) use provider::{Client, Endpoints, NotExchanged, Provider, Tokens};
pub use refused::Refused;
pub(crate) use settings::may_be_asked;
pub use settings::{InvalidOidc, OidcSettings};

/// Says whose a token is.
#[derive(Debug)]
pub struct Verifier {
    settings: OidcSettings,
    keyring: Keyring,
}

/// Whose a token is, as its issuer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The mail address.
    pub user: UserId,
    /// Who says so.
    pub issuer: String,
    /// What the issuer calls them, for good: the claim `sub`.
    pub subject: String,
}

impl Verifier {
    /// Trusts an issuer. Nothing is asked of it until the first token comes.
    ///
    /// # Errors
    ///
    /// If the settings make no sense.
    pub fn new(settings: OidcSettings) -> Result<Self, InvalidOidc> {
        let issuer = Issuer::new(&settings)?;
        Ok(Self { settings, keyring: Keyring::new(issuer) })
    }

    /// Whom it trusts.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Whose this token is.
    ///
    /// What it claims is not looked at before its signature is known to be good.
    ///
    /// # Errors
    ///
    /// If it is not to be believed, or the issuer's keys cannot be had.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, Refused> {
        claims::check(&self.signed(token, now).await?, &self.settings, now)
    }

    /// The ID token that answers a sign-in of this client with this nonce.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub(crate) async fn verify_id_token(
        &self,
        token: &str,
        client: &str,
        nonce: &str,
        now: Timestamp,
    ) -> Result<IdToken, Refused> {
        let claims = self.signed(token, now).await?;
        claims::check_id_token(claims, &self.settings.issuer, client, nonce, now)
    }

    /// The issuer itself, to sign in with.
    pub(crate) fn provider(&self) -> Provider {
        Provider::new(self.keyring.issuer().clone())
    }

    /// What a token claims that the issuer signed.
    async fn signed(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, Refused> {
        let jws = Jws::parse(token)?;
        let keys = self.keyring.find(jws.kid.as_deref(), jws.algorithm, now).await?;
        if !keys.iter().any(|key| jws.is_signed_by(key)) {
            return Err(Refused::Signature);
        }
        jws.claims()
    }
}
