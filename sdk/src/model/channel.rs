//! Where an event came from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The surface or part of the system that caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Slack.
    Slack,
    /// The pages.
    Web,
    /// The command line.
    Cli,
    /// The HTTP API.
    Api,
    /// A hook of the flow, or another flow.
    Flow,
    /// A timer, a sweep, or the engine's own doing.
    Internal,
}

impl Source {
    /// The word for it in settings and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Web => "web",
            Self::Cli => "cli",
            Self::Api => "api",
            Self::Flow => "flow",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A source, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Channel {
    /// Which surface.
    #[serde(rename = "type")]
    pub source: Source,
    /// For Slack the channel, such as `#general`; `None` where there is none, as with a shortcut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
}

impl From<Source> for Channel {
    fn from(source: Source) -> Self {
        Self { source, identifier: None }
    }
}
