//! Secrets are named in the settings, never written there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use countersign::context::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretRef {
    /// In this environment variable.
    Env(String),
    /// In this file; a relative path starts at the folder of the settings.
    File(PathBuf),
    /// In AWS Secrets Manager or Parameter Store, under this ARN. Only a deployment on AWS reads it.
    Arn(String),
}

/// What was fetched, by ARN. Reading a secret then asks nobody.
static FETCHED: RwLock<BTreeMap<String, Secret>> = RwLock::new(BTreeMap::new());

/// Keeps a secret that was fetched, for whoever reads it by its ARN.
#[cfg(feature = "aws")]
pub(crate) fn keep(arn: String, secret: Secret) {
    FETCHED.write().unwrap_or_else(PoisonError::into_inner).insert(arn, secret);
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
    /// It was not fetched.
    #[error("`{0}` was not fetched: only a deployment on AWS does")]
    Arn(String),
}

impl SecretRef {
    /// The reference in a value of an integration's or a strategy's settings, if it is one.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    /// Reads the secret: a file without the line break at its end. Relative paths start at `folder`.
    ///
    /// # Errors
    ///
    /// If there is none, or an empty one.
    pub fn read(&self, folder: &Path) -> Result<Secret, SecretError> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
                Ok(_) | Err(_) => Err(SecretError::Env(name.clone())),
            },
            Self::File(path) => {
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path)
                    .map_err(|source| SecretError::File { path: path.clone(), source })?;
                let value = text.strip_suffix('\n').unwrap_or(&text);
                let value = value.strip_suffix('\r').unwrap_or(value);
                if value.is_empty() {
                    return Err(SecretError::Empty(path));
                }
                Ok(Secret::new(value.to_owned()))
            }
            Self::Arn(arn) => {
                let fetched = FETCHED.read().unwrap_or_else(PoisonError::into_inner);
                fetched.get(arn).cloned().ok_or_else(|| SecretError::Arn(arn.clone()))
            }
        }
    }
}
