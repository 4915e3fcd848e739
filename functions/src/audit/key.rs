//! Keys that sign tree heads: ECDSA on P-256 with SHA-256, as KMS makes it too.

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write as _};
use std::path::Path;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::audit::{Signature, Signer};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use sha2::{Digest, Sha256};

use super::folder::sync_folder;

/// What precedes the 65 bytes of an uncompressed point in a `SubjectPublicKeyInfo` of P-256: the
/// algorithm `id-ecPublicKey`, the curve `secp256r1`, and the header of a bit string.
/// Source: RFC 5480, section 2.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Checks a signature by the key that it names.
///
/// # Errors
///
/// That it is not valid, or that the key is none.
pub fn verify(signature: &Signature, message: &[u8]) -> Result<(), String> {
    let key = STANDARD.decode(&signature.key).map_err(|_| "its key is not in Base64")?;
    let point = key.strip_prefix(&SPKI).filter(|point| point.len() == 65);
    let point = point.ok_or("its key is no public key on P-256")?;
    let value = STANDARD.decode(&signature.value).map_err(|_| "its signature is not in Base64")?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
        .verify(message, &value)
        .map_err(|_| "its signature is not valid".to_owned())
}

/// Names a key: the SHA-256 hash of its `SubjectPublicKeyInfo`, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of the key of a signature.
    #[must_use]
    pub fn of(signature: &Signature) -> Self {
        // What is not in Base64 is no key, and has the name of none.
        let key = STANDARD.decode(&signature.key).unwrap_or_default();
        let hash = Sha256::digest(key).iter().fold(String::new(), |mut text, byte| {
            // Nothing goes wrong in writing to a text.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self(hash)
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain: String = text.chars().filter(|c| *c != ':').collect();
        let plain = plain.to_lowercase();
        if plain.len() == 64 && plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(plain))
        } else {
            Err("a key's fingerprint has 64 hexadecimal digits".to_owned())
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key in a file that only its owner may read.
pub struct LocalKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

impl LocalKey {
    /// The key in this file. Where there is none, one is made.
    ///
    /// # Errors
    ///
    /// If the file can be neither read nor made, or holds no key.
    pub fn open(path: &Path) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("`{}`: {error}", path.display());
        let random = SystemRandom::new();
        let bytes = match File::open(path) {
            Ok(mut file) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(told)?;
                bytes
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
                let bytes = made.map_err(|_| "no key can be made")?.as_ref().to_vec();
                write_new(path, &bytes).map_err(told)?;
                if path.with_file_name("heads").is_dir() {
                    let path = path.display();
                    tracing::warn!(
                        "`{path}` was not there, and a new key was made: heads that were signed \
                         before name another. If nobody removed it on purpose, look into it"
                    );
                }
                bytes
            }
            Err(error) => return Err(told(error)),
        };
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &bytes, &random);
        let pair = pair.map_err(|why| {
            format!("`{}` holds no key ({why}): restore it from a backup", path.display())
        })?;
        Ok(Self { pair, random })
    }

    /// The public key: its `SubjectPublicKeyInfo`, in Base64.
    #[must_use]
    pub fn public(&self) -> String {
        STANDARD.encode([&SPKI, self.pair.public_key().as_ref()].concat())
    }
}

/// Writes it whole or not at all.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(part, path)?;
    sync_folder(path)
}

#[async_trait]
impl Signer for LocalKey {
    async fn sign(&self, message: &[u8]) -> Result<Signature, String> {
        let value = self.pair.sign(&self.random, message).map_err(|_| "the key does not sign")?;
        Ok(Signature { key: self.public(), value: STANDARD.encode(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_is_made_once_and_signs_what_anybody_can_verify() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing-key");
        let first = LocalKey::open(&path).unwrap().sign(b"x").await.unwrap();
        let again = LocalKey::open(&path).unwrap().sign(b"x").await.unwrap();
        assert_eq!(Fingerprint::of(&first), Fingerprint::of(&again));
        for signature in [first, again] {
            assert_eq!(verify(&signature, b"x"), Ok(()));
            let other = verify(&signature, b"y").unwrap_err();
            assert_eq!(other, "its signature is not valid");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_but_its_owner_reads_a_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing-key");
        LocalKey::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_holds_no_key_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing-key");
        std::fs::write(&path, "x").unwrap();
        let error = LocalKey::open(&path).unwrap_err();
        assert!(error.contains("signing-key") && error.contains("restore it"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
    }

    #[test]
    fn a_signature_of_no_key_says_so() {
        let of = |key: &str, value: &str| {
            let signature = Signature { key: key.to_owned(), value: value.to_owned() };
            verify(&signature, b"x").unwrap_err()
        };
        assert_eq!(of("?", ""), "its key is not in Base64");
        assert_eq!(of("AAAA", ""), "its key is no public key on P-256");
        let folder = tempfile::tempdir().unwrap();
        let key = LocalKey::open(&folder.path().join("k")).unwrap().public();
        assert_eq!(of(&key, "?"), "its signature is not in Base64");
        assert_eq!(of(&key, "AAAA"), "its signature is not valid");
    }

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons() {
        let plain = "ab".repeat(32);
        let read: Fingerprint = plain.parse().unwrap();
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(colons.parse(), Ok(read.clone()));
        assert_eq!(read.to_string(), plain);
        assert!("ab".parse::<Fingerprint>().is_err());
    }
}
