//! One configured external system.

use serde::{Deserialize, Serialize};

use crate::model::{Object, Srn};

/// One configured external system. Several of one type stand side by side, told apart by
/// `external_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Integration {
    /// An alias for the slug of its [`srn`](Self::srn).
    pub name: String,
    /// The type of service: `slack`, `okta`, `pagerduty`, `directory`, `custom` …
    #[serde(rename = "type")]
    pub kind: String,
    /// Meaningful and unique for this type: Slack's workspace id, Okta's domain.
    pub external_id: String,
    /// Settings; perhaps empty, never absent. Secrets are references.
    #[serde(default)]
    pub settings: Object,
    /// Its resource name.
    pub srn: Srn,
}
