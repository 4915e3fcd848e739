//! The Merkle tree of RFC 6962, section 2.1: its root over a list of leaves, proofs that a leaf is
//! in it and that it only grew, and how they are checked.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc6962#section-2.1>; the checks are those of RFC 9162,
//! sections 2.1.3.2 and 2.1.4.2, which spells them out.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::model::Hash;

/// A node of the tree: a SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node([u8; 32]);

impl Node {
    /// The root of a tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// A leaf that holds this.
    #[must_use]
    pub fn leaf(data: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    /// What stands above two nodes.
    #[must_use]
    pub fn above(left: Self, right: Self) -> Self {
        Self(
            Sha256::new()
                .chain_update([1])
                .chain_update(left.0)
                .chain_update(right.0)
                .finalize()
                .into(),
        )
    }

    /// The 32 bytes of a hash that is written in hexadecimal.
    #[must_use]
    pub fn of(hash: &Hash) -> Self {
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(hash.as_str().as_bytes().chunks_exact(2)) {
            *byte = digits.iter().fold(0, |sum, digit| (sum << 4) | value(*digit));
        }
        Self(bytes)
    }

    /// In hexadecimal.
    #[must_use]
    pub fn hash(self) -> Hash {
        match Hash::parse(self.to_string()) {
            Ok(hash) => hash,
            Err(_) => unreachable!("32 bytes are 64 hexadecimal digits"),
        }
    }
}

/// The value of a hexadecimal digit, of which a [`Hash`] is made.
const fn value(digit: u8) -> u8 {
    if digit.is_ascii_digit() {
        digit - b'0'
    } else {
        digit.wrapping_sub(b'a').wrapping_add(10) & 15
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Hash::deserialize(deserializer).map(|hash| Self::of(&hash))
    }
}

/// The root over these leaves.
#[must_use]
pub fn root(leaves: &[Node]) -> Node {
    match leaves {
        [] => Node::empty(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = halves(leaves);
            Node::above(root(left), root(right))
        }
    }
}

/// The path from a leaf to the root over all of them; `None`: there is no such leaf.
#[must_use]
pub fn inclusion(index: usize, leaves: &[Node]) -> Option<Vec<Node>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = halves(leaves);
    let (mut path, sibling) = match index.checked_sub(left.len()) {
        None => (inclusion(index, left)?, root(right)),
        Some(index) => (inclusion(index, right)?, root(left)),
    };
    path.push(sibling);
    Some(path)
}

/// The proof that the tree over the first leaves grew to that over all of them; `None`: there are
/// not so many, or none.
#[must_use]
pub fn consistency(first: usize, leaves: &[Node]) -> Option<Vec<Node>> {
    if first == 0 || first > leaves.len() {
        return None;
    }
    Some(subproof(first, leaves, true))
}

/// `is_known`: whether the root over these first leaves is the one that is to be proved.
fn subproof(first: usize, leaves: &[Node], is_known: bool) -> Vec<Node> {
    if first == leaves.len() {
        return if is_known { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = halves(leaves);
    let (mut proof, other) = match first.checked_sub(left.len()) {
        None | Some(0) => (subproof(first, left, is_known), root(right)),
        Some(rest) => (subproof(rest, right, false), root(left)),
    };
    proof.push(other);
    proof
}

/// Whether a leaf is in the tree of this size and root.
#[must_use]
pub fn is_included(leaf: Node, index: u64, size: u64, path: &[Node], root: Node) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut node) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = Node::above(*sibling, node);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = Node::above(node, *sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == root
}

/// Whether the second tree is the first one with leaves added at its end.
#[must_use]
pub fn is_consistent(first: (u64, Node), second: (u64, Node), proof: &[Node]) -> bool {
    let ((first_size, first_root), (second_size, second_root)) = (first, second);
    if first_size == second_size {
        return first_root == second_root && proof.is_empty();
    }
    if first_size == 0 || first_size > second_size {
        return false;
    }
    let mut proof = proof.iter().copied();
    let begun = if first_size.is_power_of_two() { Some(first_root) } else { proof.next() };
    let Some(begun) = begun else { return false };
    let (mut at, mut last) = (first_size - 1, second_size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (begun, begun);
    for node in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old = Node::above(node, old);
            new = Node::above(node, new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new = Node::above(new, node);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old == first_root && new == second_root
}

/// At the largest power of two that leaves something on the right. Two leaves or more.
fn halves(leaves: &[Node]) -> (&[Node], &[Node]) {
    let half = leaves.len().next_power_of_two() / 2;
    leaves.split_at_checked(half).unwrap_or((leaves, &[]))
}

/// A tree that only grows: its complete subtrees, from the largest to the smallest, are all that is
/// needed to add leaves and to know the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Node>,
}

impl Frontier {
    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Node) {
        let mut node = leaf;
        // Two subtrees of one size become one of twice the size, as bits carry in an addition.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = Node::above(left, node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Node {
        let above = |right: Node, left: &Node| Node::above(*left, right);
        match self.peaks.split_last() {
            None => Node::empty(),
            Some((last, rest)) => rest.iter().rev().fold(*last, above),
        }
    }

    /// Whether it can be one: a subtree for each power of two that its size is the sum of.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        u32::try_from(self.peaks.len()) == Ok(self.size.count_ones())
    }
}

#[cfg(test)]
mod tests;
