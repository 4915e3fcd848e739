//! What somebody wants of a run. Recorded first, handled once.

use serde::{Deserialize, Serialize};

use super::rules::Request;
use crate::model::{Channel, CommandId, FlowName, Hash, Object, RunId, Timestamp, UserId};

/// Who caused something, and how we know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who; `None`: nobody, as with a timer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// How we know.
    pub auth: Auth,
}

/// How somebody was recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By a header, which only the local server believes, and only from loopback.
    LocalHeader,
    /// By one of our own tokens.
    Token {
        /// Which one: not the token itself.
        id: String,
    },
    /// By a token of an identity provider (OpenID Connect).
    Oidc {
        /// Which one.
        issuer: String,
        /// What it calls them, for good; a mail address may go to somebody else later.
        subject: String,
    },
    /// By Slack, whose signature the request bore.
    Slack {
        /// In which workspace.
        team: String,
        /// Their id there, for good; a mail address may go to somebody else later.
        user: String,
    },
    /// The engine itself: a timer, a sweep, the outcome of an effect.
    Engine,
    /// A flow's function.
    Flow,
}

impl Actor {
    /// The engine itself.
    pub const ENGINE: Self = Self { user: None, auth: Auth::Engine };

    /// A person on the local server.
    #[must_use]
    pub const fn local(user: UserId) -> Self {
        Self { user: Some(user), auth: Auth::LocalHeader }
    }
}

/// What somebody wants of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Which command this is: the same when it is delivered again.
    pub id: CommandId,
    /// Of which run.
    pub run: RunId,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who wants it.
    pub by: Actor,
    /// Where they said so.
    pub channel: Channel,
    /// What they want.
    pub kind: CommandKind,
}

/// See [`Command`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Begin a run.
    Request {
        /// By which flow.
        flow: FlowName,
        /// What is asked for.
        request: Box<Request>,
    },
    /// Say yes.
    Approve {
        /// Why, or with what remark.
        message: Option<String>,
        /// The [`binding`](super::binding) of what was shown; `None`: as it stands.
        shown: Option<Hash>,
    },
    /// Say no.
    Deny {
        /// Why.
        message: Option<String>,
    },
    /// The requester takes it back.
    Cancel {
        /// Why.
        message: Option<String>,
    },
    /// End access before its time.
    Revoke {
        /// Why.
        message: Option<String>,
    },
    /// End access because its holder has left. Only Countersign itself says so.
    Leave {
        /// How that is known.
        why: String,
    },
    /// Answer a follow-up.
    Answer {
        /// The answers.
        fields: Object,
    },
    /// Those who were to be asked could not be reached.
    Undelivered {
        /// Which stage was asked.
        stage: usize,
        /// Why not.
        why: String,
    },
    /// Look whether anything is due.
    Wake,
}

impl CommandKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Request { .. } => "request",
            Self::Approve { .. } => "approve",
            Self::Deny { .. } => "deny",
            Self::Cancel { .. } => "cancel",
            Self::Revoke { .. } => "revoke",
            Self::Leave { .. } => "leave",
            Self::Answer { .. } => "answer",
            Self::Undelivered { .. } => "undelivered",
            Self::Wake => "wake",
        }
    }
}
