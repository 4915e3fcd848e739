//! The fixed steps that a flow customises.

use crate::context::FollowUp;

/// The template of flows that give access: somebody asks, somebody decides, access is given and
/// taken away again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access;

/// What [`flow!`](macro@crate::flow) takes as its second argument: [`Access`] or [`FollowUp`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a template",
    label = "write `Access` or `FollowUp`"
)]
pub trait Template: 'static {
    /// The template as a value.
    const KIND: TemplateKind;
    /// The template itself, where it is certain to be one.
    #[doc(hidden)]
    type Mark;
}

#[diagnostic::do_not_recommend]
impl Template for Access {
    const KIND: TemplateKind = TemplateKind::Access;
    type Mark = Self;
}

#[diagnostic::do_not_recommend]
impl Template for FollowUp {
    const KIND: TemplateKind = TemplateKind::FollowUp;
    type Mark = Self;
}

/// A template as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateKind {
    /// See [`Access`].
    Access,
    /// See [`FollowUp`].
    FollowUp,
}
