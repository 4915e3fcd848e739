//! What was kept to be said is posted: in order per run, runs side by side, each message once.
//!
//! Whoever delivers takes an item first, and takes it away together with the record of what was posted.
//! Where it is not known whether a message was posted, as after a crash or an answer that never came,
//! the conversation is looked at for it before it is posted again.

mod cards;
mod once;
mod pace;
mod places;
mod say;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use countersign::engine::records::{self, Outgoing};
use countersign::engine::{Run, Runner};
use countersign::model::{RunId, Timestamp};
use countersign::store::{Commit, Expect, Item, ReadError, Write, write_surely};
use countersign_integrations::Secrets;
use countersign_integrations::slack::Slack;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::courier::Left;
use crate::settings::Settings;
use crate::slack::text::Names;

use pace::Pacer;
use places::Known;

/// Whoever has not finished after this time has crashed.
const TAKEN: Duration = Duration::from_mins(1);

/// The same complaint is not repeated within this time.
const COMPLAINED: Duration = Duration::from_hours(1);

/// Posts what is to be said in a workspace.
#[derive(Debug, Clone)]
pub struct Post(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    slack: Slack,
    runner: Runner,
    pacer: Pacer,
    /// Whether nobody else delivers from this store.
    is_alone: bool,
    error_channel: Option<String>,
    url: OnceLock<String>,
    known: Known,
    complained: Mutex<BTreeMap<String, Instant>>,
}

/// What was posted about a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Posted {
    /// The messages that show it, and are kept up to date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cards: Vec<Placed>,
    /// What people and user groups in them are called: a message that was posted calls them the same later.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    names: Names,
    /// What functions of the flow said, by the hashes of the keys: they may say it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    said: Vec<String>,
}

/// A message that shows a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    /// Where it is.
    channel: String,
    /// Its name there.
    ts: String,
    /// What it is.
    kind: Kind,
    /// The hash of what it shows.
    shown: String,
    /// Whether the same was asked anew in the same place: it has no buttons any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_old: bool,
}

/// What a message that is kept up to date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The request, in a channel or a group message.
    Shared,
    /// The request, in one person's direct messages.
    Direct,
    /// The questions of a follow-up, in the requester's direct messages.
    FollowUp,
}

/// Why something is not posted now.
#[derive(Debug)]
enum Trouble {
    /// Slack did not do it, and may after this time.
    Wait(Duration, String),
    /// Nobody knows whether it did.
    Unknown(String),
    /// It will not, unless somebody mends something.
    Lasting(String),
}

impl Post {
    /// What posts for the Slack integration of these settings; `None` if there is none with a
    /// `bot_token`. `is_alone`: nobody else delivers from this store.
    ///
    /// # Errors
    ///
    /// If the integration's settings are wrong.
    pub fn open(
        runner: &Runner,
        settings: &Settings,
        secrets: &Secrets,
        is_alone: bool,
    ) -> Result<Option<Self>, String> {
        for integration in settings.integrations_of("slack") {
            let slack = Slack::open(&integration, secrets).map_err(|error| error.to_string())?;
            let Some(slack) = slack else { continue };
            let error_channel = integration.settings.get("error_channel");
            let error_channel = error_channel.and_then(|it| it.as_str()).map(ToOwned::to_owned);
            return Ok(Some(Self(Arc::new(Inner {
                slack,
                runner: runner.clone(),
                pacer: Pacer::default(),
                is_alone,
                error_channel,
                url: OnceLock::new(),
                known: Known::default(),
                complained: Mutex::default(),
            }))));
        }
        Ok(None)
    }

    /// Says where the pages are, so that messages can name them. Only the first call counts.
    pub fn pages_at(&self, url: &str) {
        let _ = self.0.url.set(url.trim_end_matches('/').to_owned());
    }

    /// The runs that something is to be said about, as far as it was kept before `before`.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn left(&self) -> Result<Vec<RunId>, ReadError> {
        let mut runs = Vec::new();
        for shard in records::outbox_shards() {
            let query = countersign::store::Query::of(shard).limit(1_000);
            let page = self.0.runner.store.query(&query).await?;
            runs.extend(page.items.iter().filter_map(|item| records::said_of(&item.key)));
        }
        runs.sort();
        runs.dedup();
        Ok(runs)
    }

    /// Delivers what is to be said about a run, in its order, until then. One at a time per run.
    ///
    /// # Errors
    ///
    /// If the store fails. Nothing is lost: it is found again.
    pub async fn deliver(&self, run: &RunId, stop: Instant) -> Result<Left, String> {
        loop {
            let query = records::outbox(run).limit(20);
            let page =
                self.0.runner.store.query(&query).await.map_err(|error| error.to_string())?;
            if page.items.is_empty() {
                return Ok(Left::Nothing);
            }
            for item in page.items {
                match self.item(run, item, stop).await? {
                    Left::Nothing => {}
                    left @ (Left::Later(_) | Left::Again) => return Ok(left),
                }
            }
        }
    }

    /// Delivers what was kept together.
    async fn item(&self, id: &RunId, item: Item, stop: Instant) -> Result<Left, String> {
        let mut outgoing: Outgoing = records::read(&item).map_err(|error| error.to_string())?;
        let now = self.now();
        if let Some(taken) = outgoing.taken {
            let since = now.duration_since(taken).unsigned_abs();
            if !self.0.is_alone && since < TAKEN {
                return Ok(Left::Later(TAKEN.saturating_sub(since)));
            }
            outgoing.unsure = true;
        }
        outgoing.taken = Some(now);
        let mut version = item.version;
        if !self.keep(&item, &outgoing, &mut version, None).await? {
            return Ok(Left::Later(Duration::from_secs(1)));
        }
        let stored = self.0.runner.store.get(&records::posted(id)).await;
        let stored = stored.map_err(|error| error.to_string())?;
        let mut posted: Posted = match &stored {
            Some(item) => records::read(item).map_err(|error| error.to_string())?,
            None => Posted::default(),
        };
        let before = posted.clone();
        let mut more = Vec::new();
        while let Some(message) = outgoing.messages.get(outgoing.done).cloned() {
            match self.say(&message, &mut outgoing, &mut posted, &mut more, stop).await? {
                Ok(()) => {
                    outgoing.done = outgoing.done.saturating_add(1);
                    (outgoing.unsure, outgoing.places) = (false, Vec::new());
                }
                Err(trouble) => {
                    let left = left_for_later(&mut outgoing, &message.key, trouble);
                    self.keep(&item, &outgoing, &mut version, Some((id, &posted))).await?;
                    return Ok(left);
                }
            }
        }
        if let Err(trouble) = self.refresh(id, &mut posted, stop).await? {
            let left = left_for_later(&mut outgoing, "the card", trouble);
            self.keep(&item, &outgoing, &mut version, Some((id, &posted))).await?;
            return Ok(left);
        }
        let mut writes = vec![Write::Delete { key: item.key, expect: Expect::Version(version) }];
        if posted != before {
            writes.push(put(id, &posted));
        }
        writes.extend(more);
        match write_surely(&*self.0.runner.store, &records::transaction(writes)).await {
            Commit::Committed => {
                self.0.runner.host.wake(id);
                Ok(Left::Nothing)
            }
            Commit::Conflict(_) => Ok(Left::Later(Duration::from_secs(1))),
            Commit::Throttled => Err("the store is throttled".to_owned()),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
        }
    }

    /// Writes how far an item is, and what was posted. `false`: somebody else is at it.
    async fn keep(
        &self,
        item: &Item,
        outgoing: &Outgoing,
        version: &mut u64,
        posted: Option<(&RunId, &Posted)>,
    ) -> Result<bool, String> {
        let (key, body) = (item.key.clone(), records::json(outgoing));
        let mut writes = vec![Write::Put { key, body, expect: Expect::Version(*version) }];
        writes.extend(posted.map(|(id, posted)| put(id, posted)));
        match write_surely(&*self.0.runner.store, &records::transaction(writes)).await {
            Commit::Committed => {
                *version = version.saturating_add(1);
                Ok(true)
            }
            Commit::Conflict(_) => Ok(false),
            Commit::Throttled => Err("the store is throttled".to_owned()),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
        }
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, String> {
        self.0.runner.run(id).await.map_err(|error| error.to_string())
    }

    fn now(&self) -> Timestamp {
        self.0.runner.host.now()
    }

    /// Whether this complaint is a new one.
    fn is_new(&self, complaint: &str) -> bool {
        let mut complained = self.0.complained.lock().unwrap_or_else(PoisonError::into_inner);
        complained.retain(|_, at| at.elapsed() < COMPLAINED);
        complained.insert(complaint.to_owned(), Instant::now()).is_none()
    }
}

/// When it is tried again.
fn left_for_later(outgoing: &mut Outgoing, what: &str, trouble: Trouble) -> Left {
    outgoing.taken = None;
    match trouble {
        Trouble::Wait(pause, why) => {
            tracing::info!(key = what, "Slack has to wait {pause:?}: {why}");
            Left::Later(pause)
        }
        Trouble::Unknown(why) => {
            tracing::warn!(key = what, "nobody knows whether it was posted: {why}");
            outgoing.unsure = true;
            Left::Again
        }
        Trouble::Lasting(why) => {
            tracing::error!(key = what, "{why}");
            Left::Again
        }
    }
}

fn put(id: &RunId, posted: &Posted) -> Write {
    Write::Put { key: records::posted(id), body: records::json(posted), expect: Expect::Anything }
}
