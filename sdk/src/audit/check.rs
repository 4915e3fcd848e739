//! Whether a tree with its heads is whole, and whether chains of entries are those that are in it.
//!
//! Batches come first, then heads, then chains. Chains may go further than the tree: what is newer
//! than the last batch comes into the next one.
//!
//! One fault is told once, where it is: what cannot be known because of it is not held against
//! what comes after.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::merkle::{Frontier, Node};
use super::tree::{Batch, SCHEMA, Signature, SignedHead, no_head};
use crate::engine::SealedEntry;
use crate::model::{RunId, Timestamp};

/// Whether a key signed this. What it says is shown to people.
pub type Verify<'a> = &'a dyn Fn(&Signature, &[u8]) -> Result<(), String>;

/// New entries come into the tree within minutes. What is older than the last batch by more than
/// this, and not in the tree, did not wait for the next one.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// A tree that is being checked.
#[derive(Debug, Clone, Default)]
pub struct TreeCheck {
    tree: Frontier,
    batches: u64,
    /// The number of the last batch.
    last: u64,
    /// When each batch was collected, by its number.
    collected: BTreeMap<u64, Timestamp>,
    /// Of each batch by its number: the size of the tree after it, and its root.
    after: BTreeMap<u64, (u64, Node)>,
    /// Whether roots can be compared still: a batch that is missing or was changed changes them all.
    is_unknown: bool,
    /// Whether a batch is missing, so that the tree may hold more than is known.
    lacks: bool,
    heads: Vec<SignedHead>,
    /// Where a head of some number is.
    places: BTreeMap<u64, usize>,
    /// The last batch that is under a signed head, and when it was collected.
    signed: Option<(u64, Timestamp)>,
    /// What the tree says of each chain.
    claims: BTreeMap<RunId, Vec<Claim>>,
    uncovered: u64,
}

/// That a chain has this entry.
#[derive(Debug, Clone, Copy)]
struct Claim {
    seq: u64,
    hash: Node,
    /// In which batch.
    batch: u64,
}

/// An entry's place in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub seq: u64,
    /// When it says that it was written.
    pub at: Timestamp,
    /// The hash of the one before.
    pub previous: Node,
    /// Its hash.
    pub hash: Node,
}

impl Link {
    /// The place that an entry says that it has.
    #[must_use]
    pub fn of(sealed: &SealedEntry) -> Self {
        Self {
            seq: sealed.entry.seq,
            at: sealed.entry.at,
            previous: Node::of(&sealed.previous),
            hash: Node::of(&sealed.hash),
        }
    }
}

impl TreeCheck {
    /// How many batches there were.
    #[must_use]
    pub const fn batches(&self) -> u64 {
        self.batches
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

    /// How many entries are under no signed head yet.
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
        let Batch { schema, number, before, leaves, at } = batch;
        let (last, size) = (self.last, self.tree.size());
        self.batches += 1;
        self.last = last.max(*number);
        self.collected.insert(*number, *at);
        for leaf in leaves {
            self.tree.push(leaf.node());
            let claim = Claim { seq: leaf.to, hash: Node::of(&leaf.hash), batch: *number };
            self.claims.entry(leaf.run.clone()).or_default().push(claim);
        }
        let found = follows(["batch", "batches"], last, *number).and_then(|()| {
            if *schema != SCHEMA {
                return Err(format!(
                    "batch {number} is of version {schema}, which nobody knows here"
                ));
            }
            if leaves.is_empty() || (*before != size && !self.lacks) {
                return Err(format!("batch {number} does not follow from the one before"));
            }
            Ok(())
        });
        self.lacks |= number.checked_sub(last) != Some(1);
        self.is_unknown |= found.is_err();
        if !self.is_unknown {
            self.after.insert(*number, (self.tree.size(), self.tree.root()));
        }
        found
    }

    /// The next head.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn head(&mut self, signed: &SignedHead, verify: Verify<'_>) -> Result<(), String> {
        let head = &signed.head;
        let number = head.number;
        let last = self.heads.last().map(|last| last.head.clone());
        self.places.insert(number, self.heads.len());
        self.heads.push(signed.clone());
        if head.schema != SCHEMA {
            let schema = head.schema;
            return Err(format!("head {number} is of version {schema}, which nobody knows here"));
        }
        verify(&signed.signature, head.statement().as_bytes())
            .map_err(|why| format!("head {number}: {why}"))?;
        if let Some(at) = self.collected.get(&head.batches.to) {
            self.signed = Some((head.batches.to, *at));
        }
        // Without the one before, nothing is known of what it follows from.
        let before = last.as_ref().map_or(0, |last| last.number);
        let gap = follows(["head", "heads"], before, number);
        let (previous, from) =
            last.as_ref().map_or_else(|| (no_head(), 1), |last| (last.hash(), last.batches.to + 1));
        let is_later = last.is_none_or(|last| last.at <= head.at);
        if gap.is_ok() && (head.previous != previous || !is_later) {
            return Err(format!("head {number} does not follow from the one before"));
        }
        if head.batches.to < head.batches.from || (gap.is_ok() && head.batches.from != from) {
            return Err(format!("head {number} does not begin where the one before ended"));
        }
        match (gap, self.root_of(signed)) {
            (Err(gap), Err(root)) => Err(format!("{gap}; {root}")),
            (Err(error), Ok(())) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    /// Whether a head is that of the batches that are there.
    fn root_of(&mut self, signed: &SignedHead) -> Result<(), String> {
        let head = &signed.head;
        let (number, from, to) = (head.number, head.batches.from, head.batches.to);
        match self.after.get(&to) {
            Some((size, root)) if (*size, root.hash()) == (head.size, head.root.clone()) => Ok(()),
            Some(_) => {
                // All later roots differ for it: one of these batches was changed.
                self.after.clear();
                self.is_unknown = true;
                Err(format!(
                    "head {number} is not that of the batches that are there: one of {from} to {to} \
                     was changed; later ones cannot be compared"
                ))
            }
            None if to > self.last => {
                Err(format!("head {number} covers batch {to}, which is missing"))
            }
            // It was said why.
            None => Ok(()),
        }
    }

    /// A head that was kept elsewhere: the heads that are here have to hold it too.
    ///
    /// # Errors
    ///
    /// That it is not the one that is here, or that there is none.
    pub fn kept(&self, kept: &SignedHead) -> Result<(), String> {
        let number = kept.head.number;
        let here = self.places.get(&number).and_then(|place| self.heads.get(*place));
        match here {
            Some(signed) if signed.head == kept.head => Ok(()),
            Some(_) => Err(format!("head {number} is another than the one that was kept")),
            None => Err(format!("head {number} was kept, and is not here")),
        }
    }

    /// A chain of entries. Whether it is whole in itself is for [`verify`](crate::engine::verify)
    /// to say.
    ///
    /// # Errors
    ///
    /// What it lacks of what is in the tree, or what the tree lacks of it.
    pub fn chain(&mut self, run: &RunId, entries: &[Link]) -> Result<(), String> {
        let claims = self.claims.remove(run).unwrap_or_default();
        let (found, to) = (count(entries.len()), last_of(&claims));
        for claim in &claims {
            let seq = claim.seq;
            match hash_of(entries, seq) {
                Some(hash) if hash == claim.hash => {}
                Some(_) => {
                    let whose = whose(run);
                    return Err(format!("{whose}: entry {seq} is not the one that is in the tree"));
                }
                None if found < to => {
                    let (whose, all) = (whose(run), number_of(to));
                    return Err(format!("{whose}: {all} in the tree, and only {found} there"));
                }
                None => {
                    return Err(format!("{}: entry {seq} does not stand in its place", whose(run)));
                }
            }
        }
        self.newer(run, entries, &claims)
    }

    /// Counts what is under no signed head. None of it may be old.
    fn newer(&mut self, run: &RunId, entries: &[Link], claims: &[Claim]) -> Result<(), String> {
        let under_head = self.signed.map_or(0, |(batch, _)| batch);
        let signed: Vec<_> = claims.iter().filter(|it| it.batch <= under_head).copied().collect();
        let covered = last_of(&signed);
        let newer: Vec<_> = entries.iter().filter(|link| link.seq > covered).collect();
        self.uncovered += count(newer.len());
        // What is missing of the tree may hold them.
        let Some((_, until)) = self.signed.filter(|_| !self.lacks) else { return Ok(()) };
        let is_late = |link: &&&Link| until.duration_since(link.at) > LATE;
        match newer.iter().find(is_late) {
            None => Ok(()),
            Some(Link { seq, at, .. }) => Err(format!(
                "{}: entry {seq} says that it is of {at}, and is under none of the heads, for which \
                 everything was collected until {until}: it was written later than it says or \
                 kept out of the tree, or a clock was wrong",
                whose(run),
            )),
        }
    }

    /// A chain that is there, and cannot be read: it was said why.
    pub fn unreadable(&mut self, run: &RunId) {
        self.claims.remove(run);
    }

    /// The chains that are in the tree and did not come: call it last.
    pub fn missing(&mut self) -> Vec<String> {
        let say = |(run, claims): (RunId, Vec<Claim>)| {
            let (whose, all) = (whose(&run), number_of(last_of(&claims)));
            format!("{whose}: {all} in the tree, and none is there")
        };
        std::mem::take(&mut self.claims).into_iter().map(say).collect()
    }
}

/// Whether something follows by its number.
fn follows([what, several]: [&str; 2], last: u64, number: u64) -> Result<(), String> {
    match number.checked_sub(last) {
        Some(1) => Ok(()),
        Some(2) => Err(format!("{what} {} is missing; {number} stands in its place", last + 1)),
        Some(3..) => {
            let (from, to) = (last + 1, number - 1);
            Err(format!("{several} {from} to {to} are missing; {number} stands in their place"))
        }
        Some(0) | None => Err(format!("{what} {number} stands after {last}: it was put there")),
    }
}

/// A chain as people know it. An account's is named as if it had begun before all runs.
fn whose(run: &RunId) -> String {
    if run.as_str().starts_with("0000000000") {
        format!("the account with the chain {run}")
    } else {
        format!("run {run}")
    }
}

fn last_of(claims: &[Claim]) -> u64 {
    claims.iter().map(|claim| claim.seq).max().unwrap_or_default()
}

fn number_of(entries: u64) -> String {
    if entries == 1 { "1 entry is".to_owned() } else { format!("{entries} entries are") }
}

fn hash_of(entries: &[Link], seq: u64) -> Option<Node> {
    let place = usize::try_from(seq.checked_sub(1)?).ok()?;
    entries.get(place).filter(|link| link.seq == seq).map(|link| link.hash)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
