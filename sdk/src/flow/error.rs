//! How a flow's function fails.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::context::ServiceError;

/// What a flow's functions return: nothing by default, or a [`HandlerError`].
pub type Result<T = (), E = HandlerError> = std::result::Result<T, E>;

/// A flow's function failed. An error never grants: the run goes to its normal approvers, or is
/// denied where the flow says so.
///
/// Every error converts into it with `?`. For that it does not implement [`std::error::Error`]
/// itself.
///
/// ```
/// # use countersign::prelude::*;
/// fn ticket(text: &str) -> Result<u32> {
///     if text.is_empty() {
///         return Err(HandlerError::new("Ticket:MISSING", "no ticket was given")
///             .with_hint("file one and ask again")
///             .final_());
///     }
///     Ok(text.parse()?)
/// }
/// let error = ticket("").unwrap_err();
/// assert_eq!((error.code(), error.is_terminal()), ("Ticket:MISSING", true));
/// assert_eq!(ticket("x").unwrap_err().to_string(), "invalid digit found in string");
/// ```
pub struct HandlerError {
    code: Cow<'static, str>,
    hint: Option<String>,
    terminal: bool,
    cause: Box<dyn StdError + Send + Sync>,
}

impl HandlerError {
    /// The code of an error that was given none.
    pub const UNKNOWN: &'static str = "Handler:FAILED";

    /// An error with a code, written `Type:NAME`, and a message for the one it concerns.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), ..Self::from(message.into()) }
    }

    /// An error that stays however often the function is called.
    pub fn terminal(error: impl Into<Self>) -> Self {
        error.into().final_()
    }

    /// Says how to mend it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says that calling the function again does not help.
    #[must_use]
    pub fn final_(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// The code, as in `Ticket:MISSING`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether calling the function again does not help.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// The error that this was made of.
    #[must_use]
    pub fn cause(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.cause
    }

    /// The message and those of all causes, for a log.
    #[must_use]
    pub fn chain(&self) -> String {
        let causes = std::iter::successors(self.cause.source(), |&error| error.source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.chain())
    }
}

/// A [`ServiceError`] keeps its hint, and whether asking again may help.
impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        let cause = error.into();
        let (code, hint, terminal) = match cause.downcast_ref::<ServiceError>() {
            Some(error) => ("Service:UNAVAILABLE", error.hint.clone(), !error.retryable),
            None => (Self::UNKNOWN, None, false),
        };
        Self { code: Cow::Borrowed(code), hint, terminal, cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_s_error_keeps_what_it_knows() {
        let lasting = HandlerError::from(ServiceError::lasting("okta", "no such group", "add it"));
        assert_eq!((lasting.hint(), lasting.is_terminal()), (Some("add it"), true));
        let passing = HandlerError::from(ServiceError::passing("okta", "timed out"));
        assert!(!passing.is_terminal());
        assert_eq!(passing.to_string(), "okta: timed out");
    }

    #[test]
    fn the_chain_names_every_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::num::ParseIntError);
        let inner = "x".parse::<u8>().unwrap_err();
        let error = HandlerError::terminal(Outer(inner));
        assert_eq!(format!("{error:?}"), "[Handler:FAILED] outer: invalid digit found in string");
        assert!(error.is_terminal());
    }
}
