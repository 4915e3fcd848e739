//! The clients of AWS services: one configuration and one TLS client for all of them, and a limit to
//! every wait.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// What the SDK does is what this version of it did: an update changes no default behind our back.
fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// How often a call is made before it is given up, where the SDK repeats it.
const ATTEMPTS: u32 = 3;

/// How long a form may take to fill in. Then it is shown plain.
const FORM: Duration = Duration::from_millis(1_500);

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Patience {
    /// Somebody waits for the answer, and gives up after three seconds.
    Waiting,
    /// Nobody waits: the worker, timers, exports.
    Working,
}

impl Patience {
    /// Until there is a connection.
    #[must_use]
    pub const fn connect(self) -> Duration {
        match self {
            Self::Waiting => Duration::from_millis(300),
            Self::Working => Duration::from_secs(1),
        }
    }

    /// Until one attempt is answered, its connection included.
    #[must_use]
    pub const fn attempt(self) -> Duration {
        match self {
            Self::Waiting => Duration::from_millis(700),
            Self::Working => Duration::from_secs(3),
        }
    }

    /// Until the whole call is over, with all its attempts.
    #[must_use]
    pub const fn operation(self) -> Duration {
        match self {
            Self::Waiting => Duration::from_millis(1_800),
            Self::Working => Duration::from_secs(10),
        }
    }

    /// The longest that the SDK waits before it repeats a call for the first time; each later
    /// wait may be twice as long. By itself it would wait a second.
    const fn first_wait(self) -> Duration {
        match self {
            Self::Waiting => Duration::from_millis(50),
            Self::Working => Duration::from_millis(200),
        }
    }

    fn repeats(self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(self.first_wait())
            .with_max_backoff(self.attempt())
    }

    fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect())
            .read_timeout(self.attempt())
            .operation_attempt_timeout(self.attempt())
            .operation_timeout(self.operation())
            .build()
    }
}

/// There is no region to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no AWS region is set: set AWS_REGION, or `region` in the profile that AWS_PROFILE names (Lambda \
     sets it by itself)"
)]
pub struct NoRegion;

/// Makes clients. All of them share their credentials, their connections and their trusted roots.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// As the environment says: `AWS_REGION`, the credentials of the function, the profile or the
    /// machine, and `AWS_ENDPOINT_URL` where an emulator stands in for AWS.
    ///
    /// # Errors
    ///
    /// There is no region.
    pub async fn from_environment() -> Result<Self, NoRegion> {
        let config = aws_config::defaults(behaviour())
            .http_client(
                Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https(),
            )
            .timeout_config(Patience::Working.timeouts())
            .load()
            .await;
        if config.region().is_none() {
            return Err(NoRegion);
        }
        Ok(Self { config })
    }

    /// Clients of an emulator, which takes any credentials.
    #[must_use]
    pub fn of_emulator(endpoint: &str) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "emulator");
        let config = SdkConfig::builder()
            .behavior_version(behaviour())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(endpoint)
            .http_client(Builder::new().build_http())
            .build();
        Self { config }
    }

    /// The configuration from which any service's client is made.
    #[must_use]
    pub fn config(&self, patience: Patience) -> SdkConfig {
        self.config
            .to_builder()
            .timeout_config(patience.timeouts())
            .retry_config(patience.repeats())
            .build()
    }

    /// A client that asks the function `form`, once and within a deadline: user code that does not
    /// answer in time would not answer the second time either.
    #[must_use]
    pub(crate) fn form(&self) -> aws_sdk_lambda::Client {
        let once = TimeoutConfig::builder()
            .connect_timeout(Patience::Waiting.connect())
            .operation_timeout(FORM)
            .build();
        let config = aws_sdk_lambda::config::Builder::from(&self.config(Patience::Waiting))
            .retry_config(RetryConfig::disabled())
            .timeout_config(once)
            .build();
        aws_sdk_lambda::Client::from_conf(config)
    }

    /// A client of `DynamoDB` that repeats what failed and may be repeated.
    #[must_use]
    pub fn dynamodb(&self, patience: Patience) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config(patience))
    }

    /// A client of `DynamoDB` that makes one attempt, for callers who repeat by themselves.
    #[must_use]
    pub(crate) fn dynamodb_once(&self, patience: Patience) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.config(patience))
            .retry_config(RetryConfig::disabled())
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }
}
