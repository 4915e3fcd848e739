//! Hooks: they stand before a step and may change where the run goes. `None` goes on.

use super::table::slots;
use crate::context::{Context, FollowUp};
use crate::flow::reply::{Decision, Objection, Refusal, Ruling};
use crate::flow::template::Access;
use crate::model::Event;

slots! {
    /// Before the form is shown, or a follow-up's questions are sent.
    on_prompt = OnPrompt, OnPromptInput, OnPromptOutput, OnPromptIn,
    given "the hook `on_prompt` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_prompt` cannot return `{Self}`",
    expected "expected `Option<Decision>` or `Decision`",
    in "`on_prompt` is not a slot of the template `{Self}`" [Access, FollowUp],
    "its signature: `fn on_prompt(event: &Event, cx: &Context) -> Option<Decision>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Option<Decision>;

    /// Before a request is made.
    on_request = OnRequest, OnRequestInput, OnRequestOutput, OnRequestIn,
    given "the hook `on_request` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_request` cannot return `{Self}`",
    expected "expected `Option<Decision>` or `Decision`",
    in "`on_request` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn on_request(event: &Event, cx: &Context) -> Option<Decision>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Option<Decision>;

    /// Before the next approvers are asked.
    on_forward = OnForward, OnForwardInput, OnForwardOutput, OnForwardIn,
    given "the hook `on_forward` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_forward` cannot return `{Self}`",
    expected "expected `Option<Ruling>` or `Ruling`",
    in "`on_forward` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn on_forward(event: &Event, cx: &Context) -> Option<Ruling>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Option<Ruling>;

    /// Before a request expires because nobody answered.
    on_expiry = OnExpiry, OnExpiryInput, OnExpiryOutput, OnExpiryIn,
    given "the hook `on_expiry` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_expiry` cannot return `{Self}`",
    expected "expected `Option<Ruling>` or `Ruling`",
    in "`on_expiry` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn on_expiry(event: &Event, cx: &Context) -> Option<Ruling>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Option<Ruling>;

    /// Before an approval counts.
    on_approval = OnApproval, OnApprovalInput, OnApprovalOutput, OnApprovalIn,
    given "the hook `on_approval` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_approval` cannot return `{Self}`",
    expected "expected `Option<Objection>` or `Objection`",
    in "`on_approval` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn on_approval(event: &Event, cx: &Context) -> Option<Objection>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Option<Objection>;

    /// Before a denial counts.
    on_denial = OnDenial, OnDenialInput, OnDenialOutput, OnDenialIn,
    given "the hook `on_denial` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_denial` cannot return `{Self}`",
    expected "expected `Option<Refusal>` or `Refusal`",
    in "`on_denial` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn on_denial(event: &Event, cx: &Context) -> Option<Refusal>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Option<Refusal>;

    /// Before access is given.
    on_escalate = OnEscalate, OnEscalateInput, OnEscalateOutput, OnEscalateIn,
    given "the hook `on_escalate` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_escalate` cannot return `{Self}`",
    expected "expected no value: this hook can only fail",
    in "`on_escalate` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn on_escalate(event: &Event, cx: &Context) -> Result`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => ();

    /// Before access is taken away.
    on_deescalate = OnDeescalate, OnDeescalateInput, OnDeescalateOutput, OnDeescalateIn,
    given "the hook `on_deescalate` cannot be given a `{Self}`",
    takes "expected `&Event` or `&Context`" [Event => event, Context => cx],
    returned "the hook `on_deescalate` cannot return `{Self}`",
    expected "expected `Option<Objection>` or `Objection`",
    in "`on_deescalate` is not a slot of the template `{Self}`" [Access],
    "its signature: `fn on_deescalate(event: &Event, cx: &Context) -> Option<Objection>`; it may be `async`, may return a `Result` with any error that implements `std::error::Error`, and may leave out parameters",
    (Event, ()) => Option<Objection>;
}
