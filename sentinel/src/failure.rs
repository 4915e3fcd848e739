//! Why an evaluation was stopped.

use std::fmt;

use crate::source::Position;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The policy did what the language forbids, or called `error`.
    Error,
    /// The policy used up one of its [`Limits`](crate::Limits).
    Limit,
}

/// The evaluation was stopped: nothing is granted.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which kind.
    pub kind: FailureKind,
    /// What is wrong.
    pub message: String,
    /// The expression that was evaluated.
    pub position: Option<Position>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.position {
            Some(position) => write!(f, "{position}: {}", self.message),
            None => write!(f, "{}", self.message),
        }
    }
}

impl std::error::Error for Failure {}

/// Where something is: a file of the evaluation, and an offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) instance: u16,
    pub(crate) offset: u32,
}

/// A failure on its way out. It gets its place where it passes the first expression.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) at: Option<At>,
}

impl Failed {
    #[allow(clippy::unnecessary_box_returns, reason = "results stay small")]
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, message: message.into(), at: None })
    }
}

pub(crate) type Run<T> = Result<T, Box<Failed>>;

/// The policy is wrong.
pub(crate) fn fail<T>(message: impl Into<String>) -> Run<T> {
    Err(Failed::new(FailureKind::Error, message))
}
