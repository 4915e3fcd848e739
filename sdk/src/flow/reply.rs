//! What hooks may say, one type per step: what is illegal at a step cannot be written there.
//!
//! | before | a hook says |
//! |---|---|
//! | prompt, request | [`Decision`] |
//! | forward, expiry | [`Ruling`] |
//! | approval, deescalate | [`Objection`] |
//! | denial | [`Refusal`] |
//! | escalate | nothing; it can only fail |

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approvers::Approvers;
use crate::model::{Duration, Object};

/// What may be said before the form is shown and before a request is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is approved; nobody is asked.
    Approve {
        /// Why; everybody concerned reads it.
        reason: String,
    },
    /// It is denied; nobody is asked.
    Deny {
        /// Why; the requester reads it.
        reason: String,
    },
    /// It is closed as ignored.
    Ignore {
        /// What the requester is told.
        message: String,
    },
    /// It goes on, changed.
    Change(Change),
}

impl Decision {
    /// Approves: nobody is asked.
    #[must_use]
    pub fn approve(reason: impl Into<String>) -> Self {
        Self::Approve { reason: reason.into() }
    }

    /// Denies: nobody is asked.
    #[must_use]
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny { reason: reason.into() }
    }

    /// Closes the run as ignored, and tells the requester why.
    #[must_use]
    pub fn ignore(message: impl Into<String>) -> Self {
        Self::Ignore { message: message.into() }
    }

    /// Goes on with a changed request.
    ///
    /// ```
    /// # use countersign::prelude::*;
    /// #[allow(dead_code)]
    /// fn on_request(event: &Event) -> Option<Decision> {
    ///     let long = event.duration()? > Duration::hours(4);
    ///     long.then(|| Decision::change(Change::new().duration(Duration::hours(4))))
    /// }
    /// ```
    #[must_use]
    pub const fn change(change: Change) -> Self {
        Self::Change(change)
    }
}

/// What a hook changes about a request. What is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// For how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// For what, by the target's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Answers that replace those of the same field.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub fields: Object,
    /// Who has to approve besides those whom the flow asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Override>,
}

/// Somebody who has to approve before all others, because a policy says no. Until they have, the flow
/// itself approves nothing either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Who.
    pub by: Approvers,
    /// Why they are asked.
    pub because: String,
}

impl Override {
    /// Who, in words.
    #[must_use]
    pub fn by_whom(&self) -> String {
        let stages: Vec<_> = self.by.stages().iter().map(|stage| stage.who.to_string()).collect();
        stages.join(", then ")
    }
}

impl Change {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For so long instead.
    #[must_use]
    pub const fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// For this target instead, by its name.
    #[must_use]
    pub fn target(mut self, name: impl Into<String>) -> Self {
        self.target = Some(name.into());
        self
    }

    /// Asks these people first, and in any case: a policy says no, and they may override it.
    #[must_use]
    pub fn overridden_by(mut self, by: Approvers, because: impl Into<String>) -> Self {
        self.also = Some(Override { by, because: because.into() });
        self
    }

    /// With this answer instead. It is checked as the requester's own would be.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }
}

impl From<Change> for Decision {
    fn from(change: Change) -> Self {
        Self::Change(change)
    }
}

/// What may be said before an approval counts, and before access is taken away at somebody's wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objection {
    /// The run stays where it is.
    Ignore {
        /// What the actor is told.
        message: String,
    },
    /// The run is denied.
    Deny {
        /// Why; the requester reads it.
        reason: String,
    },
}

impl Objection {
    /// Leaves the run where it is, and tells the actor why.
    #[must_use]
    pub fn ignore(message: impl Into<String>) -> Self {
        Self::Ignore { message: message.into() }
    }

    /// Denies.
    #[must_use]
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny { reason: reason.into() }
    }
}

/// What may be said before a denial counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The run stays where it is.
    Ignore {
        /// What the actor is told.
        message: String,
    },
}

impl Refusal {
    /// Leaves the run where it is, and tells the actor why.
    #[must_use]
    pub fn ignore(message: impl Into<String>) -> Self {
        Self::Ignore { message: message.into() }
    }
}

/// What may be said before the next approvers are asked, and before a request expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// It is approved.
    Approve {
        /// Why; everybody concerned reads it.
        reason: String,
    },
    /// It is denied.
    Deny {
        /// Why; the requester reads it.
        reason: String,
    },
}

impl Ruling {
    /// Approves.
    #[must_use]
    pub fn approve(reason: impl Into<String>) -> Self {
        Self::Approve { reason: reason.into() }
    }

    /// Denies.
    #[must_use]
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny { reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_reply_is_read_back_as_it_was() {
        let change = Change::new()
            .duration(Duration::hours(1))
            .target("orders")
            .field("ticket", "OPS-1")
            .field("rows", 3);
        let replies =
            [Decision::approve("a"), Decision::deny("b"), Decision::ignore("c"), change.into()];
        for reply in replies {
            let text = serde_json::to_string(&reply).unwrap();
            assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), reply, "{text}");
        }
    }
}
