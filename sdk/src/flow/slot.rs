//! Slots: the places in a flow's table that a function can fill.

mod actions;
mod hooks;
mod reducers;
mod table;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use actions::*;
pub use hooks::*;
pub use reducers::*;

use super::error::HandlerError;
use super::fields::Field;
use crate::context::Context;
use crate::model::Event;

/// The future that a flow's function runs in.
pub type ReplyFuture<'a, R> = Pin<Box<dyn Future<Output = Result<R, HandlerError>> + Send + 'a>>;

/// One place in the table: what its function is given, and what it answers.
pub trait Slot: 'static {
    /// What it is about.
    type Event: Send + Sync + 'static;
    /// What it is given besides; mostly nothing.
    type About: Send + Sync + 'static;
    /// What it answers.
    type Reply: 'static;
}

/// What a function may ask for when it is called.
#[derive(Debug)]
pub struct Call<'a, E = Event, A = ()> {
    /// What it may do.
    pub cx: &'a Context,
    /// What it is about.
    pub event: &'a E,
    /// What it is given besides: what was typed so far, or the form.
    pub about: &'a A,
}

/// The [`Call`] of a slot.
pub type SlotCall<'a, S> = Call<'a, <S as Slot>::Event, <S as Slot>::About>;

impl<'a, E> Call<'a, E> {
    /// A call about this event.
    #[must_use]
    pub const fn new(cx: &'a Context, event: &'a E) -> Self {
        Self { cx, event, about: &() }
    }
}

impl<E, A> Clone for Call<'_, E, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, A> Copy for Call<'_, E, A> {}

/// A filled slot: plain data, so a flow's table is a `const`. Slots that are called alike have
/// entries of one type.
pub struct Entry<R, E: 'static = Event, A: 'static = ()> {
    /// Calls the function.
    pub run: for<'a> fn(Call<'a, E, A>) -> ReplyFuture<'a, R>,
    /// The slot, such as `on_request`, or `options` and `change` for those of a field.
    pub slot: &'static str,
    /// `module::path::function`, for logs.
    pub path: &'static str,
    /// `file:line`, for error reports.
    pub location: &'static str,
}

impl<R: 'static, E, A> Entry<R, E, A> {
    /// Stands in a program that does not compile for an entry that could not be written.
    #[doc(hidden)]
    pub const PLACEHOLDER: Self = Self {
        run: |_| Box::pin(async { Err("this function does not compile".into()) }),
        slot: "",
        path: "",
        location: "",
    };
}

/// The [`Entry`] of a slot.
pub type SlotEntry<S> = Entry<<S as Slot>::Reply, <S as Slot>::Event, <S as Slot>::About>;

impl<R, E, A> Clone for Entry<R, E, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, E, A> Copy for Entry<R, E, A> {}

impl<R, E, A> fmt::Debug for Entry<R, E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.path, self.location)
    }
}

/// What [`flow!`](macro@crate::flow) says about a flow. Implemented by it, never by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a flow",
    label = "not a function of a flow",
    note = "write `flow!(\"name\", Access);` in this module, or, in another file of the same flow, `use super::Flow;`"
)]
pub trait Declared {
    /// Its template.
    type Template;
    /// The fields of its form.
    const FIELDS: &'static [Field];
}

/// A flow whose form is this struct. Implemented by `flow!`, never by hand.
#[diagnostic::on_unimplemented(
    message = "the flow's form is not `{T}`",
    label = "not the struct that `flow!` names by `fields = ..`",
    note = "read the form as the struct that `flow!` names, or write `fields = {T}` there"
)]
pub trait DeclaresFields<T> {}

/// A flow whose variables are this struct. Implemented by `flow!`, never by hand.
#[diagnostic::on_unimplemented(
    message = "the flow's variables are not `{T}`",
    label = "not the struct that `flow!` names by `vars = ..`",
    note = "read the variables as the struct that `flow!` names, or write `vars = {T}` there"
)]
pub trait DeclaresVars<T> {}

/// Compiles where the flow's form is this struct.
pub const fn declares_fields<F: DeclaresFields<T>, T>() {}

/// Compiles where the flow's variables are this struct.
pub const fn declares_vars<F: DeclaresVars<T>, T>() {}

/// A flow whose slot `S` is filled. Implemented by the attributes, never by hand.
pub trait Fills<S: Slot> {
    /// The function.
    const ENTRY: SlotEntry<S>;
}
