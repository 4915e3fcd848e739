//! What a flow's file imports: `use countersign::prelude::*;`.

pub use serde_json::json;

pub use crate::approvers::{
    Approvers, People, admins, anyone, github, google, okta, onelogin, pagerduty, slack, users,
};
pub use crate::context::{Context, NewIssue, NewRun};
pub use crate::flow::Fields;
pub use crate::flow::{
    Access, Change, Choice, Decision, FollowUp, Form, HandlerError, IdentityQuery, Objection,
    Query, Refusal, Result, Ruling,
};
pub use crate::model::{Duration, Event, Role, Step, Timestamp, User, UserId};
pub use crate::policy::{Level, Policy};
#[cfg(feature = "rego")]
pub use crate::rego;
#[cfg(feature = "sentinel")]
pub use crate::sentinel;
pub use crate::{Fields, action, flow, hook, reducer};
