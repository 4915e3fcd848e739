//! Actions: they stand after a step, and do something about it.

use super::table::slots;
use crate::context::{Context, FollowUp};
use crate::flow::template::Access;
use crate::model::Event;

slots! {
    /// After the form was shown, or a follow-up's questions were sent.
    after_prompt = AfterPrompt, AfterPromptInput, AfterPromptOutput, AfterPromptIn,
    given "the action `after_prompt` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_prompt` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_prompt` is not a slot of the template `{Self}`" [Access, FollowUp],
    "its signature: `fn after_prompt(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// After a request was made, or a follow-up's answers came in.
    after_request = AfterRequest, AfterRequestInput, AfterRequestOutput, AfterRequestIn,
    given "the action `after_request` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_request` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_request` is not a slot of the template `{Self}`" [Access, FollowUp],
    "its signature: `fn after_request(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// After the next approvers were asked.
    after_forward = AfterForward, AfterForwardInput, AfterForwardOutput, AfterForwardIn,
    given "the action `after_forward` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_forward` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_forward` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn after_forward(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// After a request expired, or a follow-up got no answer.
    after_expiry = AfterExpiry, AfterExpiryInput, AfterExpiryOutput, AfterExpiryIn,
    given "the action `after_expiry` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_expiry` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_expiry` is not a slot of the template `{Self}`" [Access, FollowUp],
    "its signature: `fn after_expiry(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// After a request was approved.
    after_approval = AfterApproval, AfterApprovalInput, AfterApprovalOutput, AfterApprovalIn,
    given "the action `after_approval` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_approval` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_approval` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn after_approval(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// After a request was denied.
    after_denial = AfterDenial, AfterDenialInput, AfterDenialOutput, AfterDenialIn,
    given "the action `after_denial` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_denial` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_denial` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn after_denial(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// After access was given.
    after_escalate = AfterEscalate, AfterEscalateInput, AfterEscalateOutput, AfterEscalateIn,
    given "the action `after_escalate` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_escalate` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_escalate` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn after_escalate(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// After access was taken away.
    after_deescalate = AfterDeescalate, AfterDeescalateInput, AfterDeescalateOutput, AfterDeescalateIn,
    given "the action `after_deescalate` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the action `after_deescalate` cannot return `{Self}`",
    expected "an action returns nothing, or a `Result` of nothing",
    in "`after_deescalate` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn after_deescalate(event: &Event, cx: &Context)`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();
}
