//! The issuer's keys (RFC 7517, RFC 7518), each good for what it was made for and for nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

/// More keys than this no issuer has.
const MOST: usize = 100;

/// How a token may be signed. Only ways in which the issuer alone can sign (RFC 8725, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// RSA, PSS, SHA-256.
    Ps256,
    /// ECDSA on P-256, SHA-256.
    Es256,
    /// Ed25519 (RFC 8037, RFC 9864).
    Ed25519,
}

/// One of the issuer's keys.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) kid: Option<String>,
    /// The one algorithm that the issuer allows it for, if it says so.
    only: Option<Algorithm>,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Algorithm {
    /// By its name in a header or a key.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::Ed25519),
            _ => None,
        }
    }
}

impl Key {
    /// All keys in a set that we can use; `None`: it is no set of keys.
    pub(super) fn set(document: &[u8]) -> Option<Vec<Self>> {
        let document: Value = serde_json::from_slice(document).ok()?;
        let keys = document.get("keys")?.as_array()?;
        (keys.len() <= MOST).then(|| keys.iter().filter_map(Self::of).collect())
    }

    /// A key for signatures, of a kind that is taken.
    pub(super) fn of(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name)?.as_str();
        let is_absent = |name: &str| jwk.get(name).is_none_or(Value::is_null);
        let verifies = |it: &Value| {
            it.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some("verify")))
        };
        if !(is_absent("use") || text("use") == Some("sig"))
            || !(is_absent("key_ops") || jwk.get("key_ops").is_some_and(verifies))
        {
            return None;
        }
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => Material::Rsa { n: number(text("n")?)?, e: number(text("e")?)? },
            ("EC", Some("P-256")) => {
                // Uncompressed, as SEC 1 section 2.3.3 writes a point.
                let mut point = vec![4];
                point.extend(coordinate(text("x")?)?);
                point.extend(coordinate(text("y")?)?);
                Material::P256(point)
            }
            ("OKP", Some("Ed25519")) => Material::Ed25519(coordinate(text("x")?)?),
            _ => return None,
        };
        // A key for an algorithm that is not taken is of no use here.
        let only = if is_absent("alg") { None } else { Some(Algorithm::of(text("alg")?)?) };
        Some(Self { kid: text("kid").map(str::to_owned), only, material })
    }

    /// Whether it may be used in this way.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        let is_allowed = self.only.is_none_or(|only| only == algorithm);
        is_allowed
            && match (&self.material, algorithm) {
                (Material::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Material::P256(_), Algorithm::Es256)
                | (Material::Ed25519(_), Algorithm::Ed25519) => true,
                (Material::Rsa { .. } | Material::P256(_) | Material::Ed25519(_), _) => false,
            }
    }

    /// Whether this signature is the key's own. RSA keys below 2048 bits have signed nothing.
    pub(super) fn has_signed(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let verified = match &self.material {
            Material::Rsa { n, e } => {
                let scheme = if algorithm == Algorithm::Ps256 {
                    &RSA_PSS_2048_8192_SHA256
                } else {
                    &RSA_PKCS1_2048_8192_SHA256
                };
                RsaPublicKeyComponents { n, e }.verify(scheme, message, signature)
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Material::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
        };
        verified.is_ok()
    }
}

/// A number, big-endian. Some issuers write zeros before it, though RFC 7518 section 2 forbids it.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).filter(|rest| !rest.is_empty()).map(<[u8]>::to_vec)
}

/// 32 bytes, always all of them (RFC 7518, section 6.2.1.2).
fn coordinate(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32)
}
