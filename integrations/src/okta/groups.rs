//! Groups and who is in them.

use countersign::context::ServiceError;
use serde::de::IgnoredAny;

use super::client::{NAME_KEPT, Okta};
use super::shapes::{Account, Group};
use crate::api::Refusal;

/// Members come in pages of this size: Okta counts larger ones for more.
/// Source: `listGroupUsers` in <https://developer.okta.com/docs/api/>.
const PAGE: u32 = 200;

const READ: &str = "okta.groups.read";
const MANAGE: &str = "okta.groups.manage";

impl Okta {
    /// A group by its name, exactly as written, or its id.
    ///
    /// # Errors
    ///
    /// If there is none, or there are several, or Okta cannot be asked.
    pub async fn group(&self, name: &str) -> Result<Group, ServiceError> {
        if let Some(group) = self.kept.groups.get(name, NAME_KEPT) {
            return Ok(group);
        }
        let group = match self.group_by_id(name).await? {
            Some(group) => group,
            None => self.group_by_name(name).await?,
        };
        self.kept.groups.put(name, group.clone());
        Ok(group)
    }

    /// A group by its id; `None` if there is none, or it cannot be an id.
    ///
    /// # Errors
    ///
    /// If Okta cannot be asked.
    pub async fn group_by_id(&self, id: &str) -> Result<Option<Group>, ServiceError> {
        if !is_id(id, "00g") {
            return Ok(None);
        }
        let path = ["api", "v1", "groups", id];
        match self.send(READ, |api| Ok(api.get("getGroup", &path))).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn group_by_name(&self, name: &str) -> Result<Group, ServiceError> {
        let search = format!("profile.name eq {}", quoted(name));
        let found: Vec<Group> = self
            .list("listGroups", READ, |api| {
                api.get("listGroups", &["api", "v1", "groups"]).query(&[("search", &search)])
            })
            .await?;
        let is_it = |group: &&Group| group.profile.name == name;
        match found.iter().filter(is_it).collect::<Vec<_>>().as_slice() {
            [group] => Ok((*group).clone()),
            [] => {
                let hint = match found.first() {
                    Some(group) => format!("is it `{}`?", group.profile.name),
                    None => "look at its name at Okta, or write its id".to_owned(),
                };
                Err(ServiceError::lasting("okta", format!("there is no group `{name}`"), hint))
            }
            several => {
                let ids: Vec<_> = several.iter().map(|group| group.id.as_str()).collect();
                let what = format!("several groups are called `{name}`: {}", ids.join(", "));
                Err(ServiceError::lasting("okta", what, "write the id of the one that is meant"))
            }
        }
    }

    /// Everybody in a group, whatever the state of their account. One call per two hundred.
    ///
    /// # Errors
    ///
    /// If there is no such group, or Okta cannot be asked.
    pub async fn members(&self, group: &str) -> Result<Vec<Account>, ServiceError> {
        let Group { id, .. } = self.group(group).await?;
        let path = ["api", "v1", "groups", &id, "users"];
        let members = self.list("listGroupUsers", READ, |api| {
            api.get("listGroupUsers", &path).query(&[("limit", PAGE)])
        });
        Ok(members.await?)
    }

    /// The groups that somebody is in, by their id. One call, however large the groups.
    ///
    /// # Errors
    ///
    /// If there is no such account, or Okta cannot be asked.
    pub async fn groups_of(&self, user: &str) -> Result<Vec<Group>, ServiceError> {
        if let Some(groups) = self.kept.memberships(user) {
            return Ok(groups);
        }
        let groups = self.groups_now(user).await?;
        self.kept.memberships.put(user, groups.clone());
        Ok(groups)
    }

    /// The same, asked for now.
    pub(super) async fn groups_now(&self, user: &str) -> Result<Vec<Group>, Refusal> {
        let path = ["api", "v1", "users", user, "groups"];
        self.list("listUserGroups", "okta.users.read", |api| api.get("listUserGroups", &path)).await
    }

    /// Whether somebody is in a group, by their id: without listing its members.
    ///
    /// # Errors
    ///
    /// If there is no such group or account, or Okta cannot be asked.
    pub async fn is_member(&self, group: &str, user: &str) -> Result<bool, ServiceError> {
        let Group { id, .. } = self.group(group).await?;
        Ok(self.groups_of(user).await?.iter().any(|group| group.id == id))
    }

    /// Puts somebody into a group. Somebody who is in it stays so.
    pub(super) async fn add(&self, group: &str, user: &str) -> Result<(), Refusal> {
        let path = ["api", "v1", "groups", group, "users", user];
        let put = self.send::<IgnoredAny>(MANAGE, |api| {
            Ok(api.call(reqwest::Method::PUT, "assignUserToGroup", &path))
        });
        put.await.map(drop)
    }

    /// Takes somebody out of a group. Somebody who is not in it stays so.
    pub(super) async fn remove(&self, group: &str, user: &str) -> Result<(), Refusal> {
        let path = ["api", "v1", "groups", group, "users", user];
        let delete = self.send::<IgnoredAny>(MANAGE, |api| {
            Ok(api.call(reqwest::Method::DELETE, "unassignUserFromGroup", &path))
        });
        delete.await.map(drop)
    }
}

/// Whether a text has the form of Okta's ids of a kind: twenty letters and digits after these.
pub(super) fn is_id(text: &str, begins: &str) -> bool {
    text.len() == 20
        && text.starts_with(begins)
        && text.bytes().all(|it| it.is_ascii_alphanumeric())
}

/// A text as a value in Okta's search language.
/// Source: <https://developer.okta.com/docs/api/#filter>: as in JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
