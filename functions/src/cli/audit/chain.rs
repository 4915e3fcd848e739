//! One chain with its head, and whether the two fit.

use std::collections::BTreeSet;

use countersign::audit::merkle::Node;
use countersign::audit::{Leaf, Link, Signature, SignedHead, TreeCheck};
use countersign::desk::{Account, account_id};
use countersign::engine::{Broken, Run, SealedEntry, genesis, sha256_text, verify};
use countersign::model::{Hash, RunId};
use serde_json::{Value, json};

use super::kept::Compared;
use super::tree::Part;
use crate::audit::{self, Fingerprint};

/// What a chain leads to.
#[derive(Debug, Clone)]
pub(super) enum Head {
    Run(Box<Run>),
    Account(Account),
}

/// A chain with its head.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) entries: Vec<SealedEntry>,
    pub(super) head: Head,
}

/// A chain, or why there is none.
pub(super) type Found = Result<Chain, Lost>;

/// What is wrong with a chain that cannot be read.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    /// Which, if something of it is there.
    pub(super) run: Option<RunId>,
    pub(super) why: String,
}

/// What was found so far.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) chains: u64,
    pub(super) entries: u64,
    pub(super) tree: TreeCheck,
    /// The keys that may sign heads; none: any.
    pins: BTreeSet<Fingerprint>,
    /// Of which environment the heads have to be.
    environment: Option<String>,
    /// What came of the comparison with heads that were kept.
    pub(super) compared: Compared,
    /// A hash of the tree and of all heads of chains, in order.
    pub(super) digest: Hash,
    pub(super) broken: Vec<String>,
}

impl Tally {
    /// Nothing was found yet.
    pub(super) fn new(
        pins: impl IntoIterator<Item = Fingerprint>,
        environment: Option<String>,
    ) -> Self {
        Self {
            chains: 0,
            entries: 0,
            tree: TreeCheck::default(),
            pins: pins.into_iter().collect(),
            environment,
            compared: Compared::default(),
            digest: sha256_text(""),
            broken: Vec::new(),
        }
    }

    /// Counts a part of the tree, and checks it.
    pub(super) fn part(&mut self, part: &Part) {
        let (checked, hash) = match part {
            Part::Batch(batch) => {
                let roots = batch.leaves.iter().map(Leaf::node);
                let text: Vec<_> = roots.map(|node| node.to_string()).collect();
                (self.tree.batch(batch), sha256_text(&text.join(" ")))
            }
            Part::Head(signed) => {
                let pins = &self.pins;
                let verify =
                    |signature: &Signature, message: &[u8]| verify_by(pins, signature, message);
                (self.tree.head(signed, &verify), signed.head.hash())
            }
        };
        self.digest = sha256_text(&format!("{} {hash}", self.digest));
        self.broken.extend(checked.err());
    }

    /// Everything has come.
    pub(super) fn end(&mut self) {
        let missing = self.tree.missing();
        self.broken.extend(missing);
        if self.is_pinned() && self.tree.heads().is_empty() {
            self.broken("no head is there, of this key or any other: nothing is signed".to_owned());
        }
        if let Some(wanted) = self.environment.clone() {
            for other in self.environments().into_iter().filter(|name| *name != wanted) {
                self.broken(format!(
                    "heads are of the environment `{other}`, and not of `{wanted}`"
                ));
            }
        }
    }

    /// The environments of the heads.
    pub(super) fn environments(&self) -> BTreeSet<String> {
        self.tree.heads().iter().map(|signed| signed.head.environment.clone()).collect()
    }

    /// The keys that signed.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        let key = |signed: &SignedHead| Fingerprint::of(&signed.signature).to_string();
        self.tree.heads().iter().map(key).collect()
    }

    pub(super) fn is_pinned(&self) -> bool {
        !self.pins.is_empty()
    }

    /// Counts a chain, and checks it.
    pub(super) fn take(&mut self, found: Found) {
        match found {
            Ok(chain) => self.add(&chain),
            Err(lost) => self.lost(lost),
        }
    }

    /// A chain cannot be read.
    pub(super) fn lost(&mut self, lost: Lost) {
        if let Some(run) = &lost.run {
            self.tree.unreadable(run);
        }
        self.broken(lost.why);
    }

    /// Counts a chain, and checks it.
    pub(super) fn add(&mut self, chain: &Chain) {
        let (id, seq, hash) = chain.head.place();
        self.chains = self.chains.saturating_add(1);
        self.entries = self.entries.saturating_add(count(&chain.entries));
        self.digest = sha256_text(&format!("{} {id} {seq} {hash}", self.digest));
        let links: Vec<Link> = chain.entries.iter().map(Link::of).collect();
        let found = [
            chain.check().err().map(|broken| broken.to_string()),
            self.tree.chain(&id, &links).err(),
        ];
        for broken in found.into_iter().flatten() {
            self.broken(chain.head.said_by_name(broken));
        }
    }

    /// Counts a chain of which there is no head. Its entries were checked one by one.
    pub(super) fn bare(&mut self, run: &RunId, links: &[Link]) {
        self.chains = self.chains.saturating_add(1);
        self.entries = self.entries.saturating_add(u64::try_from(links.len()).unwrap_or(u64::MAX));
        if let Some(Link { seq, hash, .. }) = links.last() {
            self.digest = sha256_text(&format!("{} {run} {seq} {hash}", self.digest));
        }
        self.broken.extend(linked(run, links).err().map(|broken| broken.to_string()));
        self.broken.extend(self.tree.chain(run, links).err());
    }

    pub(super) fn broken(&mut self, what: String) {
        self.broken.push(what);
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "whole": self.broken.is_empty(), "chains": self.chains, "entries": self.entries,
            "digest": self.digest, "broken": self.broken,
            "tree": {
                "leaves": self.tree.size(), "batches": self.tree.batches(),
                "heads": self.tree.heads().len(), "signed_until": self.tree.signed_until(),
                "environments": self.environments(), "kept_heads": self.compared.heads,
                "keys": self.keys(), "newer_entries": self.tree.uncovered(),
            },
        })
    }
}

/// Whether one of some keys signed this; without any, whatever key it names.
fn verify_by(
    pins: &BTreeSet<Fingerprint>,
    signature: &Signature,
    message: &[u8],
) -> Result<(), String> {
    let key = Fingerprint::of(signature);
    if !pins.is_empty() && !pins.contains(&key) {
        return Err(format!("it is signed by another key, {key}"));
    }
    audit::verify(signature, message)
}

/// Whether entries follow each other.
fn linked(run: &RunId, links: &[Link]) -> Result<(), Broken> {
    let mut previous = Node::of(&genesis(run));
    for (expected, link) in (1..).zip(links) {
        let (run, seq) = (run.clone(), link.seq);
        if seq != expected {
            return Err(Broken::Gap { run, expected, found: seq });
        }
        if link.previous != previous {
            return Err(Broken::Unlinked { run, seq });
        }
        previous = link.hash;
    }
    Ok(())
}

impl Head {
    /// What is said of a chain, of an account by its user's name.
    fn said_by_name(&self, said: String) -> String {
        let Self::Account(account) = self else { return said };
        let id = account_id(&account.user);
        let named = format!("the account of {}", account.user);
        said.replace(&format!("the account with the chain {id}"), &named)
            .replace(&format!("run {id}"), &named)
    }

    /// Of which chain, after how many entries, and the hash of the last one.
    pub(super) fn place(&self) -> (RunId, u64, &Hash) {
        match self {
            Self::Run(run) => (run.id.clone(), run.seq, &run.chain),
            Self::Account(account) => (account_id(&account.user), account.seq, &account.chain),
        }
    }
}

impl Chain {
    /// Whether the entries are whole, and lead to the head.
    fn check(&self) -> Result<(), Broken> {
        let (run, expected, head) = self.head.place();
        let last = verify(&run, &self.entries)?;
        let found = count(&self.entries);
        if found < expected {
            return Err(Broken::CutOff { run, expected, found });
        }
        let is_there = found == expected && last == *head;
        let leads_there = match &self.head {
            Head::Run(run) => Run::replay(&self.entries).is_some_and(|replayed| replayed == **run),
            Head::Account(_) => true,
        };
        if is_there && leads_there { Ok(()) } else { Err(Broken::Diverged { run }) }
    }
}

fn count(entries: &[SealedEntry]) -> u64 {
    u64::try_from(entries.len()).unwrap_or(u64::MAX)
}
