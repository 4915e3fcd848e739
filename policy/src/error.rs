//! Why a policy is not taken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a policy's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// Characters from the beginning of the line, from 1.
    pub column: u32,
}

/// A policy that is not taken: it cannot be read, or not be evaluated rightly and within bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// Where in it.
    pub at: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// The way round it.
    pub hint: Option<String>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Place { line, column }) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, ": {hint}"),
            None => Ok(()),
        }
    }
}

impl LoadError {
    /// An error of a file as a whole.
    pub(crate) fn new(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), at: None, message: message.into(), hint: None }
    }

    /// At this place.
    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.at = place;
        self
    }

    /// With the way round it.
    #[cfg(feature = "rego")]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
