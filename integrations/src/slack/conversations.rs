//! Channels by their names, and who is in them.
//!
//! A name may come to stand for another channel. So an id that was found by a name is used again only
//! for a while, and where it decides who may do something, only if it still has that name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::client::{Slack, SlackError};
use crate::person::Person;

/// The most that Slack gives in one page. Source: `limit` of `conversations.list`.
pub(super) const PAGE: usize = 999;

/// More pages than this are not read: somebody's mistake, or Slack's.
const MOST_PAGES: usize = 100;

/// An id that was found by a name is used again for so long.
const KEPT: Duration = Duration::from_mins(5);

/// Slack tells of channels fifty times a minute.
const GAP: Duration = Duration::from_millis(1_300);

/// The ids of channels by their names, as far as they were asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Channels {
    found: Arc<Mutex<BTreeMap<String, (Instant, String)>>>,
    /// Whoever comes while somebody looks waits for what they find.
    looking: Arc<tokio::sync::Mutex<()>>,
}

impl Channels {
    fn get(&self, name: &str) -> Option<String> {
        let channels = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        channels.get(name).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, id)| id.clone())
    }

    fn set(&self, name: &str, id: Option<&str>) {
        let mut channels = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match id {
            Some(id) => drop(channels.insert(name.to_owned(), (Instant::now(), id.to_owned()))),
            None => drop(channels.remove(name)),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Channel {
    id: String,
    /// A direct message has none.
    #[serde(default)]
    name: String,
    #[serde(default)]
    is_archived: bool,
}

#[derive(Debug, Default, Deserialize)]
struct More {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Debug, Deserialize)]
struct ChannelPage {
    channels: Vec<Channel>,
    #[serde(default)]
    response_metadata: More,
}

#[derive(Debug, Deserialize)]
struct MemberPage {
    members: Vec<String>,
    #[serde(default)]
    response_metadata: More,
}

#[derive(Debug, Deserialize)]
struct One {
    channel: Channel,
}

/// Follows the pages of a list.
#[derive(Debug, Default)]
pub(super) struct Pages {
    read: usize,
    /// Where the next page begins; empty: at the beginning.
    pub(super) cursor: String,
}

impl Pages {
    /// Whether there is another page.
    ///
    /// # Errors
    ///
    /// If the list has no end.
    pub(super) fn go_on(
        &mut self,
        slack: &Slack,
        method: &str,
        next: &str,
    ) -> Result<bool, SlackError> {
        self.read = self.read.saturating_add(1);
        if next.is_empty() {
            return Ok(false);
        }
        if next == self.cursor || self.read >= MOST_PAGES {
            return Err(slack.wrong_shape(method, "its pages have no end"));
        }
        next.clone_into(&mut self.cursor);
        Ok(true)
    }
}

impl Slack {
    /// The id of a channel, by `#name`, name or id. It may have got another name within the last
    /// five minutes.
    ///
    /// # Errors
    ///
    /// If there is none, or Slack cannot be asked.
    pub async fn channel_id(&self, name: &str) -> Result<String, SlackError> {
        if is_id(name, "CGD") {
            return Ok(name.to_owned());
        }
        let name = name.trim_start_matches('#');
        if let Some(id) = self.channels.get(name) {
            return Ok(id);
        }
        self.find_channel(name).await
    }

    /// Everybody who is in a channel now, by `#name` or id, programs and guests too. What is said of
    /// each besides that may be five minutes old.
    ///
    /// # Errors
    ///
    /// If there is no such channel, the app may not look into it, or Slack cannot be asked.
    pub async fn channel_members(&self, name: &str) -> Result<Vec<Person>, SlackError> {
        let ids = self.looks.look(name, GAP, self.member_ids(name)).await?;
        self.people(&ids).await
    }

    async fn member_ids(&self, name: &str) -> Result<Vec<String>, SlackError> {
        let mut id = self.channel_id(name).await?;
        if id != name {
            let name = name.trim_start_matches('#');
            if !self.still_is(&id, name).await? {
                self.channels.set(name, None);
                id = self.find_channel(name).await?;
            }
        }
        let (mut members, mut pages) = (Vec::new(), Pages::default());
        loop {
            let arguments = json!({ "channel": id, "limit": PAGE, "cursor": pages.cursor });
            let page: MemberPage = self.ask("conversations.members", &arguments).await?;
            members.extend(page.members);
            let next = page.response_metadata.next_cursor;
            if !pages.go_on(self, "conversations.members", &next)? {
                return Ok(members);
            }
        }
    }

    async fn still_is(&self, id: &str, name: &str) -> Result<bool, SlackError> {
        match self.ask::<One>("conversations.info", &json!({ "channel": id })).await {
            Ok(One { channel }) => Ok(channel.name == name && !channel.is_archived),
            Err(error) if error.is("channel_not_found") => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn find_channel(&self, name: &str) -> Result<String, SlackError> {
        let _looking = self.channels.looking.lock().await;
        if let Some(id) = self.channels.get(name) {
            return Ok(id);
        }
        let mut pages = Pages::default();
        loop {
            let arguments = json!({
                "types": "public_channel,private_channel",
                "exclude_archived": true,
                "limit": PAGE,
                "cursor": pages.cursor,
            });
            let page: ChannelPage = self.ask("conversations.list", &arguments).await?;
            if let Some(channel) = page.channels.iter().find(|channel| channel.name == name) {
                self.channels.set(name, Some(&channel.id));
                return Ok(channel.id.clone());
            }
            let next = page.response_metadata.next_cursor;
            if !pages.go_on(self, "conversations.list", &next)? {
                return Err(SlackError::lasting(
                    "channel_not_found",
                    format!("there is no channel `#{name}` that the app can see"),
                    format!(
                        "look at its name; if it is private, invite the app: `/invite` in #{name}"
                    ),
                ));
            }
        }
    }
}

/// Whether a text is an id of Slack's that begins with one of these letters.
pub(super) fn is_id(text: &str, letters: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() >= 9
        && text.starts_with(|first| letters.contains(first))
        && text.bytes().all(is_part)
}
