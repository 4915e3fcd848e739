//! Signatures by the Standard Webhooks scheme, so that an endpoint verifies them with any of its
//! libraries. Source: <https://www.standardwebhooks.com>.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::flow::HandlerError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::settings::SecretRef;

/// A secret that was changed is used after this time at the latest.
const KEPT: Duration = Duration::from_mins(5);

/// Fewer bytes can be guessed; the scheme asks for as many.
const SHORTEST: usize = 24;

/// What signs requests. The secret is read when it is used, and shown nowhere.
pub(crate) struct Signer {
    secret: SecretRef,
    folder: PathBuf,
    key: Mutex<Option<(Instant, Vec<u8>)>>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("secret", &self.secret).finish_non_exhaustive()
    }
}

impl Signer {
    pub(crate) fn new(secret: SecretRef, folder: &Path) -> Self {
        Self { secret, folder: folder.to_owned(), key: Mutex::default() }
    }

    /// The header `webhook-signature` of a request.
    ///
    /// # Errors
    ///
    /// If the secret cannot be read, or is none.
    pub(crate) fn signature(
        &self,
        id: &str,
        timestamp: u64,
        body: &[u8],
    ) -> Result<String, HandlerError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key()?).map_err(|_| not_a_secret())?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    fn key(&self) -> Result<Vec<u8>, HandlerError> {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, key)) = &*kept
            && read.elapsed() < KEPT
        {
            return Ok(key.clone());
        }
        let secret = self.secret.read(&self.folder).map_err(|error| {
            HandlerError::new("Http:SECRET", format!("requests cannot be signed: {error}"))
        })?;
        let text = secret.expose().trim();
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let key = STANDARD.decode(encoded).map_err(|_| not_a_secret())?;
        if key.len() < SHORTEST {
            return Err(not_a_secret());
        }
        *kept = Some((Instant::now(), key.clone()));
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
