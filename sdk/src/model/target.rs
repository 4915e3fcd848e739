//! What one gets access to.

use serde::{Deserialize, Serialize};

use crate::model::{Object, StrategyName, TargetName};

/// What one gets access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its name, as people and the API use it.
    pub name: TargetName,
    /// What sort of thing it is, such as `s3`: what a flow decides by.
    pub kind: String,
    /// What pages and messages call it.
    pub label: String,
    /// How it is granted; `None`: nothing is granted, the approval is all.
    pub strategy: Option<StrategyName>,
    /// The strategy's settings for it.
    #[serde(default)]
    pub settings: Object,
}

impl Target {
    /// What sort of thing it is.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}
