//! What Okta answers with, as far as anybody here reads it.

use serde::Deserialize;

use crate::Person;

/// An account at Okta.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its id, such as `00ub0oNGTSWTBKOLGLNR`.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// What is known of the person.
    pub profile: Profile,
}

/// Where an account stands.
/// Source: <https://developer.okta.com/docs/reference/api/users/#user-status>.
///
/// One that Okta has not published is no account that anybody here can judge: an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Made, and not activated yet.
    Staged,
    /// Activated, without a password so far.
    Provisioned,
    /// In use.
    Active,
    /// Choosing a new password.
    Recovery,
    /// Has to choose a new password.
    PasswordExpired,
    /// Wrong passwords were tried too often, by whomever.
    LockedOut,
    /// Put on hold by an administrator.
    Suspended,
    /// Deactivated.
    Deprovisioned,
}

impl Status {
    /// Whether the person may decide and may be given access: their account is in use, even if its
    /// password is to be chosen anew.
    #[must_use]
    pub const fn is_active(self) -> bool {
        match self {
            Self::Provisioned | Self::Active | Self::Recovery | Self::PasswordExpired => true,
            Self::Staged | Self::LockedOut | Self::Suspended | Self::Deprovisioned => false,
        }
    }

    /// Whether the person has left, so that what they hold is taken away. Somebody who is locked out
    /// has not: anybody can lock them out, by guessing passwords.
    #[must_use]
    pub const fn has_left(self) -> bool {
        match self {
            Self::Suspended | Self::Deprovisioned => true,
            Self::Staged
            | Self::Provisioned
            | Self::Active
            | Self::Recovery
            | Self::PasswordExpired
            | Self::LockedOut => false,
        }
    }

    /// Okta's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "STAGED",
            Self::Provisioned => "PROVISIONED",
            Self::Active => "ACTIVE",
            Self::Recovery => "RECOVERY",
            Self::PasswordExpired => "PASSWORD_EXPIRED",
            Self::LockedOut => "LOCKED_OUT",
            Self::Suspended => "SUSPENDED",
            Self::Deprovisioned => "DEPROVISIONED",
        }
    }
}

/// What Okta knows of a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// What they sign in with; mostly a mail address.
    pub login: String,
    /// Their mail address.
    pub email: Option<String>,
    /// Their first name.
    pub first_name: Option<String>,
    /// Their last name.
    pub last_name: Option<String>,
    /// What they are called.
    pub display_name: Option<String>,
    /// Their manager: whatever the company writes there.
    pub manager: Option<String>,
    /// Likewise.
    pub manager_id: Option<String>,
}

impl Account {
    /// The mail address that the person is known by everywhere.
    #[must_use]
    pub fn mail(&self) -> Option<&str> {
        let login = Some(self.profile.login.as_str());
        self.profile.email.as_deref().or(login).filter(|mail| mail.contains('@'))
    }

    /// The person.
    #[must_use]
    pub fn person(&self) -> Person {
        let Profile { first_name, last_name, display_name, manager, manager_id, .. } =
            &self.profile;
        let both: Vec<_> = [first_name, last_name].into_iter().flatten().cloned().collect();
        let name = display_name.clone().or_else(|| (!both.is_empty()).then(|| both.join(" ")));
        let manager = [manager, manager_id].into_iter().flatten();
        Person {
            id: self.id.clone(),
            email: self.mail().map(str::to_owned),
            name,
            is_active: self.status.is_active(),
            is_guest: false,
            is_outsider: false,
            is_bot: false,
            manager: manager.into_iter().find(|manager| manager.contains('@')).cloned(),
        }
    }
}

/// A group at Okta.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// Its id, such as `00g1emaKYZTWRYYRRTSK`.
    pub id: String,
    /// Where its members come from: only those of `OKTA_GROUP` can be changed at Okta.
    #[serde(rename = "type")]
    pub kind: GroupKind,
    /// What it is called.
    pub profile: GroupProfile,
}

/// Where the members of a group come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupKind {
    /// Okta itself.
    OktaGroup,
    /// An application or another directory.
    AppGroup,
    /// Okta itself, which keeps it: everybody is in it.
    BuiltIn,
}

/// What a group is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GroupProfile {
    /// Its name.
    pub name: String,
}
