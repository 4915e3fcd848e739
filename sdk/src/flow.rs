//! What a flow is: its slots, what fills them, and the table of them all.
//!
//! A flow is a module. [`flow!`](macro@crate::flow) names it and its [`Template`]; each
//! [`#[hook]`](macro@crate::hook), [`#[action]`](macro@crate::action) and
//! [`#[reducer]`](macro@crate::reducer) in it fills one slot of the flow's [`FlowDescriptor`]. That
//! table is a `const`: nothing is collected at link time or at start, and what is missing or wrong
//! is reported by the compiler.

pub(crate) mod answer;
pub(crate) mod descriptor;
#[cfg(test)]
mod dispatch_tests;
pub(crate) mod error;
pub mod fields;
pub mod form;
mod identity;
pub mod incident_follow_up;
pub mod reply;
pub(crate) mod slot;
pub(crate) mod template;

pub use descriptor::{
    Actions, FlowDescriptor, Hooks, MOST_FIELDS, Reducers, assert_new_name, assert_unique_names,
};
pub use error::{HandlerError, Result};
pub use fields::{Field, FieldError, FieldKind, Fields};
pub use form::{Choice, Form, FormField, Query};
pub use identity::IdentityQuery;
pub use reply::{Change, Decision, Objection, Override, Refusal, Ruling};
pub use slot::{Call, Declared, Entry, ReplyFuture};
pub use template::{Access, Template, TemplateKind};

pub use crate::context::FollowUp;

/// The flows that every environment has.
pub const BUILT_IN: &[&FlowDescriptor] = &[&incident_follow_up::FLOW];
