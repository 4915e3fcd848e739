//! Calls of AWS services that need no client of their own: one HTTP request each, signed by the
//! SDK's own signer (Signature Version 4).
//!
//! KMS, S3, Firehose and `EventBridge` are called a few times a minute with one or two operations
//! each: the signer and an HTTP client are in the program already, their four clients are not.

use std::time::SystemTime;

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Patience;
use crate::trace;

/// The largest answer that is read. The largest that is asked for is a batch of the audit tree.
const LARGEST: usize = 1024 * 1024;

/// A service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// It may pass: no answer, too much at once, trouble over there.
    #[error("{0}")]
    Passing(String),
    /// The service refused.
    #[error("{service} answers {status}: {said}")]
    Refused {
        /// Which service.
        service: &'static str,
        /// With which status.
        status: StatusCode,
        /// What it said, cut.
        said: String,
    },
}

impl CallError {
    /// Whether whoever called may not do that.
    #[must_use]
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Refused { said, .. } if said.contains("AccessDenied"))
    }
}

/// Makes signed calls.
#[derive(Debug, Clone)]
pub struct Signed {
    config: SdkConfig,
    client: Client,
}

struct Request<'a> {
    service: &'static str,
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: &'a [u8],
}

impl Signed {
    /// With the credentials, the region and the endpoint of this configuration.
    ///
    /// # Errors
    ///
    /// If no HTTP client can be made.
    pub fn new(config: SdkConfig) -> Result<Self, CallError> {
        countersign_integrations::install_tls();
        let patience = Patience::Working;
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(patience.connect())
            .timeout(patience.operation())
            .build()
            .map_err(|error| CallError::Passing(error.to_string()))?;
        Ok(Self { config, client })
    }

    /// An operation of a service that takes JSON and answers JSON, such as `TrentService.Sign`.
    ///
    /// # Errors
    ///
    /// If the service does not do it.
    pub async fn json(
        &self,
        service: &'static str,
        operation: &'static str,
        body: &Value,
    ) -> Result<Value, CallError> {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", operation.to_owned()),
        ];
        let (url, body) = (format!("{}/", self.endpoint(service)), body.to_string());
        let request =
            Request { service, method: Method::POST, url, headers, body: body.as_bytes() };
        let answer = self.send(request).await?;
        serde_json::from_slice(&answer)
            .map_err(|error| CallError::Passing(format!("{service} answers no JSON: {error}")))
    }

    /// Puts an object where none is. What is written there already stays.
    ///
    /// # Errors
    ///
    /// If it is not put; with [`StatusCode::PRECONDITION_FAILED`] if there is one.
    pub async fn put(
        &self,
        bucket: &str,
        key: &str,
        media_type: &str,
        body: &[u8],
    ) -> Result<(), CallError> {
        let headers = vec![
            ("content-type", media_type.to_owned()),
            ("if-none-match", "*".to_owned()),
            // A bucket with object lock takes nothing without a checksum.
            ("x-amz-checksum-sha256", STANDARD.encode(Sha256::digest(body))),
        ];
        let url = format!("{}/{bucket}/{key}", self.endpoint("s3"));
        let request = Request { service: "s3", method: Method::PUT, url, headers, body };
        self.send(request).await.map(drop)
    }

    /// An object.
    ///
    /// # Errors
    ///
    /// If it cannot be read; with [`StatusCode::NOT_FOUND`] if there is none.
    pub async fn get(&self, bucket: &str, key: &str) -> Result<Vec<u8>, CallError> {
        let url = format!("{}/{bucket}/{key}", self.endpoint("s3"));
        let headers = Vec::new();
        self.send(Request { service: "s3", method: Method::GET, url, headers, body: &[] }).await
    }

    fn region(&self) -> &str {
        self.config.region().map(Region::as_ref).unwrap_or_default()
    }

    /// Where a service is: where all are, or by its region.
    fn endpoint(&self, service: &str) -> String {
        if let Some(endpoint) = self.config.endpoint_url() {
            return endpoint.trim_end_matches('/').to_owned();
        }
        let region = self.region();
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{service}.{region}.{domain}")
    }

    async fn send(&self, request: Request<'_>) -> Result<Vec<u8>, CallError> {
        let Request { service, method, url, mut headers, body } = request;
        let signature = self.signature(service, &method, &url, &headers, body).await?;
        headers.extend(signature);
        let mut call = self.client.request(method, url).body(body.to_vec());
        for (name, value) in headers {
            call = call.header(name, value);
        }
        // Whoever stands between may change it, so it is not signed.
        if let Some(trace) = trace::current() {
            call = call.header("x-amzn-trace-id", trace);
        }
        let failed = |error: reqwest::Error| {
            let error = error.without_url();
            CallError::Passing(format!("{service} gives no answer: {error}"))
        };
        let mut response = call.send().await.map_err(failed)?;
        let (status, mut answer) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if answer.len().saturating_add(chunk.len()) > LARGEST {
                return Err(CallError::Passing(format!("{service} answers too much")));
            }
            answer.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(answer);
        }
        let said: String = String::from_utf8_lossy(&answer).chars().take(300).collect();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(CallError::Passing(format!("{service} answers {status}: {said}")));
        }
        Err(CallError::Refused { service, status, said })
    }

    /// The headers that sign a request.
    async fn signature(
        &self,
        service: &'static str,
        method: &Method,
        url: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Result<Vec<(&'static str, String)>, CallError> {
        let passing = |error: &dyn std::fmt::Display| CallError::Passing(error.to_string());
        let Some(provider) = self.config.credentials_provider() else {
            return Err(CallError::Passing("there are no credentials".to_owned()));
        };
        let credentials = provider.provide_credentials().await;
        let identity = credentials.map_err(|error| passing(&error))?.into();
        let mut settings = SigningSettings::default();
        if service == "s3" {
            // Keys of objects are taken as they are, and the body is always signed.
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region())
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| passing(&error))?
            .into();
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request =
            SignableRequest::new(method.as_str(), url, headers, SignableBody::Bytes(body))
                .map_err(|error| passing(&error))?;
        let signed = sign(request, &params).map_err(|error| passing(&error))?;
        let (headers, _) = signed.into_parts().0.into_parts();
        Ok(headers.iter().map(|header| (header.name(), header.value().to_owned())).collect())
    }
}
