//! The audit tree of a deployment: signed by KMS, kept in a bucket whose objects are locked.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::audit::{Parcel, Signature, Signer, Sink, Vault};
use countersign::store::Store;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::config::Config;
use super::metrics::{self, Metric};
use super::signed::{CallError, Signed};
use super::sinks::{Bus, Firehose};
use super::system::Function;
use super::{Clients, Patience, secrets};
use crate::audit::{self, Auditor, HttpSink, Objects, Places};
use crate::machine;
use crate::settings::SecretRef;

/// Works on the audit tree until then, and notes what failed: it is tried again a minute later.
pub(super) async fn work(function: &Function, deadline: Instant) {
    let work = async {
        let auditor = function.auditor()?;
        Ok::<_, String>(auditor.work(machine::now()).await)
    };
    // What was committed until then is whole. How receivers stand is not known then.
    let values = match tokio::time::timeout_at(deadline, work).await {
        Ok(Ok(worked)) => vec![
            (Metric::AuditFailures, worked.failures),
            (Metric::ExportFailures, worked.failing_sinks),
            (Metric::ExportBatchesBehind, worked.behind),
        ],
        Ok(Err(why)) => failed(&format!("the audit tree cannot be worked on: {why}")),
        Err(_) => failed("there was no time left for the audit tree"),
    };
    metrics::note(&function.config.environment, machine::now(), &values);
}

fn failed(why: &str) -> Vec<(Metric, u64)> {
    tracing::error!("{why}");
    vec![(Metric::AuditFailures, 1)]
}

/// What works on the audit tree of a deployment.
pub(super) fn auditor(
    clients: &Clients,
    config: &Config,
    store: Arc<dyn Store>,
) -> Result<Auditor, String> {
    let signed = Signed::new(clients.config(Patience::Working)).map_err(|it| it.to_string())?;
    let (environment, on) = (&config.environment, &config.audit);
    let mut places = Places::default();
    if let Some(id) = &on.signing_key {
        places.signer = Some(Arc::new(KmsKey::new(signed.clone(), id)));
    }
    if let Some(name) = &on.bucket {
        let bucket =
            Arc::new(Bucket::new(signed.clone(), name, on.folder.as_ref().unwrap_or(environment)));
        places.vault = Some(bucket.clone());
        places.sinks.push(Arc::new(Objects::new(bucket)));
    }
    if let Some(stream) = &on.firehose {
        places.sinks.push(Arc::new(Firehose::new(signed.clone(), stream)));
    }
    if let Some(bus) = &on.bus {
        places.sinks.push(Arc::new(Bus::new(signed.clone(), environment, bus)));
    }
    if let Some((url, arn)) = &on.endpoint {
        let secret = SecretRef::Arn(arn.clone());
        places.sinks.push(
            match HttpSink::new(environment, url, secret, secrets::of(signed.clone())) {
                Ok(sink) => Arc::new(sink),
                Err(why) => Arc::new(Unusable(why)),
            },
        );
    }
    Ok(Auditor::new(store, environment, places))
}

/// A receiver that cannot be one. It fails, and is alarmed, as one that does not answer.
#[derive(Debug)]
struct Unusable(String);

#[async_trait]
impl Sink for Unusable {
    fn name(&self) -> &'static str {
        "http"
    }

    async fn send(&self, _: &Parcel) -> Result<(), String> {
        Err(self.0.clone())
    }
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
    place: String,
    /// What names start with, so that several environments may share the bucket.
    folder: String,
    name: String,
}

impl Bucket {
    /// A folder of this bucket.
    pub fn new(signed: Signed, bucket: impl Into<String>, folder: impl Into<String>) -> Self {
        let (place, folder) = (bucket.into(), folder.into());
        let name = format!("{place}/{folder}");
        Self { signed, place, folder, name }
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
}

#[async_trait]
impl Vault for Bucket {
    fn name(&self) -> &str {
        &self.name
    }

    async fn keep(&self, name: &str, content: &str) -> Result<(), String> {
        let key = self.key(name);
        let put = self.signed.put(&self.place, &key, "application/json", content.as_bytes()).await;
        match put {
            Ok(()) => Ok(()),
            Err(CallError::Refused { status: StatusCode::PRECONDITION_FAILED, .. }) => {
                let kept = self.signed.get(&self.place, &key).await;
                match kept.map_err(|error| error.to_string())? {
                    kept if kept == content.as_bytes() => Ok(()),
                    _ => Err(format!(
                        "another `{key}` is in the bucket `{}`, and nothing there is replaced. Was \
                         the store put back to an older state? `audit verify` says what differs",
                        self.place
                    )),
                }
            }
            Err(error) => Err(error.to_string()),
        }
    }
}
