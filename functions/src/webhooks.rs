//! Signatures by the Standard Webhooks scheme, so that an endpoint verifies them with any of its
//! libraries. Source: <https://www.standardwebhooks.com>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::flow::HandlerError;
use countersign_integrations::{SecretRef, Secrets};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Fewer bytes can be guessed; the scheme asks for as many.
const SHORTEST: usize = 24;

/// What signs requests. The secret is read when it is used, and shown nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    secret: SecretRef,
    secrets: Secrets,
}

impl Signer {
    pub(crate) const fn new(secret: SecretRef, secrets: Secrets) -> Self {
        Self { secret, secrets }
    }

    /// The header `webhook-signature` of a request.
    ///
    /// # Errors
    ///
    /// If the secret cannot be read, or is none.
    pub(crate) async fn signature(
        &self,
        id: &str,
        timestamp: u64,
        body: &[u8],
    ) -> Result<String, HandlerError> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key().await?).map_err(|_| not_a_secret())?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    async fn key(&self) -> Result<Vec<u8>, HandlerError> {
        let secret = self.secrets.read(&self.secret).await.map_err(|error| {
            HandlerError::new("Http:SECRET", format!("requests cannot be signed: {error}"))
        })?;
        let text = secret.expose().trim();
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let key = STANDARD.decode(encoded).map_err(|_| not_a_secret())?;
        if key.len() < SHORTEST {
            return Err(not_a_secret());
        }
        Ok(key)
    }
}

/// Names something in a header that its own letters would not fit in.
pub(crate) fn name_of(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let first = hash.iter().take(16).fold(0_u128, |name, byte| (name << 8) | u128::from(*byte));
    format!("{first:032x}")
}

fn not_a_secret() -> HandlerError {
    HandlerError::new("Http:SECRET", "the secret that signs requests is no secret of this scheme")
        .with_hint("make one with `echo whsec_$(openssl rand -base64 32)`")
}
