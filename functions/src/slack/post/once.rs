//! One message into one conversation, once.

use std::time::Duration;

use countersign::context::Message;
use countersign::model::{Object, Timestamp};
use countersign_integrations::slack::SlackError;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::pace::{CALLS, POSTS};
use super::{Post, Trouble};
use crate::slack::card::Card;

/// What our messages are marked with, so that they are recognised.
pub(super) const EVENT: &str = "countersign_message";

/// Slack's clock may differ from ours by so much.
const SKEW: Duration = Duration::from_mins(5);

/// More pages of a conversation than this are not looked at.
const MOST_PAGES: usize = 20;

/// After an error that is somebody's to mend, it is tried again so seldom.
const SELDOM: Duration = Duration::from_mins(1);

/// Where a message is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    pub(super) channel: String,
    pub(super) ts: String,
    /// It was there already: what it shows may be old.
    #[serde(skip)]
    pub(super) is_found: bool,
}

#[derive(Debug, Deserialize)]
struct Page {
    messages: Vec<Seen>,
    #[serde(default)]
    response_metadata: More,
}

#[derive(Debug, Deserialize)]
struct Seen {
    ts: String,
    #[serde(default)]
    metadata: Value,
}

#[derive(Debug, Default, Deserialize)]
struct More {
    #[serde(default)]
    next_cursor: String,
}

impl From<SlackError> for Trouble {
    fn from(error: SlackError) -> Self {
        let hint = error.error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let what = format!("{}{hint}", error.error);
        if let Some(pause) = error.retry_after {
            return Self::Wait(pause, what);
        }
        match error.code.as_deref() {
            Some("ratelimited" | "rate_limited" | "message_limit_exceeded") => {
                Self::Wait(SELDOM, what)
            }
            // Nothing can be said anywhere: what is to be said waits until somebody has mended it.
            Some(
                "invalid_auth"
                | "not_authed"
                | "account_inactive"
                | "token_revoked"
                | "token_expired"
                | "not_allowed_token_type"
                | "org_login_required",
            ) => Self::Wait(SELDOM, what),
            Some(_) if !error.error.retryable => Self::Lasting(what),
            Some(_) | None => Self::Unknown(what),
        }
    }
}

impl Post {
    /// Posts a message, or finds it where it may be already.
    pub(super) async fn post(
        &self,
        message: &Message,
        channel: &str,
        thread: Option<&str>,
        card: &Card,
        unsure: bool,
        stop: Instant,
    ) -> Result<Place, Trouble> {
        if unsure && let Some(place) = self.look(message, channel, thread).await? {
            return Ok(place);
        }
        self.turn(channel, POSTS, stop).await?;
        let arguments = json!({
            "channel": channel,
            "text": card.text,
            "blocks": card.blocks,
            // An empty text is as good as none.
            "thread_ts": thread.unwrap_or_default(),
            "metadata": { "event_type": EVENT, "event_payload": { "key": message.key } },
            "unfurl_links": false,
            "unfurl_media": false,
        });
        let answer = self.0.slack.call("chat.postMessage", &arguments).await;
        let answer = self.held(channel, answer).await?;
        Place::deserialize(answer).map_err(|error| {
            Trouble::Unknown(format!(
                "the answer to chat.postMessage is not what it should be: {error}"
            ))
        })
    }

    /// Says something that one person sees in a channel, and nobody else.
    pub(super) async fn whisper(
        &self,
        channel: &str,
        account: &str,
        card: &Card,
        stop: Instant,
    ) -> Result<(), Trouble> {
        self.turn("chat.postEphemeral", CALLS, stop).await?;
        let arguments = json!({
            "channel": channel,
            "user": account,
            "text": card.text,
            "blocks": card.blocks,
        });
        let answer = self.0.slack.call("chat.postEphemeral", &arguments).await;
        self.held("chat.postEphemeral", answer).await.map(drop)
    }

    /// Changes a message to this. `false`: it is not there any more.
    pub(super) async fn change(&self, place: &Place, card: &Card) -> Result<bool, Trouble> {
        let arguments = json!({
            "channel": place.channel,
            "ts": place.ts,
            "text": card.text,
            "blocks": card.blocks,
        });
        match self.0.slack.call("chat.update", &arguments).await {
            Ok(_) => Ok(true),
            Err(error)
                if [
                    "message_not_found",
                    "channel_not_found",
                    "is_inactive",
                    "cant_update_message",
                ]
                .iter()
                .any(|code| error.is(code)) =>
            {
                tracing::info!(
                    channel = place.channel,
                    ts = place.ts,
                    "not changed: {}",
                    error.error
                );
                Ok(false)
            }
            Err(error) => self.held("chat.update", Err(error)).await.map(|_| true),
        }
    }

    /// Waits until messages may be changed.
    pub(super) async fn turn_to_change(&self, stop: Instant) -> Result<(), Trouble> {
        self.turn("chat.update", CALLS, stop).await
    }

    pub(super) async fn turn(
        &self,
        name: &str,
        pace: super::pace::Pace,
        stop: Instant,
    ) -> Result<(), Trouble> {
        let turn = self.0.pacer.turn(name, pace, stop).await;
        turn.map_err(|pause| Trouble::Wait(pause, format!("others are before it in {name}")))
    }

    async fn held(&self, name: &str, answer: Result<Value, SlackError>) -> Result<Value, Trouble> {
        if let Err(SlackError { retry_after: Some(pause), .. }) = &answer {
            self.0.pacer.hold(name, *pause).await;
        }
        Ok(answer?)
    }

    /// The message, if it is in the conversation already.
    async fn look(
        &self,
        message: &Message,
        channel: &str,
        thread: Option<&str>,
    ) -> Result<Option<Place>, Trouble> {
        let channel = &self.conversation(channel).await?;
        let (mut cursor, mut has_joined) = (String::new(), false);
        for _ in 0..MOST_PAGES {
            let mut arguments = Object::new();
            let method = if let Some(thread) = thread {
                arguments.insert("ts".to_owned(), thread.into());
                "conversations.replies"
            } else {
                "conversations.history"
            };
            let page = json!({
                "channel": channel,
                "oldest": ts(message.at),
                "include_all_metadata": true,
                "limit": 200,
                "cursor": cursor,
            });
            arguments.extend(page.as_object().cloned().unwrap_or_default());
            let arguments = Value::Object(arguments);
            let answer = match self.0.slack.call(method, &arguments).await {
                Ok(answer) => answer,
                // Only whoever is in a channel sees what is there, and everybody may join a public one.
                Err(error) if error.is("not_in_channel") && !has_joined => {
                    has_joined = true;
                    match self
                        .0
                        .slack
                        .call("conversations.join", &json!({ "channel": channel }))
                        .await
                    {
                        Ok(_) => continue,
                        Err(error) => return blind(channel, error.into()),
                    }
                }
                Err(error) => return blind(channel, error.into()),
            };
            let page = Page::deserialize(answer).map_err(|error| {
                Trouble::Unknown(format!(
                    "the answer to {method} is not what it should be: {error}"
                ))
            })?;
            let is_it = |seen: &&Seen| {
                seen.metadata.pointer("/event_payload/key").and_then(Value::as_str)
                    == Some(message.key.as_str())
            };
            if let Some(seen) = page.messages.iter().find(is_it) {
                return Ok(Some(Place {
                    channel: channel.clone(),
                    ts: seen.ts.clone(),
                    is_found: true,
                }));
            }
            cursor = page.response_metadata.next_cursor;
            if cursor.is_empty() {
                return Ok(None);
            }
        }
        Ok(None)
    }
}

/// Where it cannot be seen whether a message is there, it is as if it were not: better twice than not at all.
fn blind(channel: &str, trouble: Trouble) -> Result<Option<Place>, Trouble> {
    match trouble {
        Trouble::Lasting(why) => {
            tracing::error!(channel, "whether a message is there cannot be seen: {why}");
            Ok(None)
        }
        trouble @ (Trouble::Wait(..) | Trouble::Unknown(_)) => Err(trouble),
    }
}

/// A little before a moment, as Slack counts time.
fn ts(at: Timestamp) -> String {
    let at = at.as_second().saturating_sub_unsigned(SKEW.as_secs());
    format!("{at}.000000")
}
