//! The question that `get_identity` answers.

use serde::{Deserialize, Serialize};

use crate::model::User;

/// What is this user called in this integration?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityQuery {
    /// Whose name is wanted.
    pub user: User,
    /// The integration's type, such as `aws`.
    pub kind: String,
    /// Which integration of that type.
    pub external_id: String,
    /// What the settings call the integration.
    pub name: String,
}

impl IdentityQuery {
    /// Whose name is wanted.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// The integration's type, such as `aws`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Which integration of that type.
    #[must_use]
    pub fn external_id(&self) -> &str {
        &self.external_id
    }

    /// What the settings call the integration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
