//! Users: who there is, and what is changed about them.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Caller, Desk, ListPage, Problem, Scope};
use crate::engine::records::{self, json};
use crate::engine::runner::{StoredUser, stored_user};
use crate::model::{Identity, Role, User, UserId};
use crate::store::{Expect, Key, Query, Write};

/// A user.
pub type UserView = User;

/// What is changed about a user. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UserChange {
    /// What pages and messages call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they have left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<bool>,
    /// All that they are called elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identities: Option<Vec<Identity>>,
}

/// The list of users that the store knows.
const USERS: &str = "N#users";

impl Desk {
    /// Remembers somebody who acts for the first time.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn appear(&self, caller: &Caller) -> Result<(), Problem> {
        let id = &caller.user.id;
        let listed = Key::new(USERS, id.as_str());
        if self.runner.store.get(&listed).await?.is_some() {
            return Ok(());
        }
        let details = json!({ "user": id, "role": caller.user.role, "appeared": true });
        let write = Write::Put { key: listed, body: json(id), expect: Expect::Anything };
        self.noted(caller, "user", details, vec![write]).await
    }

    /// Whether the caller may see who there is.
    ///
    /// # Errors
    ///
    /// If they are a guest, or their token is not good for this.
    pub fn may_see_users(&self, caller: &Caller) -> Result<(), Problem> {
        caller.needs(Scope::Read)?;
        if caller.user.role == Role::Guest || caller.user.deactivated {
            return Err(Problem::new(403, "not_for_guests", "guests see nobody but themselves"));
        }
        Ok(())
    }

    /// A user.
    ///
    /// # Errors
    ///
    /// If nobody knows them.
    pub async fn user(&self, id: &UserId) -> Result<UserView, Problem> {
        let user = self.runner.services.user(id).await?;
        user.ok_or_else(|| Problem::new(404, "unknown_user", format!("nobody knows `{id}`")))
    }

    /// The users that the store knows, by name.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn users(
        &self,
        after: Option<String>,
        limit: usize,
    ) -> Result<ListPage<UserView>, Problem> {
        let page = self.runner.store.query(&Query::of(USERS).after(after).limit(limit)).await?;
        let next = page.items.last().filter(|_| page.more).map(|item| item.key.sk.clone());
        let mut items = Vec::new();
        for item in &page.items {
            let id: UserId = records::read(item)?;
            items.extend(self.runner.services.user(&id).await?);
        }
        Ok(ListPage { items, next })
    }

    /// Changes what is stored of a user.
    ///
    /// # Errors
    ///
    /// If the caller is no administrator, an identity belongs to somebody else, or the store fails.
    pub async fn change_user(
        &self,
        caller: &Caller,
        id: &UserId,
        change: UserChange,
    ) -> Result<UserView, Problem> {
        let leaves = change.deactivated == Some(true);
        let result = self.try_change_user(caller, id, change).await;
        if leaves && result.is_ok() {
            // What fails now is found when it is looked who has left.
            if let Err(problem) = self.end_all(caller, Some(id), Some("deactivated")).await {
                tracing::error!(user = %id, "what they hold could not be ended: {problem}");
            }
        }
        if let Err(problem) = &result {
            self.refused(caller, "change_user", problem).await;
        }
        result
    }

    async fn try_change_user(
        &self,
        caller: &Caller,
        id: &UserId,
        change: UserChange,
    ) -> Result<UserView, Problem> {
        if !caller.is_admin() {
            return Err(Problem::new(403, "admins_only", "only administrators change users"));
        }
        let store = &*self.runner.store;
        let stored = stored_user(store, id).await?;
        let expect =
            stored.as_ref().map_or(Expect::Absent, |(_, version)| Expect::Version(*version));
        let old = stored.map(|(user, _)| user).unwrap_or_default();
        let new = StoredUser {
            name: change.name.clone().or(old.name),
            role: change.role.or(old.role),
            deactivated: change.deactivated.or(old.deactivated),
            identities: change.identities.clone().unwrap_or_else(|| old.identities.clone()),
        };
        let mut writes = vec![
            Write::Put { key: records::user(id), body: json(&new), expect },
            Write::Put {
                key: Key::new(USERS, id.as_str()),
                body: json(id),
                expect: Expect::Anything,
            },
        ];
        let key = |it: &Identity| records::identity(&it.kind, &it.external_id, &it.value);
        for identity in &new.identities {
            if let Some(item) = store.get(&key(identity)).await? {
                let owner: UserId = records::read(&item)?;
                if owner != *id {
                    let message =
                        format!("`{}` is {owner} in {} already", identity.value, identity.kind);
                    return Err(Problem::field(
                        "identities",
                        message,
                        "correct that user's identities first",
                    ));
                }
            }
            writes.push(Write::Put {
                key: key(identity),
                body: json(id),
                expect: Expect::Anything,
            });
        }
        let gone = old.identities.iter().filter(|identity| !new.identities.contains(identity));
        writes.extend(
            gone.map(|identity| Write::Delete { key: key(identity), expect: Expect::Anything }),
        );
        self.noted(caller, "user", json!({ "user": id, "change": change }), writes).await?;
        self.user(id).await
    }
}
