//! The audit chain: entries of one run, each with the hash of all before it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::entry::Entry;
use crate::model::{Hash, RunId};

/// The version of the chain's construction, hashed into every link.
const VERSION: &[u8] = b"countersign-chain-v1";

/// An entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    let mut text = Vec::with_capacity(2_048);
    write_canonical(&serde_json::to_value(entry).unwrap_or_default(), &mut text);
    sha256(&[
        VERSION,
        entry.run.as_str().as_bytes(),
        &entry.seq.to_be_bytes(),
        previous.as_str().as_bytes(),
        &text,
    ])
}

/// JSON with the keys of every object in byte order and no white space, so that equal values are
/// equal texts.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = Vec::with_capacity(512);
    write_canonical(value, &mut text);
    // JSON of texts is a text.
    String::from_utf8(text).unwrap_or_default()
}

fn write_canonical(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            text.push(b'{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write_plain(key, text);
                text.push(b':');
                write_canonical(value, text);
            }
            text.push(b'}');
        }
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write_canonical(item, text);
            }
            text.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            write_plain(value, text);
        }
    }
}

/// A value that holds no others, as JSON.
fn write_plain(value: &impl Serialize, text: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(text, value);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_json_has_its_keys_in_order() {
        let value = json!({"b": [1, {"d": null, "c": "ü\n"}], "a": true});
        assert_eq!(canonical(&value), r#"{"a":true,"b":[1,{"c":"ü\n","d":null}]}"#);
    }
}
