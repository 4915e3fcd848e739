//! What is found when a deployment, or the settings of a machine, are looked at.

use serde::Serialize;

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub about: String,
    /// Whether it is as it should be.
    pub good: bool,
    /// What was seen.
    pub seen: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

pub(crate) fn good(about: &str, seen: impl Into<String>) -> Finding {
    Finding { about: about.to_owned(), good: true, seen: seen.into(), mend: None }
}

pub(crate) fn bad(about: &str, seen: impl Into<String>, mend: &str) -> Finding {
    Finding { about: about.to_owned(), good: false, seen: seen.into(), mend: Some(mend.to_owned()) }
}
