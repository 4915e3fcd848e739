//! People and bots.

use serde::{Deserialize, Serialize};

use crate::model::{Identity, UserId};

/// What a user may do, each including the one before, but for the auditor, who only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May read everything and change nothing.
    Auditor,
    /// May decide where a flow says so, and never ask.
    Guest,
    /// May ask, and decide where asked.
    Member,
    /// May also end anybody's access and change users.
    Admin,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

/// A person or a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum UserKind {
    /// A person.
    Normal,
    /// A program: it may file requests, never approve.
    Bot,
}

/// A user. Two are the same if their [`id`](Self::id) is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    /// Who it is.
    #[serde(rename = "username")]
    pub id: UserId,
    /// The mail address; `None` for a bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What pages and messages call them.
    pub name: String,
    /// Person or bot.
    #[serde(rename = "type")]
    pub kind: UserKind,
    /// What they may do.
    pub role: Role,
    /// The groups they are in, by every directory that was asked; policies read it.
    #[serde(default)]
    pub groups: Vec<String>,
    /// What they are called elsewhere.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// Whether they have left: no request, no decision, no access.
    #[serde(default)]
    pub deactivated: bool,
}

impl User {
    /// A member with this mail address or bot name, and nothing else known.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        let kind = if id.is_bot() { UserKind::Bot } else { UserKind::Normal };
        let email = (kind == UserKind::Normal).then(|| id.as_str().to_owned());
        let name = id.as_str().split('@').next().unwrap_or_default().to_owned();
        Self {
            id,
            email,
            name,
            kind,
            role: Role::Member,
            groups: Vec::new(),
            identities: Vec::new(),
            deactivated: false,
        }
    }

    /// Who it is: the mail address in lowercase, or `bot:` and a name.
    #[must_use]
    pub fn username(&self) -> &str {
        self.id.as_str()
    }

    /// The mail address; `None` for a bot.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Whether they are in a group of this name, by any directory.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|mine| mine == group)
    }

    /// What they are called in an integration, if that is known.
    #[must_use]
    pub fn identity(&self, kind: &str, external_id: &str) -> Option<&str> {
        self.identities
            .iter()
            .find(|identity| identity.kind == kind && identity.external_id == external_id)
            .map(|identity| identity.value.as_str())
    }
}

impl PartialEq for User {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for User {}

impl std::hash::Hash for User {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
