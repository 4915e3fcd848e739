//! Reducers: they answer one question with one value.

use super::Slot;
use super::table::{slot_traits, slots};
use crate::approvers::{Approvers, People};
use crate::context::{Context, FollowUp};
use crate::flow::form::{Choice, Form, Query};
use crate::flow::identity::IdentityQuery;
use crate::flow::template::Access;
use crate::model::Event;

slots! {
    /// Who may decide, and where they are asked.
    get_approver = GetApprover, GetApproverInput, GetApproverOutput, GetApproverIn,
    given "the reducer `get_approver` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the reducer `get_approver` cannot return `{Self}`",
    expected "expected `Approvers`",
    in "`get_approver` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn get_approver(event: &Event, cx: &Context) -> Approvers`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Approvers;

    /// Who may ask.
    get_requester = GetRequester, GetRequesterInput, GetRequesterOutput, GetRequesterIn,
    given "the reducer `get_requester` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the reducer `get_requester` cannot return `{Self}`",
    expected "expected `People`",
    in "`get_requester` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn get_requester(event: &Event, cx: &Context) -> People`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => People;

    /// Who may look at the runs.
    get_viewer = GetViewer, GetViewerInput, GetViewerOutput, GetViewerIn,
    given "the reducer `get_viewer` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the reducer `get_viewer` cannot return `{Self}`",
    expected "expected `People`",
    in "`get_viewer` is not a slot of the template `{Self}`" [Access, FollowUp],
    "its signature: `fn get_viewer(event: &Event, cx: &Context) -> People`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => People;

    /// What a user is called in an integration.
    get_identity = GetIdentity, GetIdentityInput, GetIdentityOutput, GetIdentityIn,
    given "the reducer `get_identity` cannot be given a `{Self}`",
    takes "expected `&IdentityQuery` or `&Context`" [IdentityQuery => event, Context => cx],
    returned "the reducer `get_identity` cannot return `{Self}`",
    expected "expected `Option<String>`",
    in "`get_identity` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn get_identity(query: &IdentityQuery, cx: &Context) -> Option<String>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (IdentityQuery, ()) => Option<String>;
}

/// The choices of the field with this index, computed when the form opens.
#[derive(Debug)]
pub struct OptionsOf<const FIELD: usize>;

impl<const FIELD: usize> Slot for OptionsOf<FIELD> {
    type Event = Event;
    type About = Query;
    type Reply = Vec<Choice>;
}

slot_traits! {
    options = OptionsInput, OptionsOutput, OptionsIn,
    given "the reducer of a field's options cannot be given a `{Self}`",
    takes "expected `&Event`, `&Context` or `&Query`" [Event => event, Context => cx, Query => about],
    returned "the reducer of a field's options cannot return `{Self}`",
    expected "expected `Vec<Choice>`",
    in "`options` is not a slot of the template `{Self}`" [Access, FollowUp],
    "its signature: `fn name(event: &Event, cx: &Context, query: &Query) -> Vec<Choice>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, Query) => Vec<Choice>;
}

/// The form after the field with this index changed.
#[derive(Debug)]
pub struct ChangeOf<const FIELD: usize>;

impl<const FIELD: usize> Slot for ChangeOf<FIELD> {
    type Event = Event;
    type About = Form;
    type Reply = Form;
}

slot_traits! {
    change = ChangeInput, ChangeOutput, ChangeIn,
    given "the reducer of a field's change cannot be given a `{Self}`",
    takes "expected `&Event`, `&Context` or `&Form`" [Event => event, Context => cx, Form => about],
    returned "the reducer of a field's change cannot return `{Self}`",
    expected "expected `Form`",
    in "`change` is not a slot of the template `{Self}`" [Access, FollowUp],
    "its signature: `fn name(event: &Event, cx: &Context, form: &Form) -> Form`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, Form) => Form;
}
