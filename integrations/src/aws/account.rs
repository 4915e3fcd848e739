//! How AWS is entered: with the machine's own credentials or a key, and from there, where one is named,
//! by a role of another account. The session is named after the run, so that the trail of that
//! account says which one it was.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::Integration;
use tokio::sync::OnceCell;

use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;

/// What the SDK does is what this version of it did: an update changes no default behind our back.
fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// An answer that has not come after this time, does not come: it is asked for again.
const ATTEMPT: Duration = Duration::from_millis(if cfg!(test) { 1_500 } else { 4_000 });

/// Nor does it after this one, however often it is asked for.
const OPERATION: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 9 });

/// The settings of an integration of AWS, those of its type aside.
pub(super) const SETTINGS: [&str; 6] =
    ["region", "role_arn", "role_external_id", "access_key_id", "secret_access_key", "url"];

/// An AWS account, as an integration describes it.
#[derive(Debug)]
pub(crate) struct Account {
    region: Option<String>,
    role: Option<Role>,
    key: Option<(String, SecretRef)>,
    url: Option<String>,
    secrets: Secrets,
    /// Connections and trusted roots, shared by all calls.
    base: OnceCell<SdkConfig>,
}

#[derive(Debug)]
struct Role {
    arn: String,
    external_id: Option<String>,
}

impl Account {
    /// The account of an integration. Nothing is asked of AWS yet.
    pub(super) fn open(
        integration: &Integration,
        secrets: &Secrets,
        more: &[&str],
    ) -> Result<Self, HandlerError> {
        let settings = Reader::integration(integration).only(&[&SETTINGS, more].concat())?;
        let owned = |name| settings.optional(name).map(|text| text.map(str::to_owned));
        let role = owned("role_arn")?.map(|arn| (arn, owned("role_external_id")));
        let role =
            role.map(|(arn, id)| id.map(|external_id| Role { arn, external_id })).transpose()?;
        let key = match owned("access_key_id")? {
            Some(id) => Some((id, settings.secret("secret_access_key")?)),
            None => None,
        };
        let url = owned("url")?;
        if let Some(url) = &url {
            // Checks that it is safe to call.
            crate::api::Api::new("aws", url)?;
        }
        let (secrets, base) = (secrets.clone(), OnceCell::new());
        Ok(Self { region: owned("region")?, role, key, url, secrets, base })
    }

    /// A configuration for one call of a strategy, from which clients of services are made.
    ///
    /// # Errors
    ///
    /// If there are no credentials, or the role cannot be assumed.
    pub(super) async fn enter(&self, session: &str) -> Result<SdkConfig, HandlerError> {
        let mut config = self.base.get_or_init(|| self.load()).await.clone();
        if config.region().is_none() {
            return Err(HandlerError::from(ServiceError::lasting(
                "aws",
                "no region is set",
                "write `region = \"..\"` in the integration's settings, or set AWS_REGION",
            )));
        }
        if let Some((id, secret)) = &self.key {
            let secret = self.secrets.read(secret).await.map_err(ServiceError::from)?;
            let key = Credentials::new(id, secret.expose(), None, None, "countersign");
            config = with(&config, key);
        }
        let Some(role) = &self.role else { return Ok(config) };
        let mut provider =
            AssumeRoleProvider::builder(&role.arn).session_name(session).configure(&config);
        if let Some(id) = &role.external_id {
            provider = provider.external_id(id);
        }
        let assumed = provider.build().await.provide_credentials().await;
        let assumed = assumed.map_err(|error| not_assumed(&role.arn, &error))?;
        Ok(with(&config, assumed))
    }

    async fn load(&self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        let tls = || Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let is_plain = self.url.as_ref().is_some_and(|url| url.starts_with("http:"));
        let http = if is_plain { Builder::new().build_http() } else { tls() };
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(200));
        let mut loader = aws_config::defaults(behaviour())
            .http_client(http)
            .timeout_config(timeouts)
            .retry_config(retries);
        if let Some(region) = self.region.clone() {
            loader = loader.region(Region::new(region));
        }
        if let Some(url) = &self.url {
            loader = loader.endpoint_url(url.trim_end_matches('/'));
        }
        if self.key.is_some() {
            // Set with each call; nothing else is looked for.
            loader = loader.no_credentials();
        }
        loader.load().await
    }
}

fn with(config: &SdkConfig, credentials: Credentials) -> SdkConfig {
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
}

fn not_assumed(
    arn: &str,
    error: &aws_credential_types::provider::error::CredentialsError,
) -> HandlerError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let mut passing =
        ServiceError::passing("aws", format!("the role `{arn}` cannot be assumed: {cause}"));
    passing.hint = Some(format!(
        "let this program's own role do `sts:AssumeRole` on it, and have its trust policy name that role and the `role_external_id`: {arn}"
    ));
    passing.into()
}
