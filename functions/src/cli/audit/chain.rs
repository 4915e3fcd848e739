//! One chain with its head, and whether the two fit.

use std::collections::BTreeSet;

use countersign::audit::{Leaf, Signature, SignedHead, TreeCheck};
use countersign::desk::{Account, account_id};
use countersign::engine::{Broken, Run, SealedEntry, sha256_text, verify};
use countersign::model::{Hash, RunId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

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
pub(super) type Found = Result<Chain, String>;

/// What was found so far.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) chains: u64,
    pub(super) entries: u64,
    pub(super) tree: TreeCheck,
    /// The keys that may sign heads; none: any.
    pins: BTreeSet<Fingerprint>,
    /// A hash of the tree and of all heads of chains, in order.
    pub(super) digest: Hash,
    pub(super) broken: Vec<String>,
}

impl Tally {
    /// Nothing was found yet.
    pub(super) fn new(pins: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self {
            chains: 0,
            entries: 0,
            tree: TreeCheck::default(),
            pins: pins.into_iter().collect(),
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
                let verify = |signature: &Signature, message: &[u8]| {
                    let key = Fingerprint::of(signature);
                    if !pins.is_empty() && !pins.contains(&key) {
                        return Err(format!("it is signed by another key, {key}"));
                    }
                    audit::verify(signature, message)
                };
                (self.tree.head(signed, &verify), signed.head.hash())
            }
        };
        self.digest = sha256_text(&format!("{} {hash}", self.digest));
        self.broken.extend(checked.err());
    }

    /// Compares a head with the one that was kept elsewhere.
    pub(super) fn kept(&mut self, head: &SignedHead) {
        self.broken.extend(self.tree.kept(head).err());
    }

    /// Everything has come.
    pub(super) fn end(&mut self) {
        let missing = self.tree.missing();
        self.broken.extend(missing);
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
            Err(broken) => self.broken(broken),
        }
    }

    /// Counts a chain, and checks it.
    pub(super) fn add(&mut self, chain: &Chain) {
        let (id, seq, hash) = chain.head.place();
        self.chains = self.chains.saturating_add(1);
        self.entries = self.entries.saturating_add(count(&chain.entries));
        self.digest = sha256_text(&format!("{} {id} {seq} {hash}", self.digest));
        self.broken.extend(self.tree.chain(&id, &chain.entries).err());
        if let Err(broken) = chain.check() {
            self.broken(match &chain.head {
                Head::Run(_) => broken.to_string(),
                Head::Account(account) => format!("the account of {}: {broken}", account.user),
            });
        }
    }

    /// Counts a chain of which there is no head, and checks it.
    pub(super) fn bare(&mut self, run: &RunId, entries: &[SealedEntry]) {
        self.chains = self.chains.saturating_add(1);
        self.entries = self.entries.saturating_add(count(entries));
        if let Some(last) = entries.last() {
            let (seq, hash) = (last.entry.seq, &last.hash);
            self.digest = sha256_text(&format!("{} {run} {seq} {hash}", self.digest));
        }
        self.broken.extend(verify(run, entries).err().map(|broken| broken.to_string()));
        self.broken.extend(self.tree.chain(run, entries).err());
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
                "keys": self.keys(), "newer_entries": self.tree.uncovered(),
            },
        })
    }
}

impl Head {
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

/// Reads JSON of which nothing may be left over: what is not read is not hashed either.
pub(super) fn read_exactly<T: Serialize + DeserializeOwned>(text: &str) -> Result<T, String> {
    let read: T = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let written: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match serde_json::to_value(&read) {
        Ok(again) if again == written => Ok(read),
        Ok(_) | Err(_) => Err("it holds something that no entry has".to_owned()),
    }
}
