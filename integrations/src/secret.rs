//! Secrets: kept somewhere else, read when they are used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Secret, ServiceError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

/// A secret that was changed is used after this time at the latest.
const KEPT: Duration = Duration::from_mins(5);

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretRef {
    /// In this environment variable.
    Env(String),
    /// In this file; a relative path starts at the folder of the settings.
    File(PathBuf),
    /// In AWS Secrets Manager or Parameter Store, under this ARN. Only a deployment on AWS reads it.
    Arn(String),
}

impl SecretRef {
    /// The reference in a value of an integration's or a strategy's settings, if it is one.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
            Self::File(path) => write!(f, "the file `{}`", path.display()),
            Self::Arn(arn) => write!(f, "`{arn}`"),
        }
    }
}

/// Why a secret could not be read. Says where it was looked for, never what was there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The variable is not set, is empty or is no text.
    #[error("the environment variable `{0}` is not set")]
    Env(String),
    /// The file cannot be read.
    #[error("the file `{}` cannot be read", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is empty.
    #[error("the file `{}` is empty", .0.display())]
    Empty(PathBuf),
    /// It cannot be fetched now.
    #[error("`{arn}` cannot be fetched: {why}")]
    Arn {
        /// Which secret.
        arn: String,
        /// Why not.
        why: String,
    },
}

impl From<SecretError> for ServiceError {
    fn from(error: SecretError) -> Self {
        let hint = match &error {
            SecretError::Env(name) => format!("set `{name}` where the program runs"),
            SecretError::File { path, .. } | SecretError::Empty(path) => {
                format!("write the secret into `{}`", path.display())
            }
            SecretError::Arn { arn, .. } => {
                format!("look whether the function's role may read `{arn}`, and that it is there")
            }
        };
        Self::lasting("secrets", error.to_string(), hint)
    }
}

/// Fetches secrets by their ARN.
#[async_trait]
pub trait Fetch: std::fmt::Debug + Send + Sync {
    /// Fetches one, whatever was fetched before.
    ///
    /// # Errors
    ///
    /// Why not.
    async fn fetch(&self, arn: &str) -> Result<Secret, String>;
}

/// Reads secrets when they are used; what was fetched is kept for five minutes.
#[derive(Debug, Clone)]
pub struct Secrets {
    folder: Arc<Path>,
    fetch: Option<Arc<dyn Fetch>>,
    kept: Arc<Mutex<BTreeMap<String, (Instant, Secret)>>>,
}

impl Secrets {
    /// Those of this machine: variables, and files below the folder where their path is relative.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), fetch: None, kept: Arc::default() }
    }

    /// And those that are fetched by an ARN.
    #[must_use]
    pub fn fetching(self, fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch: Some(fetch), ..self }
    }

    /// Reads a secret: a file without the line break at its end.
    ///
    /// # Errors
    ///
    /// If there is none, or an empty one.
    pub async fn read(&self, reference: &SecretRef) -> Result<Secret, SecretError> {
        match reference {
            SecretRef::Env(name) => match std::env::var(name) {
                Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
                Ok(_) | Err(_) => Err(SecretError::Env(name.clone())),
            },
            SecretRef::File(path) => self.file(path),
            SecretRef::Arn(arn) => match self.kept(arn) {
                Some((read, secret)) if read.elapsed() < KEPT => Ok(secret),
                Some(_) | None => self.fetched(arn).await,
            },
        }
    }

    /// Reads a secret that its system refused: it may have been changed since it was fetched.
    ///
    /// # Errors
    ///
    /// If there is none, or an empty one.
    pub async fn read_again(&self, reference: &SecretRef) -> Result<Secret, SecretError> {
        match reference {
            SecretRef::Arn(arn) => self.fetched(arn).await,
            SecretRef::Env(_) | SecretRef::File(_) => self.read(reference).await,
        }
    }

    fn file(&self, path: &Path) -> Result<Secret, SecretError> {
        let path = self.folder.join(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| SecretError::File { path: path.clone(), source })?;
        let value = text.strip_suffix('\n').unwrap_or(&text);
        let value = value.strip_suffix('\r').unwrap_or(value);
        if value.is_empty() {
            return Err(SecretError::Empty(path));
        }
        Ok(Secret::new(value.to_owned()))
    }

    async fn fetched(&self, arn: &str) -> Result<Secret, SecretError> {
        let refused = |why: String| SecretError::Arn { arn: arn.to_owned(), why };
        let Some(fetch) = &self.fetch else {
            return Err(refused("only a deployment on AWS does".to_owned()));
        };
        match fetch.fetch(arn).await {
            Ok(secret) => {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.insert(arn.to_owned(), (Instant::now(), secret.clone()));
                Ok(secret)
            }
            // Taking access away does not wait until secrets can be fetched again.
            Err(why) => match self.kept(arn) {
                Some((_, secret)) => {
                    tracing::warn!(arn, "the secret cannot be fetched again now: {why}");
                    Ok(secret)
                }
                None => Err(refused(why)),
            },
        }
    }

    fn kept(&self, arn: &str) -> Option<(Instant, Secret)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Changes its secret each time.
    #[derive(Debug, Default)]
    struct Changing {
        fetched: AtomicU32,
        fails: std::sync::atomic::AtomicBool,
    }

    #[async_trait]
    impl Fetch for Changing {
        async fn fetch(&self, _: &str) -> Result<Secret, String> {
            if self.fails.load(Ordering::Relaxed) {
                return Err("it is throttled".to_owned());
            }
            let number = self.fetched.fetch_add(1, Ordering::Relaxed);
            Ok(Secret::new(format!("secret {number}")))
        }
    }

    fn arn() -> SecretRef {
        SecretRef::Arn("arn:a".to_owned())
    }

    async fn value(secrets: &Secrets) -> String {
        secrets.read(&arn()).await.unwrap().expose().to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_is_kept_for_five_minutes_and_no_longer() {
        let secrets = Secrets::new(Path::new("/")).fetching(Arc::new(Changing::default()));
        assert_eq!(value(&secrets).await, "secret 0");
        tokio::time::advance(Duration::from_secs(299)).await;
        assert_eq!(value(&secrets).await, "secret 0");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(value(&secrets).await, "secret 1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_that_was_refused_is_fetched_at_once() {
        let secrets = Secrets::new(Path::new("/")).fetching(Arc::new(Changing::default()));
        assert_eq!(value(&secrets).await, "secret 0");
        assert_eq!(secrets.read_again(&arn()).await.unwrap().expose(), "secret 1");
        assert_eq!(value(&secrets).await, "secret 1");
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_secret_is_better_than_none() {
        let changing = Arc::new(Changing::default());
        let secrets = Secrets::new(Path::new("/")).fetching(changing.clone());
        assert_eq!(value(&secrets).await, "secret 0");
        changing.fails.store(true, Ordering::Relaxed);
        tokio::time::advance(KEPT).await;
        assert_eq!(value(&secrets).await, "secret 0");
    }

    #[tokio::test]
    async fn nobody_fetches_anything_on_one_machine() {
        let error = Secrets::new(Path::new("/")).read(&arn()).await.unwrap_err();
        assert!(error.to_string().contains("only a deployment on AWS"), "{error}");
    }

    #[tokio::test]
    async fn a_file_is_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::new(folder.path());
        let reference = SecretRef::File("token".into());
        assert!(matches!(secrets.read(&reference).await, Err(SecretError::File { .. })));
        for value in ["one\r\n", "one\n", "one"] {
            std::fs::write(folder.path().join("token"), value).unwrap();
            assert_eq!(secrets.read(&reference).await.unwrap().expose(), "one");
        }
        std::fs::write(folder.path().join("token"), "\n").unwrap();
        assert!(matches!(secrets.read(&reference).await, Err(SecretError::Empty(_))));
    }
}
