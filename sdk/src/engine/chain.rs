//! The audit chain: entries of one run, each with the hash of all before it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::canonical::canonical;
use super::command::Actor;
use super::entry::{Cause, Effect, Entry, Noted, What};
use crate::model::{Channel, Hash, RunId, Timestamp};

/// The version of the chain's construction, hashed into every link.
const VERSION: &[u8] = b"countersign-chain-v1";

/// An entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct SealedEntry {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// The hash of the entry before; of the first one, [`genesis`].
    pub previous: Hash,
    /// `sha256(version ‖ run ‖ seq ‖ previous ‖ canonical JSON of the entry)`, each part preceded by
    /// its length in eight bytes.
    pub hash: Hash,
}

/// A sealed entry as it is read: all in one, since what serde flattens takes three times as long.
#[derive(Deserialize)]
struct Written {
    v: u16,
    run: RunId,
    seq: u64,
    at: Timestamp,
    actor: Actor,
    channel: Channel,
    cause: Cause,
    what: What,
    #[serde(default)]
    effects: Vec<Effect>,
    #[serde(default)]
    notes: Vec<Noted>,
    previous: Hash,
    hash: Hash,
}

impl From<Written> for SealedEntry {
    fn from(written: Written) -> Self {
        let Written {
            v,
            run,
            seq,
            at,
            actor,
            channel,
            cause,
            what,
            effects,
            notes,
            previous,
            hash,
        } = written;
        let entry = Entry { v, run, seq, at, actor, channel, cause, what, effects, notes };
        Self { entry, previous, hash }
    }
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// An entry is missing, or stands twice.
    #[error("run {run}: entry {expected} is missing; {found} stands in its place")]
    Gap {
        /// Which run.
        run: RunId,
        /// Which entry should stand there.
        expected: u64,
        /// Which one does.
        found: u64,
    },
    /// An entry was changed after it was written.
    #[error("run {run}: entry {seq} was changed: its hash does not fit its text")]
    Changed {
        /// Which run.
        run: RunId,
        /// Which entry.
        seq: u64,
    },
    /// An entry does not follow from the one before.
    #[error("run {run}: entry {seq} does not follow from the one before")]
    Unlinked {
        /// Which run.
        run: RunId,
        /// Which entry.
        seq: u64,
    },
    /// Entries were cut off at the end.
    #[error("run {run}: it has {expected} entries, and only {found} are there")]
    CutOff {
        /// Which run.
        run: RunId,
        /// How many the run's head counts.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The entries do not lead to where the run is said to stand.
    #[error("run {run}: the entries do not lead to the state that is stored")]
    Diverged {
        /// Which run.
        run: RunId,
    },
}

/// What the first entry's `previous` is: the hash of nothing but the version and the run.
#[must_use]
pub fn genesis(run: &RunId) -> Hash {
    sha256(&[VERSION, run.as_str().as_bytes()])
}

/// Puts an entry at the end of a chain.
#[must_use]
pub fn seal(entry: Entry, previous: Hash) -> SealedEntry {
    let hash = link(&entry, &previous);
    SealedEntry { entry, previous, hash }
}

/// Checks that these are the first entries of a run, without a gap and unchanged.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn verify(run: &RunId, entries: &[SealedEntry]) -> Result<Hash, Broken> {
    let mut previous = genesis(run);
    for (expected, sealed) in (1..).zip(entries) {
        let seq = sealed.entry.seq;
        if seq != expected {
            return Err(Broken::Gap { run: run.clone(), expected, found: seq });
        }
        if sealed.previous != previous || sealed.entry.run != *run {
            return Err(Broken::Unlinked { run: run.clone(), seq });
        }
        if link(&sealed.entry, &previous) != sealed.hash {
            return Err(Broken::Changed { run: run.clone(), seq });
        }
        previous = sealed.hash.clone();
    }
    Ok(previous)
}

fn link(entry: &Entry, previous: &Hash) -> Hash {
    sha256(&[
        VERSION,
        entry.run.as_str().as_bytes(),
        &entry.seq.to_be_bytes(),
        previous.as_str().as_bytes(),
        canonical(entry).as_bytes(),
    ])
}

/// The SHA-256 hash of a text.
#[must_use]
pub fn sha256_text(text: &str) -> Hash {
    sha256(&[text.as_bytes()])
}

/// The SHA-256 hash of several parts, each preceded by its length in eight bytes.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    let mut text = String::with_capacity(64);
    text.extend(hasher.finalize().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    match Hash::parse(text) {
        Ok(hash) => hash,
        Err(_) => unreachable!("32 bytes are 64 hexadecimal digits"),
    }
}
