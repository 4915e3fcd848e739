//! The people of a workspace.
//! Source: <https://docs.slack.dev/reference/objects/user-object>.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::client::{Slack, SlackError};
use super::conversations::{PAGE, Pages, is_id};
use crate::person::Person;

/// What is known of members who are looked up together is used again for so long. Whoever acts is
/// looked up by themselves, and afresh.
const KEPT: Duration = Duration::from_mins(5);

/// More people than this are not looked up one by one: everybody of the workspace is read instead.
const ONE_BY_ONE: usize = 30;

/// Slack tells of user groups twenty times a minute.
const GAP: Duration = Duration::from_millis(3_200);

/// So many are looked up at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Slack's own helper, which says of itself that it is no program.
const SLACKBOT: &str = "USLACKBOT";

/// People who were looked up together.
#[derive(Debug, Clone, Default)]
pub(super) struct Profiles {
    found: Arc<Mutex<BTreeMap<String, (Instant, Person)>>>,
    /// Whoever comes while somebody reads everybody waits for that.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl Profiles {
    fn get(&self, id: &str) -> Option<Person> {
        let profiles = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        profiles.get(id).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, person)| person.clone())
    }

    fn add<'a>(&self, people: impl IntoIterator<Item = &'a Person>) {
        let mut profiles = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        profiles.retain(|_, (at, _)| at.elapsed() < KEPT);
        let now = Instant::now();
        let named = people.into_iter().map(|person| (person.id.clone(), (now, person.clone())));
        profiles.extend(named);
    }
}

#[derive(Debug, Deserialize)]
struct Member {
    id: String,
    #[serde(default)]
    team_id: String,
    /// The handle; unique in a workspace.
    #[serde(default)]
    name: String,
    deleted: bool,
    is_bot: bool,
    /// What somebody may do is not said of accounts that are deleted or elsewhere.
    #[serde(default)]
    is_restricted: Option<bool>,
    #[serde(default)]
    is_ultra_restricted: Option<bool>,
    #[serde(default)]
    is_stranger: bool,
    #[serde(default)]
    enterprise_user: Option<Grid>,
    #[serde(default)]
    profile: Profile,
}

/// Where somebody belongs in an organization of several workspaces.
#[derive(Debug, Deserialize)]
struct Grid {
    #[serde(default)]
    enterprise_id: String,
    #[serde(default)]
    teams: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Profile {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    real_name: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct One {
    user: Member,
}

#[derive(Debug, Deserialize)]
struct Page {
    members: Vec<Member>,
    #[serde(default)]
    response_metadata: More,
}

#[derive(Debug, Default, Deserialize)]
struct More {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Debug, Deserialize)]
struct Groups {
    usergroups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    id: String,
    handle: String,
}

#[derive(Debug, Deserialize)]
struct GroupMembers {
    users: Vec<String>,
}

impl Member {
    fn person(self, team: &str) -> Person {
        let is_ours = self.team_id == team
            || self.enterprise_user.as_ref().is_some_and(|grid| {
                grid.enterprise_id == team || grid.teams.iter().any(|it| it == team)
            });
        let is_outsider = self.is_stranger || !is_ours;
        let is_full = self.is_restricted == Some(false) && self.is_ultra_restricted == Some(false);
        let given = |name: Option<String>| name.filter(|name| !name.is_empty());
        Person {
            is_active: !self.deleted,
            // One of ours who is not said to be a full member is none.
            is_guest: !is_full && !is_outsider && !self.deleted,
            is_outsider,
            is_bot: self.is_bot || self.id == SLACKBOT,
            id: self.id,
            email: given(self.profile.email),
            name: given(self.profile.display_name).or_else(|| given(self.profile.real_name)),
            manager: None,
        }
    }
}

impl Slack {
    /// One person, by id, as Slack knows them now; `None` if nobody has it.
    ///
    /// # Errors
    ///
    /// If Slack cannot be asked.
    pub async fn user_by_id(&self, id: &str) -> Result<Option<Person>, SlackError> {
        match self.ask::<One>("users.info", &json!({ "user": id })).await {
            Ok(One { user }) if user.id == id => Ok(Some(user.person(self.team()))),
            Ok(_) => Err(self.wrong_shape("users.info", "it is about somebody else")),
            Err(error) => none_if(error, &["user_not_found", "user_not_visible"]),
        }
    }

    /// One person, by mail address, as Slack knows them now; `None` if nobody in use has it.
    ///
    /// # Errors
    ///
    /// If Slack cannot be asked.
    pub async fn user_by_email(&self, mail: &str) -> Result<Option<Person>, SlackError> {
        let method = "users.lookupByEmail";
        let person = match self.ask::<One>(method, &json!({ "email": mail })).await {
            Ok(One { user }) => user.person(self.team()),
            Err(error) => return none_if(error, &["users_not_found"]),
        };
        // Never a weaker match than what was asked for.
        let same = person.email.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(mail));
        if same {
            Ok(Some(person))
        } else {
            Err(self.wrong_shape(method, "it is about somebody with another mail address"))
        }
    }

    /// One person, by id, mail address or `@name`; `None` if nobody has it.
    ///
    /// # Errors
    ///
    /// If several have that name, or Slack cannot be asked.
    pub async fn user(&self, name: &str) -> Result<Option<Person>, SlackError> {
        if is_id(name, "UW") {
            return self.user_by_id(name).await;
        }
        let handle = name.trim_start_matches('@');
        if handle.contains('@') {
            return self.user_by_email(handle).await;
        }
        let everybody = self.everybody().await?;
        let by_handle = everybody.iter().filter(|(name, _)| name == handle);
        let ids: BTreeSet<&str> = by_handle.map(|(_, person)| person.id.as_str()).collect();
        let ids = if ids.is_empty() {
            // What people see before a name is what they like to be called, which need not be unique.
            let called = |person: &Person| person.name.as_deref() == Some(handle);
            everybody.iter().filter(|it| called(&it.1)).map(|it| it.1.id.as_str()).collect()
        } else {
            ids
        };
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (None, _) => Ok(None),
            (Some(id), None) => self.user_by_id(id).await,
            (Some(one), Some(other)) => Err(SlackError::lasting(
                "user_not_found",
                format!(
                    "`@{handle}` is the name of several people, `{one}` and `{other}` among them"
                ),
                "name the one by mail address or Slack user id",
            )),
        }
    }

    /// Everybody who is in a user group now, by handle or id. What is said of each besides that may
    /// be five minutes old.
    ///
    /// # Errors
    ///
    /// If there is no such group, or Slack cannot be asked.
    pub async fn group_members(&self, handle: &str) -> Result<Vec<Person>, SlackError> {
        let ids = self.looks.look(&format!("@{handle}"), GAP, self.group_ids(handle)).await?;
        self.people(&ids).await
    }

    async fn group_ids(&self, handle: &str) -> Result<Vec<String>, SlackError> {
        let id = self.group_id(handle).await?;
        let members: GroupMembers =
            self.ask("usergroups.users.list", &json!({ "usergroup": id })).await?;
        Ok(members.users)
    }

    /// The id of a user group, by handle or id.
    ///
    /// # Errors
    ///
    /// If there is no such group, or Slack cannot be asked.
    pub async fn group_id(&self, handle: &str) -> Result<String, SlackError> {
        if is_id(handle, "S") {
            return Ok(handle.to_owned());
        }
        let handle = handle.trim_start_matches('@');
        let Groups { usergroups } = self.ask("usergroups.list", &json!({})).await?;
        let found = usergroups.into_iter().find(|group| group.handle == handle);
        found.map(|group| group.id).ok_or_else(|| {
            let hint = "look at its handle in Slack, under People & user groups";
            SlackError::lasting(
                "no_such_subteam",
                format!("there is no user group `@{handle}` in use"),
                hint,
            )
        })
    }

    /// These people. Who cannot be found among them is left out: nobody else is one of them.
    pub(super) async fn people(&self, ids: &[String]) -> Result<Vec<Person>, SlackError> {
        let are_many = || {
            let unknown = ids.iter().filter(|id| self.profiles.get(id).is_none());
            unknown.count() > ONE_BY_ONE
        };
        let _reading = if are_many() { Some(self.profiles.reading.lock().await) } else { None };
        if are_many() {
            let everybody = self.everybody().await?;
            self.profiles.add(everybody.iter().map(|(_, person)| person));
        }
        // People of other companies are in channels, but not among everybody.
        let found = futures_util::stream::iter(ids.to_vec()).map(|id| async move {
            if let Some(person) = self.profiles.get(&id) {
                return Ok(Some(person));
            }
            let person = self.user_by_id(&id).await?;
            self.profiles.add(&person);
            Ok(person)
        });
        found.buffered(SIDE_BY_SIDE).try_filter_map(async |person| Ok(person)).try_collect().await
    }

    /// Everybody of the workspace, with their handles.
    async fn everybody(&self) -> Result<Vec<(String, Person)>, SlackError> {
        let (mut people, mut pages) = (Vec::new(), Pages::default());
        loop {
            let arguments = json!({ "limit": PAGE, "cursor": pages.cursor });
            let page: Page = self.ask("users.list", &arguments).await?;
            let named = |member: Member| (member.name.clone(), member.person(self.team()));
            people.extend(page.members.into_iter().map(named));
            let next = page.response_metadata.next_cursor;
            if !pages.go_on(self, "users.list", &next)? {
                return Ok(people);
            }
        }
    }
}

/// Of some errors the meaning is that there is nobody.
fn none_if(error: SlackError, codes: &[&str]) -> Result<Option<Person>, SlackError> {
    if codes.iter().any(|code| error.is(code)) { Ok(None) } else { Err(error) }
}
