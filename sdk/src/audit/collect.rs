//! Brings new entries into the tree.
//!
//! A transition writes nothing for the tree. Every run that may have entries that are not in it
//! stands on the list of open runs: it is put there by the transition that begins it, or that
//! moves it after it was over, and only the collector takes it off, in the transaction that brings
//! its last entry into the tree. So none can be missed, whatever the clocks say. Accounts stand on
//! a list of their own while they have entries to collect.
//!
//! One transaction writes a batch, the new state, and takes off the lists what is done with. It is
//! conditional on the state that it began with: of two collectors one wins, and a crash leaves all
//! of it or nothing.

use std::collections::BTreeMap;

use super::log::{self, Stored};
use super::tree::{Batch, Leaf, SCHEMA};
use crate::desk::{Account, account_id, account_key};
use crate::engine::records::{self, List, Listed, NOTED, json};
use crate::model::{Hash, RunId, Timestamp};
use crate::store::{Commit, Expect, Item, Key, Query, ReadError, Store, Write, write_surely};

/// So many leaves are in one batch at the most: an item holds them.
const MOST_LEAVES: usize = 1_000;

/// So many chains are taken off the lists in one transaction at the most.
const MOST_DONE: usize = 80;

/// So many of a list are looked at together.
const PAGE: usize = 100;

const CUT_OFF: &str = "the tree has entries of it that are not there";

/// Why the tree could not go on now. The next attempt begins where this one ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error("the store takes no writes: {0}")]
    Write(String),
    /// Somebody else works on the tree, or something moved meanwhile.
    #[error("somebody else was faster")]
    Overtaken,
    /// The head cannot be signed.
    #[error("the tree head cannot be signed: {0}")]
    Sign(String),
    /// What is to be kept was removed from the store.
    #[error("`{0}` is not in the store any more: somebody removed it before it was kept")]
    Gone(String),
    /// What is to be kept cannot be kept.
    #[error("`{name}` cannot be kept: {why}")]
    Keep {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
}

/// What came into the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many batches.
    pub batches: u64,
    /// With how many leaves.
    pub leaves: u64,
    /// Chains that go less far than the tree has seen them go, or cannot be read: somebody changed
    /// the store.
    pub damaged: u64,
}

/// Brings all new entries into the tree.
///
/// It may be stopped at any moment: what was committed is whole.
///
/// # Errors
///
/// If the store fails, or somebody else was faster.
pub async fn collect(store: &dyn Store, now: Timestamp) -> Result<Collected, TreeError> {
    let stored = Stored::read(store).await?;
    let collected = stored.collected.clone();
    let mut collector = Collector {
        store,
        now,
        stored,
        collected,
        leaves: Vec::new(),
        done: Vec::new(),
        sum: Collected::default(),
    };
    collector.runs().await?;
    collector.accounts().await?;
    collector.commit().await?;
    Ok(collector.sum)
}

struct Collector<'a> {
    store: &'a dyn Store,
    now: Timestamp,
    /// The state that the next commit is conditional on.
    stored: Stored,
    collected: BTreeMap<RunId, u64>,
    leaves: Vec<Leaf>,
    /// What is taken off its list.
    done: Vec<Write>,
    sum: Collected,
}

impl Collector<'_> {
    async fn runs(&mut self) -> Result<(), TreeError> {
        let mut query = Query::of(List::Open.partition()).limit(PAGE);
        loop {
            // The list before the heads: what moves in between changes its place on the list.
            let page = self.store.query(&query).await?;
            let listed: Vec<(&Item, RunId)> = page.items.iter().filter_map(named).collect();
            let keys: Vec<Key> = listed.iter().map(|(_, id)| records::head(id)).collect();
            let heads = self.store.get_many(&keys).await?;
            for ((item, id), head) in listed.iter().zip(heads) {
                self.run(item, id, head.as_ref()).await?;
            }
            query.after = page.items.last().map(|item| item.key.sk.clone());
            if !page.more {
                return Ok(());
            }
        }
    }

    async fn run(
        &mut self,
        listed: &Item,
        id: &RunId,
        head: Option<&Item>,
    ) -> Result<(), TreeError> {
        let before = self.collected.get(id).copied().unwrap_or_default();
        let run = match head.map(records::read_run) {
            Some(Ok((run, _))) if run.id == *id => run,
            Some(Ok(_)) | None => return self.damaged(id, "its head is missing"),
            Some(Err(error)) => return self.damaged(id, &error.to_string()),
        };
        if run.seq < before {
            return self.damaged(id, CUT_OFF);
        }
        self.reaches(id.clone(), before, run.seq, run.chain.clone());
        if run.is_watched() {
            self.collected.insert(id.clone(), run.seq);
        } else {
            self.collected.remove(id);
            self.take_off(listed);
        }
        self.commit_if_full().await
    }

    async fn accounts(&mut self) -> Result<(), TreeError> {
        let mut query = Query::of(NOTED).limit(PAGE);
        loop {
            let page = self.store.query(&query).await?;
            for item in &page.items {
                self.account(item).await?;
            }
            query.after = page.items.last().map(|item| item.key.sk.clone());
            if !page.more {
                return Ok(());
            }
        }
    }

    async fn account(&mut self, listed: &Item) -> Result<(), TreeError> {
        let Ok(Listed { account, after }) = records::read(listed) else {
            tracing::error!("`{}` names no account", listed.key);
            self.sum.damaged += 1;
            return Ok(());
        };
        let (id, head) = (account_id(&account), self.store.get(&account_key(&account)).await?);
        let Account { seq, chain, .. } = match head.as_ref().map(records::read) {
            Some(Ok(account)) => account,
            Some(Err(error)) => return self.damaged(&id, &error.to_string()),
            None => return self.damaged(&id, "its head is missing"),
        };
        if seq < after {
            return self.damaged(&id, CUT_OFF);
        }
        self.reaches(id, after, seq, chain);
        self.take_off(listed);
        self.commit_if_full().await
    }

    /// A damaged chain holds up no other: it stays on its list.
    #[expect(clippy::unnecessary_wraps, reason = "whoever finds it goes on with the next chain")]
    fn damaged(&mut self, id: &RunId, why: &str) -> Result<(), TreeError> {
        tracing::error!(run.id = %id, "it does not come into the audit tree: {why}");
        self.sum.damaged += 1;
        Ok(())
    }

    /// A chain that goes up to an entry, of which the tree has some.
    fn reaches(&mut self, run: RunId, before: u64, to: u64, hash: Hash) {
        if to > before {
            self.leaves.push(Leaf { run, from: before + 1, to, hash });
        }
    }

    fn take_off(&mut self, listed: &Item) {
        let (key, expect) = (listed.key.clone(), Expect::Version(listed.version));
        self.done.push(Write::Delete { key, expect });
    }

    async fn commit_if_full(&mut self) -> Result<(), TreeError> {
        if self.leaves.len() < MOST_LEAVES && self.done.len() < MOST_DONE {
            return Ok(());
        }
        self.commit().await?;
        self.stored = Stored::read(self.store).await?;
        // Whoever has changed it meanwhile knows other runs.
        if self.stored.collected == self.collected { Ok(()) } else { Err(TreeError::Overtaken) }
    }

    async fn commit(&mut self) -> Result<(), TreeError> {
        let (leaves, mut writes) =
            (std::mem::take(&mut self.leaves), std::mem::take(&mut self.done));
        if leaves.is_empty() && writes.is_empty() {
            return Ok(());
        }
        let mut state = self.stored.state.clone();
        if !leaves.is_empty() {
            state.batch += 1;
            let (number, before) = (state.batch, state.tree.size());
            for leaf in &leaves {
                state.tree.push(leaf.node());
            }
            self.sum.batches += 1;
            self.sum.leaves += state.tree.size() - before;
            let batch = Batch { schema: SCHEMA, number, at: self.now, before, leaves };
            let (key, body) = (log::batch(number), json(&batch));
            writes.push(Write::Put { key, body, expect: Expect::Absent });
        }
        writes.extend(self.stored.replaced(&state, &self.collected));
        write(self.store, writes).await
    }
}

/// Which run an item of the list names.
fn named(item: &Item) -> Option<(&Item, RunId)> {
    let id = RunId::parse(item.key.sk.as_str());
    if id.is_err() {
        tracing::error!("`{}` names no run", item.key);
    }
    Some((item, id.ok()?))
}

/// Writes on the conditions that are written there.
pub(super) async fn write(store: &dyn Store, writes: Vec<Write>) -> Result<(), TreeError> {
    match write_surely(store, &records::transaction(writes)).await {
        Commit::Committed => Ok(()),
        Commit::Conflict(_) => Err(TreeError::Overtaken),
        Commit::Throttled => Err(TreeError::Write("it is throttled".to_owned())),
        Commit::Unknown(why) | Commit::Invalid(why) => Err(TreeError::Write(why)),
    }
}
