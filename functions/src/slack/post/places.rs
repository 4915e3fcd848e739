//! Where people are asked: a channel, a group message, direct messages.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign::approvers::People;
use countersign::engine::{Run, State};
use countersign::model::UserId;
use serde_json::json;
use tokio::time::Instant;

use super::pace::{CALLS, GROUPS};
use super::{Kind, Post, Trouble};
use crate::slack::text::Names;

/// So many people at most are asked in one group message. Source: `conversations.open`, which takes
/// eight with the app.
const MOST_TOGETHER: usize = 7;

/// More people than this are not written to one by one.
const MOST_ALONE: usize = 30;

/// Nobody waits longer for a name to be shown.
const AT_ONCE: Duration = Duration::from_millis(50);

/// What somebody is called in Slack is used again for so long.
const KEPT: Duration = Duration::from_mins(5);

/// What people and user groups are called in Slack, by what they are called here.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<BTreeMap<String, (Instant, String)>>);

impl Known {
    fn get(&self, called: &str) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(called).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, name)| name.clone())
    }

    fn add(&self, called: &str, name: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (at, _)| at.elapsed() < KEPT);
        known.insert(called.to_owned(), (Instant::now(), name.to_owned()));
    }
}

/// Where somebody is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Where {
    /// A conversation, or the person whose direct messages it is.
    pub(super) channel: String,
    pub(super) kind: Kind,
}

/// Where they are asked, and why not, of those who are not.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) places: Vec<Where>,
    pub(super) complaints: Vec<String>,
}

impl Post {
    /// Where these people are asked about a run.
    pub(super) async fn places(
        &self,
        run: &Run,
        people: &People,
        stop: Instant,
    ) -> Result<Found, Trouble> {
        let mut found = Found::default();
        let (mut channels, mut rest) = (Vec::new(), Vec::new());
        divide(people, &mut channels, &mut rest);
        for name in channels {
            match self.0.slack.channel_id(name).await.map_err(Trouble::from) {
                Ok(channel) => found.places.push(Where { channel, kind: Kind::Shared }),
                Err(Trouble::Lasting(why)) => found.complaints.push(format!("{name}: {why}")),
                Err(trouble) => return Err(trouble),
            }
        }
        let mut users = Vec::new();
        for people in rest {
            users.extend(self.members(run, people).await?);
        }
        users.sort();
        users.dedup();
        if users.len() > MOST_ALONE {
            let (all, most) = (users.len(), MOST_ALONE);
            users.truncate(MOST_ALONE);
            found.complaints.push(format!(
                "{people} are {all} people: only the first {most} were written to; name a channel with `.notify(slack::channel(..))`"
            ));
        }
        let mut names = Vec::new();
        for user in &users {
            match self.slack_id(user, stop).await {
                Ok(Some(name)) => names.push(name),
                Ok(None) => found.complaints.push(format!("{user} has no Slack account in use")),
                Err(Trouble::Lasting(why)) => found.complaints.push(format!("{user}: {why}")),
                Err(trouble) => return Err(trouble),
            }
        }
        names.sort();
        names.dedup();
        found.places.extend(self.together(names).await?);
        Ok(found)
    }

    async fn together(&self, names: Vec<String>) -> Result<Vec<Where>, Trouble> {
        if (2..=MOST_TOGETHER).contains(&names.len()) {
            let opened = self.opened(&names.join(",")).await;
            match opened {
                Ok(channel) => return Ok(vec![Where { channel, kind: Kind::Shared }]),
                // Then each by themselves.
                Err(Trouble::Lasting(why)) => tracing::warn!("no group message: {why}"),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(names.into_iter().map(|channel| Where { channel, kind: Kind::Direct }).collect())
    }

    async fn opened(&self, users: &str) -> Result<String, Trouble> {
        let answer = self.0.slack.call("conversations.open", &json!({ "users": users })).await?;
        let id = answer.pointer("/channel/id").and_then(|id| id.as_str());
        id.map(ToOwned::to_owned).ok_or_else(|| {
            Trouble::Unknown("the answer to conversations.open has no `channel.id`".to_owned())
        })
    }

    /// The conversation itself, where it is named by a person.
    pub(super) async fn conversation(&self, channel: &str) -> Result<String, Trouble> {
        if channel.starts_with(['U', 'W']) {
            return self.opened(channel).await;
        }
        Ok(channel.to_owned())
    }

    async fn members(&self, run: &Run, people: &People) -> Result<Vec<UserId>, Trouble> {
        // Who is asked was found out when the run asked for them.
        if let State::Pending(pending) = &run.state
            && let Some(stage) = run.stage()
            && stage.who == *people
        {
            return Ok(pending.asked.clone());
        }
        let members = self.0.runner.services.members(people).await;
        let members = members.map_err(|error| {
            let what = error.to_string();
            if error.retryable {
                Trouble::Wait(Duration::from_secs(10), what)
            } else {
                Trouble::Lasting(what)
            }
        })?;
        let others = members.into_iter().filter(|user| user.id != run.request.requester);
        Ok(others.map(|user| user.id).collect())
    }

    /// What somebody is called in Slack; `None` if they have no account in use there.
    pub(super) async fn slack_id(
        &self,
        user: &UserId,
        stop: Instant,
    ) -> Result<Option<String>, Trouble> {
        if user.is_bot() {
            return Ok(None);
        }
        if let Some(name) = self.0.known.get(user.as_str()) {
            return Ok(Some(name));
        }
        let stored = self.0.runner.services.user(user).await.ok().flatten();
        let stored = stored.as_ref().and_then(|it| it.identity("slack", self.0.slack.team()));
        let name = if let Some(name) = stored {
            Some(name.to_owned())
        } else {
            self.turn("users.lookupByEmail", CALLS, stop).await?;
            let person = self.0.slack.user_by_email(user.as_str()).await?;
            person.filter(|person| person.is_active && !person.is_bot).map(|person| person.id)
        };
        if let Some(name) = &name {
            self.0.known.add(user.as_str(), name);
        }
        Ok(name)
    }

    /// Finds out what the requester and those who may decide are called, as far as that can be had at once:
    /// nobody is asked later because of a name. A channel is told by the message itself, and a crowd by
    /// nothing.
    pub(super) async fn name(&self, run: &Run, names: &mut Names) {
        let mut users = vec![&run.request.requester];
        if let (State::Pending(pending), Some(stage)) = (&run.state, run.stage()) {
            match &stage.who {
                People::SlackChannel(_) => {}
                People::SlackGroup(group) => {
                    if let Some(id) = self.group_id(group).await {
                        names.insert(stage.who.to_string(), format!("<!subteam^{id}>"));
                    }
                }
                People::Anyone
                | People::Admins
                | People::Users(_)
                | People::SlackUser(_)
                | People::OktaGroup(_)
                | People::Manager { .. }
                | People::PagerDutySchedule(_)
                | People::PagerDutyPolicy { .. }
                | People::GitHubCollaborators { .. }
                | People::Union(_) => {
                    let few = Some(&pending.asked).filter(|asked| asked.len() <= MOST_TOGETHER);
                    users.extend(few.into_iter().flatten());
                }
            }
        }
        for user in users {
            let found = self.slack_id(user, Instant::now() + AT_ONCE).await.ok().flatten();
            if let Some(id) = found.filter(|id| is_id(id)) {
                names.insert(user.to_string(), format!("<@{id}>"));
            }
        }
    }

    /// The id of a user group, if it can be had at once.
    async fn group_id(&self, name: &str) -> Option<String> {
        let known = format!("Slack group {name}");
        if let Some(id) = self.0.known.get(&known) {
            return Some(id);
        }
        self.turn("usergroups.list", GROUPS, Instant::now() + AT_ONCE).await.ok()?;
        let id = self.0.slack.group_id(name).await.ok().filter(|id| is_id(id))?;
        self.0.known.add(&known, &id);
        Some(id)
    }
}

/// Whether it is an id, and nothing else that Slack's markup knows.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Channels by their names, and all others.
fn divide<'a>(people: &'a People, channels: &mut Vec<&'a str>, rest: &mut Vec<&'a People>) {
    match people {
        People::SlackChannel(name) => channels.push(name),
        People::Union(all) => all.iter().for_each(|people| divide(people, channels, rest)),
        People::Anyone
        | People::Admins
        | People::Users(_)
        | People::SlackUser(_)
        | People::SlackGroup(_)
        | People::OktaGroup(_)
        | People::Manager { .. }
        | People::PagerDutySchedule(_)
        | People::PagerDutyPolicy { .. }
        | People::GitHubCollaborators { .. } => rest.push(people),
    }
}
