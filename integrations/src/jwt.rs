//! A JWT that says who we are, signed by RS256 (RFC 7515, RFC 7518 3.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::context::{Secret, ServiceError};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

/// Signs claims with an RSA key in PEM, of PKCS #1 or PKCS #8.
///
/// # Errors
///
/// If the key is none.
pub(crate) fn signed(
    system: &str,
    key: &Secret,
    key_id: Option<&str>,
    claims: &Value,
) -> Result<String, ServiceError> {
    let wrong = |what: &str| {
        let hint =
            "`private_key` is an RSA key in PEM, the whole file with its first and last line";
        ServiceError::lasting(system, what, hint)
    };
    let der = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
        .map_err(|_| wrong("the private key is no PEM"))?;
    let pair = match &der {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(wrong("the private key is no RSA key")),
    };
    let pair = pair.map_err(|error| wrong(&format!("the private key cannot sign: {error}")))?;
    let header = match key_id {
        Some(key_id) => json!({ "alg": "RS256", "typ": "JWT", "kid": key_id }),
        None => json!({ "alg": "RS256", "typ": "JWT" }),
    };
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&header), encode(claims));
    let mut signature = vec![0_u8; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| wrong("the private key cannot sign"))?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
