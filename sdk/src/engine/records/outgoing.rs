//! What is said of runs, and waits for whoever delivers it.

use serde::{Deserialize, Serialize};

use super::{json, millis, sum};
use crate::context::{Destination, Message};
use crate::engine::chain::sha256_text;
use crate::model::{RunId, Timestamp};
use crate::store::{Expect, Key, Query, Write};

/// The messages, but for those to the error channel.
pub const MESSAGES: &str = "M#all";

/// The messages to the error channel.
pub const ERRORS: &str = "M#errors";

/// Keeps a message, once however often it is called for.
#[must_use]
pub fn message(message: &Message) -> Write {
    let name = sha256_text(&message.key);
    let name = name.as_str().get(..20).unwrap_or_default();
    let list = if message.to == Destination::Errors { ERRORS } else { MESSAGES };
    let key = Key::new(list, format!("{:015}#{name}", millis(message.at)));
    Write::Put { key, body: json(message), expect: Expect::Anything }
}

/// Keeps messages of one run for whoever delivers them, together and in their order. `now` orders what
/// one step says in several goes.
#[must_use]
pub fn outgoing(run: &RunId, messages: &[Message], now: Timestamp) -> Option<Write> {
    kept_for(outbox_shard(run), &format!("{run}"), messages, now)
}

/// Keeps messages of one run for a place that notices go to.
#[must_use]
pub fn notices(run: &RunId, place: &str, messages: &[Message], now: Timestamp) -> Option<Write> {
    kept_for(notice_shard(run), &format!("{run}#{place}"), messages, now)
}

fn kept_for(pk: String, whose: &str, messages: &[Message], now: Timestamp) -> Option<Write> {
    let first = messages.first()?;
    let mut place =
        first.key.split('/').skip(1).map(|part| part.parse::<u64>().unwrap_or_default());
    let (seq, index) = (place.next().unwrap_or_default(), place.next().unwrap_or_default());
    let name = sha256_text(&first.key);
    let name = name.as_str().get(..12).unwrap_or_default();
    let sk = format!("{whose}#{seq:010}#{index:04}#{:015}#{name}", millis(now));
    let body = json(&Outgoing { messages: messages.to_vec(), since: now, ..Outgoing::default() });
    Some(Write::Put { key: Key::new(pk, sk), body, expect: Expect::Anything })
}

/// Messages that are to be delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// They, in order.
    pub messages: Vec<Message>,
    /// Since when.
    pub since: Timestamp,
    /// Since when somebody has been at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Timestamp>,
    /// The next one may have been posted already: whoever tried does not know.
    #[serde(default)]
    pub unsure: bool,
    /// How many of them are delivered for sure.
    #[serde(default)]
    pub done: usize,
    /// Where the next one is already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
}

/// What is to be said about a run, in order.
#[must_use]
pub fn outbox(run: &RunId) -> Query {
    Query::of(outbox_shard(run)).prefix(format!("{run}#"))
}

/// Over so many partitions what is to be said is spread.
const OUTBOX_SHARDS: u64 = 16;

fn outbox_shard(run: &RunId) -> String {
    outbox_shard_name(sum(run).checked_rem(OUTBOX_SHARDS).unwrap_or_default())
}

/// All partitions of what is to be said.
pub fn outbox_shards() -> impl Iterator<Item = String> {
    (0..OUTBOX_SHARDS).map(outbox_shard_name)
}

fn outbox_shard_name(number: u64) -> String {
    format!("O#{number:02}")
}

/// What a place is to be told about a run, in order.
#[must_use]
pub fn noticed(run: &RunId, place: &str) -> Query {
    Query::of(notice_shard(run)).prefix(format!("{run}#{place}#"))
}

fn notice_shard(run: &RunId) -> String {
    notice_shard_name(sum(run).checked_rem(OUTBOX_SHARDS).unwrap_or_default())
}

/// All partitions of what places are to be told.
pub fn notice_shards() -> impl Iterator<Item = String> {
    (0..OUTBOX_SHARDS).map(notice_shard_name)
}

fn notice_shard_name(number: u64) -> String {
    format!("Z#{number:02}")
}

/// The run that a place is to be told about, by its key; `None` if it is nothing of that kind.
#[must_use]
pub fn told_of(key: &Key) -> Option<RunId> {
    key.pk.strip_prefix("Z#")?;
    RunId::parse(key.sk.split('#').next()?).ok()
}

/// The run that something is to be said about, by its key; `None` if it is nothing of that kind.
#[must_use]
pub fn said_of(key: &Key) -> Option<RunId> {
    key.pk.strip_prefix("O#")?;
    RunId::parse(key.sk.split('#').next()?).ok()
}

/// What was posted about a run, and where.
#[must_use]
pub fn posted(run: &RunId) -> Key {
    Key::new(format!("V#{run}"), "#")
}
