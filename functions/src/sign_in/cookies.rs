//! The two cookies: the session, and an attempt to begin one.
//!
//! `__Host-` keeps other hosts, also those below the same domain, from setting them; a browser
//! believes it with `Secure` alone, so that only a machine that is its own provider does without.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::attempt::LASTS;

const SESSION: &str = "countersign_session";

const ATTEMPT: &str = "countersign_attempt";

/// How cookies are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies {
    /// Whether the pages are reached by HTTPS; otherwise they are on this machine.
    pub(super) is_secure: bool,
}

impl Cookies {
    fn name(self, name: &str) -> String {
        if self.is_secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn write(self, name: &str, value: &str, seconds: i64) -> String {
        let (name, secure) = (self.name(name), if self.is_secure { "; Secure" } else { "" });
        format!("{name}={value}; Path=/; Max-Age={seconds}{secure}; HttpOnly; SameSite=Lax")
    }

    /// The session of a browser: what it has, if it looks like one of ours.
    pub(crate) fn session(self, headers: &HeaderMap) -> Option<String> {
        let token = self.read(SESSION, headers)?;
        let bytes = URL_SAFE_NO_PAD.decode(&token).ok()?;
        (bytes.len() == 32).then_some(token)
    }

    /// Gives a browser its session, for so many seconds.
    pub(crate) fn of_session(self, token: &str, seconds: i64) -> String {
        self.write(SESSION, token, seconds)
    }

    /// Takes it away.
    pub(crate) fn no_session(self) -> String {
        self.write(SESSION, "", 0)
    }

    pub(super) fn attempt(self, headers: &HeaderMap) -> Option<String> {
        self.read(ATTEMPT, headers)
    }

    pub(super) fn of_attempt(self, value: &str) -> String {
        self.write(ATTEMPT, value, LASTS)
    }

    /// Takes an attempt away.
    pub(crate) fn no_attempt(self) -> String {
        self.write(ATTEMPT, "", 0)
    }

    /// The only cookie of this name; of two, nobody knows which is ours.
    fn read(self, name: &str, headers: &HeaderMap) -> Option<String> {
        let name = self.name(name);
        let all = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
        let pairs = all.flat_map(|header| header.split(';'));
        let mut values = pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned());
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, cookie.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_ours_by_its_whole_name_and_only_once() {
        let token = super::super::new_token();
        let ours = format!("__Host-countersign_session={token}");
        let (far, near) = (Cookies { is_secure: true }, Cookies { is_secure: false });
        let read = |cookies: Cookies, texts: &[&str]| cookies.session(&headers(texts));
        assert_eq!(read(far, &["a=b", &format!("c=d; {ours}")]), Some(token.clone()));
        assert_eq!(read(far, &[&ours, &ours]), None);
        assert_eq!(read(near, &[&ours]), None);
        assert_eq!(read(far, &[&format!("countersign_session={token}")]), None);
        assert_eq!(read(near, &[&format!("countersign_session={token}")]), Some(token.clone()));
        for bad in ["", "x", &token[1..], &format!("{token}A"), &format!("{token}=")] {
            assert_eq!(read(far, &[&format!("__Host-countersign_session={bad}")]), None, "{bad}");
        }
        assert_eq!(
            far.of_session("T", 9),
            "__Host-countersign_session=T; Path=/; Max-Age=9; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            near.no_session(),
            "countersign_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }
}
