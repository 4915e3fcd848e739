//! Runs that a flow starts later.

use serde::{Deserialize, Serialize};

use crate::model::{FlowName, InvalidName, Object, TargetName, Timestamp};

/// A run of another flow, to be started by [`Context::schedule`](super::Context::schedule).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRun {
    /// Which flow.
    pub flow: FlowName,
    /// For what; `None`: as in the run that starts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetName>,
    /// Why; empty: as in the run that starts it.
    #[serde(default)]
    pub reason: String,
    /// Answers to its form.
    #[serde(default)]
    pub fields: Object,
    /// When; `None`: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl NewRun {
    /// A run of this flow.
    ///
    /// # Errors
    ///
    /// If that cannot be the name of a flow.
    pub fn of(flow: &str) -> Result<Self, InvalidName> {
        Ok(Self {
            flow: FlowName::parse(flow)?,
            target: None,
            reason: String::new(),
            fields: Object::new(),
            at: None,
        })
    }
}

/// The template of flows that ask somebody later, by direct message, how it went.
///
/// As a value, one such flow: see [`incident`](Self::incident).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp(FlowName);

impl FollowUp {
    /// The built-in flow `incident_follow_up`: it asks the requester what happened, keeps the
    /// answers in the run, reminds, and tells the approvers when no answer came.
    #[must_use]
    pub fn incident() -> Self {
        match FlowName::parse("incident_follow_up") {
            Ok(name) => Self(name),
            Err(_) => unreachable!("it is a name"),
        }
    }

    /// A follow-up flow of one's own.
    ///
    /// # Errors
    ///
    /// If that cannot be the name of a flow.
    pub fn of(flow: &str) -> Result<Self, InvalidName> {
        FlowName::parse(flow).map(Self)
    }
}

impl From<FollowUp> for NewRun {
    fn from(FollowUp(flow): FollowUp) -> Self {
        Self { flow, target: None, reason: String::new(), fields: Object::new(), at: None }
    }
}
