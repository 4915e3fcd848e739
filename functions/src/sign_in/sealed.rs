//! What follows from the text that a browser has for a session, and from nothing that is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// 256 bits that nobody can guess.
pub(super) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Without chance there is no secret, and then nobody is to be let in.
    getrandom::fill(&mut bytes)
        .unwrap_or_else(|error| unreachable!("the machine has no randomness: {error}"));
    bytes
}

/// A text for a new session.
pub(crate) fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(random())
}

fn derived(token: &str, what: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()), what.as_bytes())
}

/// What the forms of a session carry.
pub(crate) fn csrf(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(derived(token, "form"))
}

/// Each session has a key of its own, which seals one text: the nonce is never used twice.
fn key(token: &str) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, derived(token, "seal").as_ref()).ok().map(LessSafeKey::new)
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// A text that only whoever has the session can read.
pub(crate) fn seal(token: &str, text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    key(token)?.seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// What was sealed.
pub(crate) fn open(token: &str, sealed: &str) -> Option<String> {
    let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let text = key(token)?.open_in_place(nonce(), Aad::empty(), &mut bytes).ok()?;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_read_by_whoever_has_the_session_alone() {
        let (ours, theirs) = (new_token(), new_token());
        let sealed = seal(&ours, "ey..").unwrap();
        assert!(!sealed.contains(&URL_SAFE_NO_PAD.encode("ey..")));
        assert_eq!(open(&ours, &sealed).as_deref(), Some("ey.."));
        assert_eq!(open(&theirs, &sealed), None);
        assert_eq!(open(&ours, "AAAA"), None);
        assert_ne!(csrf(&ours), csrf(&theirs));
    }
}
