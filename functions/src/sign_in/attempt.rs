//! One attempt to sign in, as the browser keeps it: a random key, when it began, where it leads.
//!
//! `state`, `nonce` and the code verifier are codes of authentication over the rest of it under that
//! key: they show nothing of it, none of them shows another, and whoever changes the cookie changes
//! all three.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::model::Timestamp;
use ring::{digest, hmac};

use super::{BEGIN, END};

/// So long an attempt may take, in seconds.
pub(super) const LASTS: i64 = 600;

/// Longer paths are not come back to: a cookie has little room.
const LONGEST_PATH: usize = 1_024;

/// One attempt to sign in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    key: [u8; 32],
    began: i64,
    next: String,
}

impl Attempt {
    /// A new one.
    pub(super) fn new(next: &str, now: Timestamp) -> Self {
        let next = if safe(next) { next } else { "/" };
        Self { key: super::sealed::random(), began: now.as_second(), next: next.to_owned() }
    }

    /// As the browser keeps it.
    pub(super) fn cookie(&self) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.{}", encode(&self.key), self.began, encode(self.next.as_bytes()))
    }

    /// What [`cookie`](Self::cookie) made, if it is not too old.
    pub(super) fn parse(cookie: &str, now: Timestamp) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (key, began, next) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let key = URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
        let began: i64 = began.parse().ok()?;
        let age = now.as_second().checked_sub(began)?;
        let next = String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?;
        // Another machine's clock may be a little ahead.
        ((-60..LASTS).contains(&age) && safe(&next)).then_some(Self { key, began, next })
    }

    /// Where it leads: to one of our own pages.
    pub(super) fn next(&self) -> &str {
        &self.next
    }

    /// What comes back with the provider's answer.
    pub(super) fn state(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.code("state"))
    }

    /// Whether an answer is to this attempt.
    pub(super) fn is_of(&self, state: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key);
        let given = URL_SAFE_NO_PAD.decode(state).unwrap_or_default();
        hmac::verify(&key, self.message("state").as_bytes(), &given).is_ok()
    }

    /// What comes back in the ID token.
    pub(super) fn nonce(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.code("nonce"))
    }

    /// What shows that whoever brings the code is who asked for it (RFC 7636, section 4.1).
    pub(super) fn code_verifier(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.code("code_verifier"))
    }

    /// What the provider is told of the verifier (RFC 7636, section 4.2).
    pub(super) fn challenge(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.code_verifier().as_bytes());
        URL_SAFE_NO_PAD.encode(hash)
    }

    fn code(&self, what: &str) -> hmac::Tag {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key);
        hmac::sign(&key, self.message(what).as_bytes())
    }

    fn message(&self, what: &str) -> String {
        format!("{what} {} {}", self.began, self.next)
    }
}

/// Whether a path leads to one of our own pages, and not back to where one signs in or out.
pub(crate) fn safe(path: &str) -> bool {
    let leads_here = |to: &str| {
        path == to || path.starts_with(&format!("{to}/")) || path.starts_with(&format!("{to}?"))
    };
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= LONGEST_PATH
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !leads_here(BEGIN)
        && !leads_here(END)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn an_attempt_comes_out_of_its_cookie_as_it_went_in() {
        let attempt = Attempt::new("/runs/X?slow#story", now());
        let again = Attempt::parse(&attempt.cookie(), now()).unwrap();
        assert_eq!(again, attempt);
        assert!(again.is_of(&attempt.state()));
        assert_eq!((again.nonce(), again.challenge()), (attempt.nonce(), attempt.challenge()));
        let all = [attempt.state(), attempt.nonce(), attempt.code_verifier()];
        assert!(all.iter().all(|one| one.len() == 43 && !attempt.cookie().contains(one)));
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }

    #[test]
    fn whoever_changes_the_cookie_changes_the_state() {
        let attempt = Attempt::new("/access", now());
        let cookie = attempt.cookie();
        let mut parts: Vec<_> = cookie.split('.').collect();
        let later = (now().as_second() + 5).to_string();
        parts[1] = &later;
        let longer = Attempt::parse(&parts.join("."), now()).unwrap();
        assert!(!longer.is_of(&attempt.state()));
        let elsewhere = URL_SAFE_NO_PAD.encode("/people");
        let moved = format!("{}.{elsewhere}", cookie.rsplit_once('.').unwrap().0);
        assert!(!Attempt::parse(&moved, now()).unwrap().is_of(&attempt.state()));
        for bad in ["", ".", "..", "a.b.c", &format!("{cookie}.x"), &cookie[1..]] {
            assert_eq!(Attempt::parse(bad, now()), None, "{bad}");
        }
        assert!(!attempt.is_of(""));
        assert!(!attempt.is_of(&Attempt::new("/access", now()).state()));
    }

    #[test]
    fn an_attempt_ends_after_ten_minutes() {
        let cookie = Attempt::new("/", now()).cookie();
        let after = |seconds: i64| Timestamp::from_second(now().as_second() + seconds).unwrap();
        assert!(Attempt::parse(&cookie, after(599)).is_some());
        assert!(Attempt::parse(&cookie, after(600)).is_none());
        assert!(Attempt::parse(&cookie, after(-61)).is_none());
    }

    #[test]
    fn only_our_own_pages_are_come_back_to() {
        for ours in ["/", "/runs/X", "/access?user=a%40b#x", "/signing", "/a//b"] {
            assert!(safe(ours), "{ours}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for theirs in [
            "",
            "a",
            "//evil.test",
            "/\\evil.test",
            "\\/evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "/\t/evil.test",
            "/a\r\nSet-Cookie: x",
            " /a",
            "/ä",
            "/signin",
            "/signin/callback?code=x",
            "/signin?next=/",
            "/signout",
            &long,
        ] {
            assert!(!safe(theirs), "{theirs}");
            assert_eq!(Attempt::new(theirs, now()).next(), "/", "{theirs}");
        }
        // Somebody who writes cookies of their own leads nobody elsewhere either.
        let attempt = Attempt { next: "//evil.test".to_owned(), ..Attempt::new("/", now()) };
        assert_eq!(Attempt::parse(&attempt.cookie(), now()), None);
    }
}
