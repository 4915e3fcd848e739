//! What a run was asked for, and the rules it was begun under.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::canonical;
use super::chain::sha256;
use crate::model::{Channel, Duration, FlowName, Hash, Object, RunId, Target, Timestamp, UserId};

/// What is asked for. Fixed once somebody has been asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// For whom.
    pub requester: UserId,
    /// Who filed it, if that was somebody else on their behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_by: Option<UserId>,
    /// For what, as the settings described it then; `None`: only for an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// For how long, counted from the grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// The answers to the form.
    #[serde(default)]
    pub fields: Object,
    /// What an API caller attached.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub context: Value,
    /// Where it came from.
    pub channel: Channel,
    /// The run that started this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The hold that this one prolongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Extends>,
    /// When it is to begin; `None`: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Timestamp>,
}

/// The hold that a request prolongs. Its own end stays where it is: the new run's begins there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extends {
    /// The run that holds access.
    pub run: RunId,
    /// When that ends.
    pub until: Timestamp,
    /// How many extensions came before.
    pub nth: u32,
    /// The latest end that the flow's maximum allows, counted from the first grant.
    pub latest: Timestamp,
}

/// What happens where a hook or a reducer fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fail {
    /// The normal approvers are asked.
    #[default]
    Ask,
    /// The run is denied.
    Deny,
}

/// The settings of a flow, as they stood when the run was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent settings, each named in the document"
)]
pub struct Rules {
    /// Whether people may end access before its time.
    pub allow_revoke: bool,
    /// Whether access ends by itself.
    pub schedule_deescalation: bool,
    /// Whether a message with a decision is passed on to the requester.
    pub include_decision_message: bool,
    /// Whether guests may decide.
    pub allow_guest_interaction: bool,
    /// Whether administrators may decide although they are not asked. The log says so.
    pub admins_may_decide: bool,
    /// The longest that access may last.
    pub max_duration: Duration,
    /// How often it may be extended.
    pub max_extensions: u32,
    /// What happens where a hook or a reducer fails.
    pub fail: Fail,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            allow_revoke: true,
            schedule_deescalation: true,
            include_decision_message: true,
            allow_guest_interaction: false,
            admins_may_decide: false,
            max_duration: Duration::hours(8),
            max_extensions: 2,
            fail: Fail::Ask,
        }
    }
}

/// A hash of all that an approver is shown. An approval holds for exactly this.
#[must_use]
pub fn binding(flow: &FlowName, flow_version: &str, request: &Request) -> Hash {
    #[derive(Serialize)]
    struct Shown<'a> {
        flow: &'a FlowName,
        flow_version: &'a str,
        requester: &'a UserId,
        target: Option<&'a Target>,
        duration: Option<Duration>,
        fields: &'a Object,
        extends: Option<&'a Extends>,
    }
    let shown = Shown {
        flow,
        flow_version,
        requester: &request.requester,
        target: request.target.as_ref(),
        duration: request.duration,
        fields: &request.fields,
        extends: request.extends.as_ref(),
    };
    sha256(&[canonical(&shown).as_bytes()])
}
