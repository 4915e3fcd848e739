//! Passes entries on to others: at least once, and those of one chain in their order.
//!
//! What came into the tree is passed on batch by batch. For each receiver the store keeps how far
//! it has got; one that fails holds up nobody but itself.

use std::fmt;

use async_trait::async_trait;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::collect::{TreeError, write};
use super::log;
use super::tree::{Batch, Leaf};
use crate::engine::SealedEntry;
use crate::engine::records::{self, json};
use crate::model::Timestamp;
use crate::store::{Expect, Item, Query, ReadError, Store, Write};

/// So many entries are passed on together at the most.
const MOST_ENTRIES: usize = 100;

/// When entries that are passed on together have so many bytes, no more are added.
const MOST_BYTES: usize = 192 * 1024;

/// After its first failure a receiver is left alone for so long, and twice as long after each
/// further one, up to an hour.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The port to a receiver.
#[async_trait]
pub trait Sink: fmt::Debug + Send + Sync {
    /// Names it for good: under this name it is kept how far it has got.
    fn name(&self) -> &str;

    /// Hands entries over. The same may come again, and then in the same parcel.
    ///
    /// # Errors
    ///
    /// Why they were not taken, or may not have been.
    async fn send(&self, parcel: &Parcel) -> Result<(), String>;
}

/// Entries that are passed on together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parcel {
    /// The same for the same entries, however often they come.
    pub id: String,
    /// In the order of their batch. Each carries its hash, and the hash of the one before.
    pub entries: Vec<SealedEntry>,
}

/// How far a receiver has got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// The last batch that it has all of.
    batch: u64,
    /// How many leaves of the next batch it has all of.
    leaf: usize,
    /// The last entry of the next leaf that it has; zero: none.
    seq: u64,
    /// How often it failed since it last took something.
    failures: u32,
    /// It is left alone until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
}

/// What became of a receiver's share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many entries it took.
    pub entries: usize,
    /// Whether it failed, now or in the round before.
    pub fails: bool,
    /// How many batches it does not have all of.
    pub behind: u64,
    /// Entries that are in the tree and not in the store any more, and batches likewise.
    pub missing: u64,
}

/// Hands a receiver all that it does not have, or as much as there is time for: `goes_on` is asked
/// before each parcel.
///
/// It may be stopped at any moment. What was handed over and not noted comes again.
///
/// # Errors
///
/// If the store fails, or somebody else was faster.
pub async fn export(
    store: &dyn Store,
    sink: &dyn Sink,
    now: Timestamp,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<Exported, TreeError> {
    let key = log::cursor(&format!("sink-{}", sink.name()));
    let (mut exported, mut read) = (Exported::default(), None);
    let last = log::last_batch(store).await?;
    loop {
        let item = store.get(&key).await?;
        let cursor: Cursor = item.as_ref().map(records::read).transpose()?.unwrap_or_default();
        exported.behind = last.saturating_sub(cursor.batch);
        exported.fails = cursor.failures > 0;
        if exported.behind == 0 || cursor.rests(now) || !goes_on() {
            return Ok(exported);
        }
        let kept: Option<Batch> = read.take().filter(|it: &Batch| it.number > cursor.batch);
        let batch = match kept {
            Some(batch) => batch,
            None => log::batches(store, cursor.batch, 1).await?.pop().ok_or_else(|| {
                ReadError::Damaged(format!("batch {} is missing", cursor.batch + 1))
            })?,
        };
        let gone = batch.number - (cursor.batch + 1);
        let cursor = if gone == 0 { cursor } else { cursor.after_gap(batch.number, sink) };
        let id = format!("{:010}-{:04}-{:010}", batch.number, cursor.leaf, cursor.seq);
        let mut packing = Packing { store, entries: Vec::new(), bytes: 0, missing: gone };
        let done = packing.pack(&batch, &cursor).await?;
        let parcel = Parcel { id, entries: packing.entries };
        let sent = if parcel.entries.is_empty() { Ok(()) } else { sink.send(&parcel).await };
        let next = if sent.is_ok() { done } else { cursor.failed(now) };
        read = Some(batch);
        let (body, expect) = (json(&next), as_read(item.as_ref()));
        write(store, vec![Write::Put { key: key.clone(), body, expect }]).await?;
        if let Err(why) = sent {
            tracing::error!(sink = sink.name(), "entries are not passed on: {why}");
            exported.fails = true;
            return Ok(exported);
        }
        exported.missing += packing.missing;
        exported.entries += parcel.entries.len();
    }
}

impl Cursor {
    /// Whether it is left alone for a while. A clock that was turned back ends that.
    fn rests(&self, now: Timestamp) -> bool {
        self.not_before.is_some_and(|at| now < at && at.duration_since(now) <= LONGEST_PAUSE)
    }

    fn failed(&self, now: Timestamp) -> Self {
        let doubled = 2_i32.saturating_pow(self.failures.min(16));
        let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
        let not_before = now.checked_add(pause).ok();
        Self { failures: self.failures.saturating_add(1), not_before, ..self.clone() }
    }

    /// Batches before this one are gone, and with them the knowledge of what was in them.
    fn after_gap(&self, number: u64, sink: &dyn Sink) -> Self {
        let (from, to) = (self.batch + 1, number - 1);
        tracing::error!(sink = sink.name(), "batches {from} to {to} are gone, and not passed on");
        Self { batch: to, leaf: 0, seq: 0, ..self.clone() }
    }

    /// Where a receiver stands that has got on.
    const fn at(batch: u64, leaf: usize, seq: u64) -> Self {
        Self { batch, leaf, seq, failures: 0, not_before: None }
    }
}

/// Puts the next entries of a batch together.
struct Packing<'a> {
    store: &'a dyn Store,
    entries: Vec<SealedEntry>,
    bytes: usize,
    missing: u64,
}

impl Packing<'_> {
    /// Returns where the receiver stands that took them.
    async fn pack(&mut self, batch: &Batch, from: &Cursor) -> Result<Cursor, ReadError> {
        let mut seq = from.seq;
        for (number, leaf) in batch.leaves.iter().enumerate().skip(from.leaf) {
            seq = seq.max(leaf.from.saturating_sub(1));
            while seq < leaf.to {
                if self.entries.len() >= MOST_ENTRIES || self.bytes >= MOST_BYTES {
                    return Ok(Cursor::at(from.batch, number, seq));
                }
                seq = self.add(leaf, seq).await?;
            }
            seq = 0;
        }
        Ok(Cursor::at(batch.number, 0, 0))
    }

    /// Adds some entries of a chain. Returns how far they go.
    async fn add(&mut self, leaf: &Leaf, after: u64) -> Result<u64, ReadError> {
        let query = Query::of(records::partition(&leaf.run))
            .prefix("E#")
            .after(Some(records::entries(&leaf.run, after).sk))
            .until(records::entries(&leaf.run, leaf.to).sk)
            .limit(MOST_ENTRIES.saturating_sub(self.entries.len()));
        let page = self.store.query(&query).await?;
        let mut seq = after;
        for item in &page.items {
            // What is missing or damaged is for a verification to judge; here nobody waits for it.
            let Ok(added) = records::read_entries(item) else {
                let last = records::last_of(&item.key).unwrap_or(seq + 1).max(seq);
                (seq, self.missing) = (last, self.missing + (last - seq));
                continue;
            };
            // Of one transition, some may have been passed on before.
            for sealed in added.into_iter().filter(|sealed| sealed.entry.seq > after) {
                let expected = seq + 1;
                seq = sealed.entry.seq.max(expected);
                self.missing += seq - expected;
                self.entries.push(sealed);
            }
            self.bytes += item.body.len();
            if self.bytes >= MOST_BYTES || self.entries.len() >= MOST_ENTRIES {
                return Ok(seq);
            }
        }
        if page.items.is_empty() {
            tracing::error!(run.id = %leaf.run, "its entries after {after} are gone");
            self.missing += leaf.to - after;
            return Ok(leaf.to);
        }
        Ok(seq)
    }
}

fn as_read(item: Option<&Item>) -> Expect {
    item.map_or(Expect::Absent, |item| Expect::Version(item.version))
}
