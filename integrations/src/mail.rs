//! Mail, by SMTP (RFC 5321). Amazon SES is one of the servers that speak it.

use std::time::Duration;

use countersign::context::ServiceError;
use countersign::model::Integration;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, Error as SmtpError};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde::Deserialize;
use serde_json::Value;

use crate::secret::{SecretRef, Secrets};

/// How long the server may take for a mail.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that takes mail.
#[derive(Debug, Clone)]
pub struct Mail {
    host: String,
    settings: Settings,
    from: Mailbox,
    secrets: Secrets,
}

/// The settings of an integration of the type `smtp`; its `external_id` is the host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Whom mail comes from: `Countersign <access@acme.com>`.
    from: String,
    /// 465 for `tls`, 587 for `starttls`.
    port: Option<u16>,
    #[serde(default)]
    security: Security,
    username: Option<String>,
    password: Option<SecretRef>,
    /// Who is told what goes wrong.
    errors_to: Option<String>,
}

/// How the connection is kept from others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Security {
    /// From its beginning (RFC 8314).
    #[default]
    Tls,
    /// From its first words on; without them nothing is sent.
    StartTls,
    /// Not at all: to this machine alone.
    None,
}

/// What is sent to somebody.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Names it: a mail that is sent again after a failure is shown once by most programs.
    pub key: &'a str,
    /// The mail address.
    pub to: &'a str,
    /// One line.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
    /// Names what it is about: mails with the same are shown as one conversation.
    pub thread: Option<&'a str>,
}

impl Mail {
    /// The type of such integrations.
    pub const TYPE: &'static str = "smtp";

    /// The server of an integration.
    ///
    /// # Errors
    ///
    /// If its settings are wrong.
    pub fn open(integration: &Integration, secrets: &Secrets) -> Result<Self, ServiceError> {
        let wrong = |what: String| {
            let hint = format!("mend the settings of the integration `{}`", integration.name);
            ServiceError::lasting(Self::TYPE, what, hint)
        };
        let settings = Settings::deserialize(Value::Object(integration.settings.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        let from = settings
            .from
            .parse()
            .map_err(|error| wrong(format!("`from` is no mail address: {error}")))?;
        if let Some(Err(error)) = settings.errors_to.as_ref().map(|to| to.parse::<Mailbox>()) {
            return Err(wrong(format!("`errors_to` is no mail address: {error}")));
        }
        let host = integration.external_id.clone();
        if settings.username.is_some() != settings.password.is_some() {
            return Err(wrong("`username` and `password` go together".to_owned()));
        }
        if settings.security == Security::None
            && !matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1")
        {
            return Err(wrong("`security = \"none\"` is for this machine only".to_owned()));
        }
        crate::install_tls();
        Ok(Self { host, settings, from, secrets: secrets.clone() })
    }

    /// The mail address of whoever is told what goes wrong.
    #[must_use]
    pub fn errors_to(&self) -> Option<&str> {
        self.settings.errors_to.as_deref()
    }

    /// Whether the server lets us in. Nothing is sent.
    ///
    /// # Errors
    ///
    /// If it does not, or nobody knows.
    pub async fn greets(&self) -> Result<(), ServiceError> {
        let server = self.server().await?;
        let refused = |why: String| {
            let what = format!("`{}` does not let us in: {why}", self.host);
            let hint = "look at `port`, `security`, `username` and `password` of the integration";
            ServiceError::lasting(Self::TYPE, what, hint)
        };
        match tokio::time::timeout(PATIENCE, server.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(refused("it breaks off".to_owned())),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Err(_) => Err(refused("there is no answer in time".to_owned())),
        }
    }

    /// Hands a letter to the server.
    ///
    /// # Errors
    ///
    /// If it does not take it, or nobody knows.
    pub async fn send(&self, letter: Letter<'_>) -> Result<(), ServiceError> {
        let message = self.message(letter)?;
        let server = self.server().await?;
        match tokio::time::timeout(PATIENCE, server.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.failed(letter.to, &error)),
            Err(_) => Err(ServiceError::passing(
                Self::TYPE,
                format!("`{}` gives no answer in {} s", self.host, PATIENCE.as_secs()),
            )),
        }
    }

    fn message(&self, letter: Letter<'_>) -> Result<Message, ServiceError> {
        let wrong = |what: String| {
            ServiceError::lasting(Self::TYPE, what, "correct it where it comes from")
        };
        let to: Mailbox = letter
            .to
            .parse()
            .map_err(|error| wrong(format!("`{}` is no mail address: {error}", letter.to)))?;
        let domain = self.from.email.domain();
        let id = |name: &str| format!("<{}@{domain}>", identifier(name));
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to)
            // A line break would begin another header.
            .subject(letter.subject.replace(['\r', '\n'], " "))
            .message_id(Some(id(letter.key)));
        if let Some(thread) = letter.thread {
            message = message.in_reply_to(id(thread)).references(id(thread));
        }
        // Nobody's out-of-office note is an answer. Source: RFC 3834, 5.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(header::ContentType::TEXT_PLAIN)
            .body(letter.text.to_owned())
            .map_err(|error| wrong(error.to_string()))
    }

    async fn server(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, ServiceError> {
        let wrong = |error: SmtpError| {
            ServiceError::lasting(
                Self::TYPE,
                format!("`{}`: {error}", self.host),
                "look at the integration's `external_id`",
            )
        };
        let mut server: AsyncSmtpTransportBuilder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
                .timeout(Some(PATIENCE));
        server = match self.settings.security {
            Security::Tls => {
                let tls = TlsParameters::new(self.host.clone()).map_err(wrong)?;
                server.port(465).tls(Tls::Wrapper(tls))
            }
            Security::StartTls => {
                let tls = TlsParameters::new(self.host.clone()).map_err(wrong)?;
                server.port(587).tls(Tls::Required(tls))
            }
            Security::None => server,
        };
        if let Some(port) = self.settings.port {
            server = server.port(port);
        }
        if let (Some(user), Some(password)) = (&self.settings.username, &self.settings.password) {
            let password = self.secrets.read(password).await?;
            server =
                server.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(server.build())
    }

    fn failed(&self, to: &str, error: &SmtpError) -> ServiceError {
        let what = format!("`{}` does not take a mail to {to}: {error}", self.host);
        if error.is_permanent() {
            let hint = "look at the address, at `from`, and at whether the server lets us send";
            return ServiceError::lasting(Self::TYPE, what, hint);
        }
        ServiceError::passing(Self::TYPE, what)
    }
}

/// What may stand before the `@` of a message's id. Source: RFC 5322, 3.6.4.
fn identifier(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests;
