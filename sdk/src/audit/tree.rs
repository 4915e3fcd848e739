//! What the audit tree is made of: leaves that stand for runs, batches of them, and signed heads.

use serde::{Deserialize, Serialize};

use super::merkle::Node;
use crate::engine::{canonical, sha256_text};
use crate::model::{Hash, RunId, Timestamp};

/// The version of this form of batches and heads.
pub const SCHEMA: u16 = 1;

/// What precedes the head in what is signed, so that a signature is good for nothing else.
const CONTEXT: &str = "countersign-tree-head-v1\n";

/// What one batch says of one chain of entries: how far it goes, and the hash of the last entry.
/// Each entry's hash covers all before it, so this covers them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Whose chain: a run's, or an account's by its [id](crate::desk::account_id).
    pub run: RunId,
    /// The first entry that may be new since the last leaf of this chain.
    pub from: u64,
    /// The last entry.
    pub to: u64,
    /// The last entry's hash.
    pub hash: Hash,
}

impl Leaf {
    /// The leaf in the tree: it holds the canonical JSON.
    #[must_use]
    pub fn node(&self) -> Node {
        Node::leaf(canonical(self).as_bytes())
    }
}

/// Leaves that came into the tree together, in an order that is fixed from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The version of this form; see [`SCHEMA`].
    pub schema: u16,
    /// 1 for the first one, and one more for each.
    pub number: u64,
    /// When it was collected, by the clock of whoever did.
    pub at: Timestamp,
    /// How many leaves there were before.
    pub before: u64,
    /// In order. At least one.
    pub leaves: Vec<Leaf>,
}

/// From one batch to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batches {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// What is signed: the whole tree at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeHead {
    /// The version of this form; see [`SCHEMA`].
    pub schema: u16,
    /// Of which environment.
    pub environment: String,
    /// 1 for the first one, and one more for each.
    pub number: u64,
    /// How many leaves the tree has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// When; never before the head before.
    pub at: Timestamp,
    /// The [hash](TreeHead::hash) of the head before; of the first one, [`no_head`].
    pub previous: Hash,
    /// The batches that are new since the head before.
    pub batches: Batches,
}

impl TreeHead {
    /// What is signed.
    #[must_use]
    pub fn statement(&self) -> String {
        format!("{CONTEXT}{}", canonical(self))
    }

    /// What the next head names this one by.
    #[must_use]
    pub fn hash(&self) -> Hash {
        sha256_text(&self.statement())
    }
}

/// What the first head names in place of one before.
#[must_use]
pub fn no_head() -> Hash {
    sha256_text(CONTEXT)
}

/// A signature, and by which key: ECDSA on P-256 with SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The public key: its `SubjectPublicKeyInfo` in DER, in Base64.
    pub key: String,
    /// The signature: an `Ecdsa-Sig-Value` in DER, in Base64.
    pub value: String,
}

/// A head with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// The head.
    pub head: TreeHead,
    /// Over its [statement](TreeHead::statement).
    pub signature: Signature,
}
