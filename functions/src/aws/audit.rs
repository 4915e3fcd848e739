//! The audit tree of a deployment: signed by KMS, kept in a bucket whose objects are locked.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::audit::{Signature, Signer, Vault};
use countersign::store::Store;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::config::Config;
use super::metrics::{self, Metric};
use super::signed::{CallError, Signed};
use super::system::Function;
use super::{Clients, Patience};
use crate::audit::{self, Auditor};
use crate::machine;

/// Works on the audit tree until then, and notes what failed: it is tried again a minute later.
pub(super) async fn work(function: &Function, deadline: Instant) {
    let failures = match function.auditor() {
        Ok(auditor) => {
            let work = auditor.work(machine::now());
            // What was committed until then is whole.
            tokio::time::timeout_at(deadline, work).await.map_or_else(
                |_| {
                    tracing::error!("there was no time left for the audit tree");
                    1
                },
                |worked| worked.failures,
            )
        }
        Err(error) => {
            tracing::error!("the audit tree cannot be worked on: {error}");
            1
        }
    };
    let environment = &function.config.environment;
    metrics::note(environment, machine::now(), &[(Metric::AuditFailures, failures)]);
}

/// What works on the audit tree of a deployment.
pub(super) fn auditor(
    clients: &Clients,
    config: &Config,
    store: Arc<dyn Store>,
) -> Result<Auditor, CallError> {
    let signed = Signed::new(clients.config(Patience::Working))?;
    let (environment, places) = (&config.environment, &config.audit);
    let key = places.signing_key.as_ref().map(|id| {
        let key: Arc<dyn Signer> = Arc::new(KmsKey::new(signed.clone(), id));
        key
    });
    let bucket = places.bucket.as_ref().map(|name| {
        let bucket: Arc<dyn Vault> = Arc::new(Bucket::new(signed.clone(), name, environment));
        bucket
    });
    Ok(Auditor::new(store, environment, key, bucket))
}

/// A key of KMS: `ECC_NIST_P256`, to sign and verify.
#[derive(Debug)]
pub struct KmsKey {
    signed: Signed,
    id: String,
    /// Its `SubjectPublicKeyInfo`, in Base64. A key never changes it.
    public: OnceCell<String>,
}

impl KmsKey {
    /// The key with this id or ARN.
    #[must_use]
    pub fn new(signed: Signed, id: impl Into<String>) -> Self {
        Self { signed, id: id.into(), public: OnceCell::new() }
    }

    async fn public(&self) -> Result<&String, String> {
        let ask = || async {
            let body = json!({ "KeyId": self.id });
            let answer = self.call("TrentService.GetPublicKey", &body).await?;
            text(&answer, "PublicKey")
        };
        self.public.get_or_try_init(ask).await
    }

    async fn call(&self, operation: &'static str, body: &Value) -> Result<Value, String> {
        self.signed.json("kms", operation, body).await.map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Signer for KmsKey {
    async fn sign(&self, message: &[u8]) -> Result<Signature, String> {
        let body = json!({
            "KeyId": self.id,
            "Message": STANDARD.encode(message),
            "MessageType": "RAW",
            "SigningAlgorithm": "ECDSA_SHA_256",
        });
        let answer = self.call("TrentService.Sign", &body).await?;
        let signature =
            Signature { key: self.public().await?.clone(), value: text(&answer, "Signature")? };
        // What nobody can verify must not become a head.
        audit::verify(&signature, message).map_err(|why| format!("KMS signs, and {why}"))?;
        Ok(signature)
    }
}

fn text(answer: &Value, name: &str) -> Result<String, String> {
    let text = answer.get(name).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| format!("KMS answers without `{name}`"))
}

/// A bucket in which objects are locked, so that nobody can change or delete what is kept there.
#[derive(Debug, Clone)]
pub struct Bucket {
    signed: Signed,
    name: String,
    /// What names start with: the environment, so that several may share the bucket.
    folder: String,
}

impl Bucket {
    /// A folder of this bucket.
    pub fn new(signed: Signed, name: impl Into<String>, folder: impl Into<String>) -> Self {
        Self { signed, name: name.into(), folder: folder.into() }
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
}

#[async_trait]
impl Vault for Bucket {
    async fn keep(&self, name: &str, content: &str) -> Result<(), String> {
        let key = self.key(name);
        let put = self.signed.put(&self.name, &key, "application/json", content.as_bytes()).await;
        match put {
            Ok(()) => Ok(()),
            Err(CallError::Refused { status: StatusCode::PRECONDITION_FAILED, .. }) => {
                let kept = self.signed.get(&self.name, &key).await;
                match kept.map_err(|error| error.to_string())? {
                    kept if kept == content.as_bytes() => Ok(()),
                    _ => Err(format!("another `{key}` is in the bucket `{}`", self.name)),
                }
            }
            Err(error) => Err(error.to_string()),
        }
    }
}
