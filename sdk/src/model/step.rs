//! The steps of a run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A step of a run. Hooks stand before it, actions after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The form is shown, or a follow-up's questions are sent.
    Prompt,
    /// The request is made.
    Request,
    /// The next approvers are asked, because the ones before did not answer or could not be reached.
    Forward,
    /// Nobody answered in time.
    Expiry,
    /// Somebody, or the flow itself, says yes.
    Approval,
    /// Somebody, or the flow itself, says no.
    Denial,
    /// Access is given.
    Escalate,
    /// Access is taken away.
    Deescalate,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Prompt,
        Self::Request,
        Self::Forward,
        Self::Expiry,
        Self::Approval,
        Self::Denial,
        Self::Escalate,
        Self::Deescalate,
    ];

    /// The word in the names of hooks and actions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Request => "request",
            Self::Forward => "forward",
            Self::Expiry => "expiry",
            Self::Approval => "approval",
            Self::Denial => "denial",
            Self::Escalate => "escalate",
            Self::Deescalate => "deescalate",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
