//! How the tree lies in the store: its state, its batches, its heads, and how far each receiver has
//! got. All in one partition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::merkle::Frontier;
use super::tree::{Batch, SignedHead};
use crate::engine::records::{self, json};
use crate::model::{Hash, RunId, Timestamp};
use crate::store::{Expect, Item, Key, Query, ReadError, Store, Write};

/// The partition.
pub const PARTITION: &str = "B#tree";

/// So many runs are in one part of what was collected of runs that go on.
const RUNS_IN_A_PART: usize = 8_000;

/// Where a batch is.
#[must_use]
pub fn batch(number: u64) -> Key {
    Key::new(PARTITION, format!("B#{number:010}"))
}

/// Where a head is.
#[must_use]
pub fn head(number: u64) -> Key {
    Key::new(PARTITION, format!("H#{number:010}"))
}

/// Where it is kept how far a receiver has got.
#[must_use]
pub fn cursor(receiver: &str) -> Key {
    Key::new(PARTITION, format!("S#{receiver}"))
}

/// What all work on the tree begins with, and is conditional on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The number of the last batch.
    pub(super) batch: u64,
    /// The tree with all its leaves.
    pub(super) tree: Frontier,
    /// The last head.
    pub(super) head: Option<LastHead>,
}

/// What the next head has to know of the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastHead {
    pub(super) number: u64,
    pub(super) hash: Hash,
    pub(super) at: Timestamp,
    /// The last batch that it covers.
    pub(super) batch: u64,
}

/// The state as it was read.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) state: State,
    expect: Expect,
    /// Of each run that goes on, how many of its entries are in the tree. A chain that is not here
    /// is collected from its beginning.
    pub(super) collected: BTreeMap<RunId, u64>,
    parts: Vec<Item>,
}

fn state_key() -> Key {
    Key::new(PARTITION, "@")
}

fn part_key(number: usize) -> Key {
    Key::new(PARTITION, format!("@{number:04}"))
}

impl Stored {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or what is there is damaged.
    pub(super) async fn read(store: &dyn Store) -> Result<Self, ReadError> {
        let query = Query::of(PARTITION).prefix("@").limit(1_000);
        let mut items = store.query(&query).await?.items;
        let first = items.first().filter(|item| item.key == state_key());
        let expect = first.map_or(Expect::Absent, |item| Expect::Version(item.version));
        let state: State = first.map(records::read).transpose()?.unwrap_or_default();
        if !state.tree.is_sound() {
            return Err(ReadError::Damaged(format!("`{}` is no tree", state_key())));
        }
        if first.is_some() {
            items.remove(0);
        }
        let mut collected = BTreeMap::new();
        for item in &items {
            collected.extend(records::read::<BTreeMap<RunId, u64>>(item)?);
        }
        Ok(Self { state, expect, collected, parts: items })
    }

    /// What puts another state in its place, if nobody else has done so.
    pub(super) fn replaced(&self, state: &State, collected: &BTreeMap<RunId, u64>) -> Vec<Write> {
        let mut writes =
            vec![Write::Put { key: state_key(), body: json(state), expect: self.expect }];
        let all: Vec<_> = collected.iter().collect();
        let parts: Vec<String> = all
            .chunks(RUNS_IN_A_PART)
            .map(|some| json(&some.iter().copied().collect::<BTreeMap<_, _>>()))
            .collect();
        for (number, body) in parts.iter().enumerate() {
            let old = self.parts.get(number).map(|item| &item.body);
            if old != Some(body) {
                let (key, body) = (part_key(number), body.clone());
                writes.push(Write::Put { key, body, expect: Expect::Anything });
            }
        }
        let gone = self.parts.iter().skip(parts.len());
        writes.extend(
            gone.map(|item| Write::Delete { key: item.key.clone(), expect: Expect::Anything }),
        );
        writes
    }
}

/// The number of the last batch; zero before the first one.
///
/// # Errors
///
/// If the store cannot be read, or what is there is damaged.
pub async fn last_batch(store: &dyn Store) -> Result<u64, ReadError> {
    let item = store.get(&state_key()).await?;
    let state: Option<State> = item.as_ref().map(records::read).transpose()?;
    Ok(state.map_or(0, |state| state.batch))
}

/// Some batches in order, after that of this number.
///
/// # Errors
///
/// If the store cannot be read, or one is damaged or stands in another's place.
pub async fn batches(store: &dyn Store, after: u64, limit: usize) -> Result<Vec<Batch>, ReadError> {
    let query = Query::of(PARTITION).prefix("B#").after(Some(batch(after).sk)).limit(limit);
    let read = |item: &Item| {
        let read: Batch = records::read(item)?;
        in_place(item, &batch(read.number)).map(|()| read)
    };
    store.query(&query).await?.items.iter().map(read).collect()
}

/// Some heads in order, after that of this number.
///
/// # Errors
///
/// If the store cannot be read, or one is damaged or stands in another's place.
pub async fn heads(
    store: &dyn Store,
    after: u64,
    limit: usize,
) -> Result<Vec<SignedHead>, ReadError> {
    let query = Query::of(PARTITION).prefix("H#").after(Some(head(after).sk)).limit(limit);
    let read = |item: &Item| {
        let read: SignedHead = records::read(item)?;
        in_place(item, &head(read.head.number)).map(|()| read)
    };
    store.query(&query).await?.items.iter().map(read).collect()
}

/// Whoever goes on after a number has to come forward by it.
fn in_place(item: &Item, place: &Key) -> Result<(), ReadError> {
    if item.key == *place {
        return Ok(());
    }
    Err(ReadError::Damaged(format!("`{}` holds what belongs to `{place}`", item.key)))
}
