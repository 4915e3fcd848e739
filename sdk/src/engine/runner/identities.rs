//! What is stored of users: their role, their identities, whether they have left.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::super::records;
use crate::flow::HandlerError;
use crate::model::{Identity, Role, User, UserId};
use crate::store::{Commit, Expect, ReadError, Store, Write, write_surely};
use crate::strategy::IdentityStore;

/// What is stored of a user, over what the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredUser {
    /// What pages and messages call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they have left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<bool>,
    /// What they are called elsewhere.
    #[serde(default)]
    pub identities: Vec<Identity>,
}

/// What is stored of a user, and the version of it; `None` if nothing is.
///
/// # Errors
///
/// If the store cannot be read.
pub async fn stored_user(
    store: &dyn Store,
    id: &UserId,
) -> Result<Option<(StoredUser, u64)>, ReadError> {
    let item = store.get(&records::user(id)).await?;
    item.map(|item| Ok((records::read(&item)?, item.version))).transpose()
}

/// The identities in a store.
pub(super) struct StoredIdentities<'a>(pub(super) &'a dyn Store);

#[async_trait]
impl IdentityStore for StoredIdentities<'_> {
    async fn stored(
        &self,
        user: &User,
        kind: &str,
        external_id: &str,
    ) -> Result<Option<String>, HandlerError> {
        if let Some(value) = user.identity(kind, external_id) {
            return Ok(Some(value.to_owned()));
        }
        let stored = stored_user(self.0, &user.id).await?;
        let identities = stored.map(|(user, _)| user.identities).unwrap_or_default();
        let mine = |it: &Identity| it.kind == kind && it.external_id == external_id;
        Ok(identities.into_iter().find(mine).map(|identity| identity.value))
    }

    async fn persist(&self, user: &User, identity: Identity) -> Result<(), HandlerError> {
        let stored = stored_user(self.0, &user.id).await?;
        let expect =
            stored.as_ref().map_or(Expect::Absent, |(_, version)| Expect::Version(*version));
        let mut record = stored.map(|(user, _)| user).unwrap_or_default();
        let Identity { kind, external_id, value } = &identity;
        let owner = records::identity(kind, external_id, value);
        if let Some(item) = self.0.get(&owner).await? {
            let owner: UserId = records::read(&item)?;
            if owner != user.id {
                let message = format!("`{value}` is {owner} in {kind} already, not {}", user.id);
                return Err(HandlerError::new("Identity:AMBIGUOUS", message)
                    .with_hint("correct the identities of one of them")
                    .final_());
            }
        }
        record.identities.retain(|it| it.kind != *kind || it.external_id != *external_id);
        record.identities.push(identity.clone());
        let writes = vec![
            Write::Put { key: records::user(&user.id), body: records::json(&record), expect },
            Write::Put { key: owner, body: records::json(&user.id), expect: Expect::Anything },
        ];
        match write_surely(self.0, &records::transaction(writes)).await {
            Commit::Committed => Ok(()),
            Commit::Conflict(_) | Commit::Throttled => {
                Err(HandlerError::new("Identity:BUSY", "the identity could not be stored now"))
            }
            Commit::Unknown(why) | Commit::Invalid(why) => Err(HandlerError::new(
                "Identity:NOT_SAVED",
                format!("the identity could not be stored: {why}"),
            )),
        }
    }
}
