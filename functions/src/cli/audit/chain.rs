//! One chain with its head, and whether the two fit.

use countersign::desk::{Account, account_id};
use countersign::engine::{Broken, Run, SealedEntry, sha256_text, verify};
use countersign::model::{Hash, RunId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

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
    /// A hash of all heads, in order.
    pub(super) digest: Hash,
    pub(super) broken: Vec<String>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { chains: 0, entries: 0, digest: sha256_text(""), broken: Vec::new() }
    }
}

impl Tally {
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
        if let Err(broken) = chain.check() {
            self.broken(match &chain.head {
                Head::Run(_) => broken.to_string(),
                Head::Account(account) => format!("the account of {}: {broken}", account.user),
            });
        }
    }

    pub(super) fn broken(&mut self, what: String) {
        self.broken.push(what);
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "whole": self.broken.is_empty(), "chains": self.chains, "entries": self.entries,
            "digest": self.digest, "broken": self.broken,
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
