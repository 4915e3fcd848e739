//! What an evaluation tells.

use crate::failure::Failure;
use crate::source::Position;
use crate::value::Data;

/// What became of a policy. Only [`Passed`](Self::Passed) grants.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// `main` is true, or an empty string, number, list or map.
    Passed,
    /// `main` is something else.
    Denied,
    /// `main` is undefined since this place.
    Undefined(Position),
    /// The policy was stopped.
    Failed(Failure),
}

/// A rule that was evaluated.
#[derive(Clone, Debug)]
pub struct RuleTrace {
    /// Its name.
    pub name: String,
    /// The comment above it.
    pub description: String,
    /// Where it is.
    pub position: Position,
    /// What it is.
    pub value: Data,
}

/// How an evaluation went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What became of the policy.
    pub verdict: Verdict,
    /// The value of `main`; undefined if there is none.
    pub value: Data,
    /// The policy's own named rules that were evaluated, `main` first.
    pub rules: Vec<RuleTrace>,
    /// What it printed, a line each.
    pub printed: String,
    /// The comment at the head of the policy.
    pub description: String,
    /// Steps that it took, of [`Limits::steps`](crate::Limits::steps).
    pub steps: u64,
}

impl Outcome {
    /// Whether the policy passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Passed)
    }
}
