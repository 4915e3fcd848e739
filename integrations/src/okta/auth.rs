//! How we show Okta who we are: by an API token, or as a service app that signs for itself.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::context::{Secret, ServiceError};
use countersign::model::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api::{Api, Refusal};
use crate::doctor::Granted;
use crate::jwt;
use crate::secret::{SecretRef, Secrets};

/// A signed statement is good for so long. Okta takes at most an hour.
const STATEMENT: i64 = 300;

/// A token is not used in the last part of its life: what we send takes a while.
const MARGIN: Duration = Duration::from_mins(1);

/// How we show Okta who we are.
#[derive(Debug, Clone)]
pub(super) enum Auth {
    /// By an API token, which Okta calls SSWS.
    Token(SecretRef),
    /// As a service app.
    Service(Service),
}

/// A service app: `OAuth` 2.0 for machines, with a private key instead of a shared secret.
/// Source: <https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/>.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) client_id: String,
    pub(super) private_key: SecretRef,
    /// Which of the app's keys it is, where it has several.
    pub(super) key_id: Option<String>,
    pub(super) scopes: String,
    /// What Okta gave us, and until when we use it.
    pub(super) kept: Arc<Mutex<Option<(Instant, Secret)>>>,
}

/// What Okta's token endpoint answers.
#[derive(Debug, Deserialize)]
struct Given {
    token_type: String,
    access_token: String,
    expires_in: u64,
    /// Left out where it is what was asked for (RFC 6749, 5.1).
    scope: Option<String>,
}

impl Auth {
    /// The value of `Authorization`.
    pub(super) async fn pass(&self, api: &Api, secrets: &Secrets) -> Result<Secret, Refusal> {
        match self {
            Self::Token(token) => {
                let token = secrets.read(token).await.map_err(unreadable)?;
                Ok(Secret::new(format!("SSWS {}", token.expose())))
            }
            Self::Service(service) => service.pass(api, secrets).await,
        }
    }

    /// Another one, where Okta did not take this one; `None` where there is none.
    pub(super) async fn another(
        &self,
        api: &Api,
        secrets: &Secrets,
        refused: &Secret,
    ) -> Result<Option<Secret>, Refusal> {
        let pass = match self {
            Self::Token(token) => {
                let token = secrets.read_again(token).await.map_err(unreadable)?;
                Secret::new(format!("SSWS {}", token.expose()))
            }
            Self::Service(service) => {
                *service.kept.lock().await = None;
                service.pass(api, secrets).await?
            }
        };
        Ok((pass.expose() != refused.expose()).then_some(pass))
    }
}

impl Service {
    /// What Okta gives the app of what it asks for, and where it gives more.
    pub(super) async fn granted(
        &self,
        api: &Api,
        secrets: &Secrets,
    ) -> Result<Granted, ServiceError> {
        let key = secrets.read(&self.private_key).await?;
        let given = self.ask(api, &key).await?;
        let scopes = given.scope.unwrap_or_else(|| self.scopes.clone());
        let place = format!(
            "under Okta API Scopes of the app `{}`, and in `scopes` of the integration",
            self.client_id
        );
        Ok(Granted { scopes: scopes.split(' ').map(str::to_owned).collect(), place })
    }

    async fn pass(&self, api: &Api, secrets: &Secrets) -> Result<Secret, Refusal> {
        // Whoever comes meanwhile waits for the one who asks.
        let mut kept = self.kept.lock().await;
        if let Some((until, pass)) = &*kept
            && Instant::now() < *until
        {
            return Ok(pass.clone());
        }
        let key = secrets.read(&self.private_key).await.map_err(unreadable)?;
        let given = match self.ask(api, &key).await {
            // The key may have been changed.
            Err(refusal) if refusal.is_unauthorized() => {
                let key = secrets.read_again(&self.private_key).await.map_err(unreadable)?;
                self.ask(api, &key).await?
            }
            given => given?,
        };
        if !given.token_type.eq_ignore_ascii_case("bearer") {
            let error = ServiceError::lasting(
                api.system(),
                format!("Okta gives tokens of the type `{}`", given.token_type),
                "turn off \"Require Demonstrating Proof of Possession (DPoP)\" of the service app",
            );
            return Err(Refusal::unanswered(error));
        }
        let life = Duration::from_secs(given.expires_in).saturating_sub(MARGIN);
        let pass = Secret::new(format!("Bearer {}", given.access_token));
        *kept = Some((Instant::now() + life, pass.clone()));
        Ok(pass)
    }

    async fn ask(&self, api: &Api, key: &Secret) -> Result<Given, Refusal> {
        let statement = self.statement(api, key).map_err(Refusal::unanswered)?;
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", &self.scopes),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &statement),
        ];
        let call = api.post("token", &["oauth2", "v1", "token"]).form(&form).idempotent();
        let call = call.hiding(&statement);
        call.send().await.map(|answer| answer.body).map_err(|refusal| self.hinted(refusal))
    }

    fn hinted(&self, mut refusal: Refusal) -> Refusal {
        let said = refusal.body.get("error").and_then(|error| error.as_str()).unwrap_or_default();
        refusal.error.hint = match said {
            "invalid_client" => Some(format!(
                "look at `client_id`, `private_key` and `key_id`: the app `{}` has no such key",
                self.client_id
            )),
            "invalid_scope" => Some(format!(
                "grant `{}` under Okta API Scopes of the app `{}`, or name others in `scopes`",
                self.scopes, self.client_id
            )),
            "invalid_dpop_proof" => Some(
                "turn off \"Require Demonstrating Proof of Possession (DPoP)\" of the service app"
                    .to_owned(),
            ),
            _ => refusal.error.hint,
        };
        refusal
    }

    /// A JWT that says who we are, signed by RS256 (RFC 7523, section 3).
    fn statement(&self, api: &Api, key: &Secret) -> Result<String, ServiceError> {
        let mut nonce = [0_u8; 16];
        SystemRandom::new().fill(&mut nonce).map_err(|_| {
            let what = "this machine gives no random numbers";
            ServiceError::passing(api.system(), what)
        })?;
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": api.address(&["oauth2", "v1", "token"]),
            "iat": now,
            "exp": now.saturating_add(STATEMENT),
            "jti": URL_SAFE_NO_PAD.encode(nonce),
        });
        jwt::signed(api.system(), key, self.key_id.as_deref(), &claims)
    }
}

fn unreadable(error: crate::SecretError) -> Refusal {
    Refusal::unanswered(error.into())
}
