//! What is known here of somebody: the settings, and over them the store.

use countersign::context::ServiceError;
use countersign::engine::records;
use countersign::engine::runner::{StoredUser, stored_user};
use countersign::model::{Identity, Role, User, UserId};
use countersign::store::{Key, Query};

use super::{LocalDirectory, unreadable};

/// The list of everybody who has been here.
const USERS: &str = "N#users";

impl LocalDirectory {
    /// What is known here of somebody.
    pub(super) async fn known(&self, id: &UserId) -> Result<User, ServiceError> {
        let stored = stored_user(&*self.store, id).await.map_err(|error| unreadable(&error))?;
        Ok(self.composed(id, stored.map(|(stored, _)| stored)))
    }

    /// What is known here of several.
    pub(super) async fn all(
        &self,
        ids: impl IntoIterator<Item = UserId> + Send,
    ) -> Result<Vec<User>, ServiceError> {
        let ids: Vec<UserId> = ids.into_iter().collect();
        let keys: Vec<Key> = ids.iter().map(records::user).collect();
        let items = self.store.get_many(&keys).await.map_err(|error| unreadable(&error))?;
        let user = |(id, item): (&UserId, &Option<countersign::store::Item>)| {
            let stored = item.as_ref().map(records::read::<StoredUser>).transpose();
            Ok(self.composed(id, stored.map_err(|error| unreadable(&error))?))
        };
        ids.iter().zip(&items).map(user).collect()
    }

    /// The settings, and over them what is stored.
    fn composed(&self, id: &UserId, stored: Option<StoredUser>) -> User {
        let mut user = self.people.get(id).cloned().unwrap_or_else(|| {
            let role = if id.is_bot() { Role::Member } else { self.settings.role_of(id) };
            User { role, ..User::new(id.clone()) }
        });
        for group in &self.settings.directory.groups {
            if group.members.contains(id) && !user.is_in(&group.name) {
                user.groups.push(group.name.clone());
            }
        }
        if let Some(stored) = stored {
            user.name = stored.name.unwrap_or(user.name);
            user.role = stored.role.unwrap_or(user.role);
            user.deactivated = stored.deactivated.unwrap_or(user.deactivated);
            let same =
                |a: &Identity, b: &Identity| a.kind == b.kind && a.external_id == b.external_id;
            user.identities.retain(|old| !stored.identities.iter().any(|new| same(old, new)));
            user.identities.extend(stored.identities);
        }
        user
    }

    /// Everybody in the settings, and everybody who has been here.
    pub(super) async fn everybody(&self) -> Result<Vec<User>, ServiceError> {
        let mut ids: Vec<UserId> = self.people.keys().cloned().collect();
        let page = self
            .store
            .query(&Query::of(USERS).limit(1_000))
            .await
            .map_err(|error| unreadable(&error))?;
        ids.extend(page.items.iter().filter_map(|item| UserId::parse(item.key.sk.as_str()).ok()));
        ids.sort();
        ids.dedup();
        self.all(ids).await
    }

    /// Whether somebody is among [`everybody`](Self::everybody).
    pub(super) async fn is_somebody(&self, id: &UserId) -> Result<bool, ServiceError> {
        if self.people.contains_key(id) {
            return Ok(true);
        }
        let item = self.store.get(&Key::new(USERS, id.as_str())).await;
        Ok(item.map_err(|error| unreadable(&error))?.is_some())
    }
}
