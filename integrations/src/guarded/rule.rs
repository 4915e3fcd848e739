//! Which hosts the settings allow.

use reqwest::Url;

/// A host that flows may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    host: String,
    /// Whether it stands for all names below it, and not for itself.
    is_suffix: bool,
    port: u16,
    /// Whether it may be inside: at a private address or on this machine.
    pub(super) is_private: bool,
}

/// This is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no host: write `api.acme.com`, `api.acme.com:8443`, or `*.acme.com` for all below it"
)]
pub struct InvalidHost(String);

impl Rule {
    /// A host at a public address, by HTTPS: a name, perhaps with a port, or `*.` and what it ends
    /// with.
    ///
    /// # Errors
    ///
    /// If it is no host.
    pub fn public(text: &str) -> Result<Self, InvalidHost> {
        Self::parse(text, false)
    }

    /// A host inside. By HTTPS, or by plain HTTP if it is this machine.
    ///
    /// # Errors
    ///
    /// If it is no host.
    pub fn private(text: &str) -> Result<Self, InvalidHost> {
        Self::parse(text, true)
    }

    fn parse(text: &str, is_private: bool) -> Result<Self, InvalidHost> {
        let wrong = || InvalidHost(text.to_owned());
        let (is_suffix, host) = match text.strip_prefix("*.") {
            Some(host) => (true, host),
            None => (false, text),
        };
        // Parsed as in an address, so that it is compared as one.
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| wrong())?;
        let name = url.host_str().ok_or_else(wrong)?;
        let is_whole = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        // `*.com` would be nearly everybody.
        let is_narrow = !is_suffix || (name.contains('.') && url.domain().is_some());
        if !is_whole || !is_narrow || name.contains('*') {
            return Err(wrong());
        }
        let port = url.port_or_known_default().ok_or_else(wrong)?;
        Ok(Self { host: plain(name).to_owned(), is_suffix, port, is_private })
    }

    /// Whether an address is of this host.
    pub(super) fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host_str().map(plain) else { return false };
        let is_this = if self.is_suffix {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        };
        let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let speaks =
            url.scheme() == "https" || (url.scheme() == "http" && self.is_private && is_here);
        is_this && speaks && url.port_or_known_default() == Some(self.port)
    }
}

/// A name with a dot at its end is the same name.
fn plain(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}
