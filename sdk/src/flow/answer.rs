//! How a function's return value becomes its slot's reply.

use super::error::HandlerError;
use super::form::{Choice, Form};
use super::reply::{Decision, Objection, Refusal, Ruling};
use crate::approvers::{Approvers, People};

/// A value that answers `T`: `T` itself, or what stands for it.
pub trait Answer<T> {
    /// The answer.
    fn answer(self) -> T;
}

/// What a function may return where `T` is asked for: an [`Answer`], or a `Result` of one.
pub trait IntoReply<T> {
    /// Turns the return value into the uniform result.
    fn into_reply(self) -> Result<T, HandlerError>;
}

#[diagnostic::do_not_recommend]
impl<T, A: Answer<T>, E: Into<HandlerError>> IntoReply<T> for Result<A, E> {
    fn into_reply(self) -> Result<T, HandlerError> {
        self.map(Answer::answer).map_err(Into::into)
    }
}

/// `Type => Reply: how`.
macro_rules! answers {
    ($($from:ty => $to:ty: $how:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Answer<$to> for $from {
            fn answer(self) -> $to {
                let how: fn($from) -> $to = $how;
                how(self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoReply<$to> for $from {
            fn into_reply(self) -> Result<$to, HandlerError> {
                Ok(self.answer())
            }
        }
    )*};
}

answers! {
    () => (): |()| ();
    Option<Decision> => Option<Decision>: |it| it;
    Decision => Option<Decision>: Some;
    Option<Objection> => Option<Objection>: |it| it;
    Objection => Option<Objection>: Some;
    Option<Refusal> => Option<Refusal>: |it| it;
    Refusal => Option<Refusal>: Some;
    Option<Ruling> => Option<Ruling>: |it| it;
    Ruling => Option<Ruling>: Some;
    Approvers => Approvers: |it| it;
    People => People: |it| it;
    Approvers => People: People::from;
    Option<String> => Option<String>: |it| it;
    String => Option<String>: Some;
    Vec<Choice> => Vec<Choice>: |it| it;
    Form => Form: |it| it;
}
