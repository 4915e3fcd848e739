//! Whether a tree with its heads is whole, and whether chains of entries are those that are in it.
//!
//! Batches come first, then heads, then chains. Chains may go further than the tree: what is newer
//! than the last batch comes into the next one.

use std::collections::BTreeMap;

use super::merkle::{Frontier, Node};
use super::tree::{Batch, SCHEMA, Signature, SignedHead, no_head};
use crate::engine::SealedEntry;
use crate::model::{Hash, RunId, Timestamp};

/// Whether a key signed this. What it says is shown to people.
pub type Verify<'a> = &'a dyn Fn(&Signature, &[u8]) -> Result<(), String>;

/// A tree that is being checked.
#[derive(Debug, Clone, Default)]
pub struct TreeCheck {
    tree: Frontier,
    /// Of each batch in order: the size of the tree after it, and its root.
    after: Vec<(u64, Node)>,
    heads: Vec<SignedHead>,
    /// What the tree says of each chain: the hash of the entry of that number.
    claims: BTreeMap<RunId, Vec<(u64, Node)>>,
    uncovered: u64,
}

impl TreeCheck {
    /// How many batches there were.
    #[must_use]
    pub fn batches(&self) -> u64 {
        count(self.after.len())
    }

    /// The heads, in order.
    #[must_use]
    pub fn heads(&self) -> &[SignedHead] {
        &self.heads
    }

    /// How many leaves there were.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// How many entries are newer than the tree.
    #[must_use]
    pub const fn uncovered(&self) -> u64 {
        self.uncovered
    }

    /// When the last head was signed.
    #[must_use]
    pub fn signed_until(&self) -> Option<Timestamp> {
        self.heads.last().map(|signed| signed.head.at)
    }

    /// The next batch.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn batch(&mut self, batch: &Batch) -> Result<(), String> {
        let Batch { schema, number, before, leaves, .. } = batch;
        let (expected, size) = (self.batches() + 1, self.tree.size());
        for leaf in leaves {
            self.tree.push(leaf.node());
            self.claims.entry(leaf.run.clone()).or_default().push((leaf.to, Node::of(&leaf.hash)));
        }
        self.after.push((self.tree.size(), self.tree.root()));
        if *schema != SCHEMA {
            return Err(format!("batch {number} is of version {schema}, which nobody knows here"));
        }
        if *number != expected {
            return Err(format!("batch {expected} is missing; {number} stands in its place"));
        }
        if *before != size || leaves.is_empty() {
            return Err(format!("batch {number} does not follow from the one before"));
        }
        Ok(())
    }

    /// The next head.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn head(&mut self, signed: &SignedHead, verify: Verify<'_>) -> Result<(), String> {
        let head = &signed.head;
        let number = head.number;
        let last = self.heads.last().map(|last| &last.head);
        let expected = count(self.heads.len()) + 1;
        let (previous, from) =
            last.map_or_else(|| (no_head(), 1), |last| (last.hash(), last.batches.to + 1));
        let is_later = last.is_none_or(|last| last.at <= head.at);
        self.heads.push(signed.clone());
        if head.schema != SCHEMA {
            let schema = head.schema;
            return Err(format!("head {number} is of version {schema}, which nobody knows here"));
        }
        if number != expected {
            return Err(format!("head {expected} is missing; {number} stands in its place"));
        }
        verify(&signed.signature, head.statement().as_bytes())
            .map_err(|why| format!("head {number}: {why}"))?;
        if head.previous != previous || !is_later {
            return Err(format!("head {number} does not follow from the one before"));
        }
        if head.batches.from != from || head.batches.to < from {
            return Err(format!("head {number} does not begin where the one before ended"));
        }
        let place = head.batches.to.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let Some((size, root)) = place.and_then(|place| self.after.get(place)) else {
            return Err(format!(
                "head {number} covers batch {}, which is missing",
                head.batches.to
            ));
        };
        if (*size, root.hash()) != (head.size, head.root.clone()) {
            return Err(format!("head {number} is not that of the batches that are there"));
        }
        Ok(())
    }

    /// A head that was kept elsewhere: the heads that are here have to hold it too.
    ///
    /// # Errors
    ///
    /// That it is not the one that is here, or that there is none.
    pub fn kept(&self, kept: &SignedHead) -> Result<(), String> {
        let number = kept.head.number;
        match self.heads.iter().find(|signed| signed.head.number == number) {
            Some(signed) if signed.head == kept.head => Ok(()),
            Some(_) => Err(format!("head {number} is another than the one that was kept")),
            None => Err(format!("head {number} was kept, and is not here")),
        }
    }

    /// A chain of entries.
    ///
    /// # Errors
    ///
    /// What it lacks of what is in the tree.
    pub fn chain(&mut self, run: &RunId, entries: &[SealedEntry]) -> Result<(), String> {
        let claims = self.claims.remove(run).unwrap_or_default();
        let covered = claims.iter().map(|(seq, _)| *seq).max().unwrap_or_default();
        self.uncovered += count(entries.len()).saturating_sub(covered);
        for (seq, node) in claims {
            match hash_of(entries, seq) {
                Some(hash) if Node::of(hash) == node => {}
                Some(_) => {
                    return Err(format!(
                        "run {run}: entry {seq} is not the one that is in the tree"
                    ));
                }
                None => {
                    let found = entries.len();
                    return Err(format!(
                        "run {run}: {seq} entries of it are in the tree, and only {found} are there"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The chains that are in the tree and did not come: call it last.
    pub fn missing(&mut self) -> Vec<String> {
        let say = |(run, claims): (RunId, Vec<(u64, Node)>)| {
            let seq = claims.iter().map(|(seq, _)| *seq).max().unwrap_or_default();
            format!("run {run}: {seq} entries of it are in the tree, and none is there")
        };
        std::mem::take(&mut self.claims).into_iter().map(say).collect()
    }
}

fn hash_of(entries: &[SealedEntry], seq: u64) -> Option<&Hash> {
    let place = usize::try_from(seq.checked_sub(1)?).ok()?;
    entries.get(place).filter(|sealed| sealed.entry.seq == seq).map(|sealed| &sealed.hash)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
