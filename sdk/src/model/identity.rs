//! A user's name in an integration.

use serde::{Deserialize, Serialize};

/// What a user is called in an external system: a Slack user id, the ARN of an AWS principal.
/// `value` is opaque to Countersign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The integration's type, such as `slack`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which integration of that type.
    pub external_id: String,
    /// The name there.
    pub value: String,
}
