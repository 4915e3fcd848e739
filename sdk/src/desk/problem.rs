//! What is wrong with what came in, as RFC 9457 has it.

use serde::{Deserialize, Serialize};

use crate::model::RunId;
use crate::store::ReadError;

/// A problem document (RFC 9457), with a stable `code`, the fields at fault and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("{detail}")]
pub struct Problem {
    /// The kind of problem, as a URI reference; it ends with the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable code for programs.
    pub code: String,
    /// The kind of problem, in a few words.
    pub title: String,
    /// What is wrong, for people.
    pub detail: String,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The fields at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// The run that stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldProblem {
    /// Which field, as in `fields.ticket`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl FieldProblem {
    /// With a remedy.
    pub fn new(
        field: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), message: message.into(), hint: Some(hint.into()) }
    }
}

impl Problem {
    /// A problem.
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            status,
            code: code.to_owned(),
            title: code.replace('_', " "),
            detail: detail.into(),
            hint: None,
            fields: Vec::new(),
            run: None,
        }
    }

    /// Says how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the run that stands in the way.
    #[must_use]
    pub fn run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// Fields are at fault.
    #[must_use]
    pub fn fields(fields: Vec<FieldProblem>) -> Self {
        let names: Vec<_> =
            fields.iter().map(|it| format!("`{}`: {}", it.field, it.message)).collect();
        let mut problem = Self::new(422, "invalid_request", names.join("; "));
        problem.hint = fields.first().and_then(|field| field.hint.clone());
        problem.fields = fields;
        problem
    }

    /// One field is at fault.
    pub fn field(field: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::fields(vec![FieldProblem::new(field, message, hint)])
    }

    /// There is no such run, or it is not for the caller to see.
    #[must_use]
    pub fn no_run(run: &RunId) -> Self {
        Self::new(404, "no_such_run", format!("there is no run `{run}`"))
            .hint("look at the list of runs")
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(why) => {
                tracing::error!("the store does not answer: {why}");
                Self::new(503, "store_unavailable", "the store does not answer")
                    .hint("try again in a moment")
            }
            ReadError::Damaged(why) => {
                tracing::error!("the store is damaged: {why}");
                Self::new(500, "store_damaged", "the store is damaged")
                    .hint("tell whoever runs Countersign; the log says more")
            }
        }
    }
}

impl From<crate::context::ServiceError> for Problem {
    fn from(error: crate::context::ServiceError) -> Self {
        let problem = Self::new(503, "unavailable", error.to_string());
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem.hint("try again in a minute"),
        }
    }
}
