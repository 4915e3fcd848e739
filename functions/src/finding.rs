//! What is found when a deployment, or the settings of a machine, are looked at.

use serde::Serialize;

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub about: String,
    /// Whether it is as it should be; `None` where whoever looks may not see that.
    pub good: Option<bool>,
    /// What was seen.
    pub seen: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// Whether it is as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.good == Some(true)
    }

    /// Whether it is not.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.good == Some(false)
    }
}

pub(crate) fn good(about: &str, seen: impl Into<String>) -> Finding {
    Finding { about: about.to_owned(), good: Some(true), seen: seen.into(), mend: None }
}

pub(crate) fn bad(about: &str, seen: impl Into<String>, mend: &str) -> Finding {
    let (about, mend) = (about.to_owned(), Some(mend.to_owned()));
    Finding { about, good: Some(false), seen: seen.into(), mend }
}

/// Nobody knows, because whoever looks may not see it. That is no fault of what was to be looked at.
#[cfg(feature = "aws")]
pub(crate) fn unseen(about: &str, why: impl Into<String>, mend: &str) -> Finding {
    Finding { good: None, ..bad(about, why, mend) }
}
