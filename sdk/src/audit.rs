//! The audit tree: all chains of entries under one signed root, so that nothing can be changed, cut
//! off or left out unseen by whoever holds the store.
//!
//! ```text
//! entries of a run ── chain ─▶ last hash ─┐
//! entries of an account ──────▶ last hash ─┼─▶ batch of leaves ─▶ tree (RFC 6962) ─▶ signed head
//! ```
//!
//! - [`collect`] brings what is new into the tree, a [`Batch`] at a time. A [`Leaf`] is one chain's
//!   place: by its hash it covers all entries of the chain up to there.
//! - [`sign`] signs a [`TreeHead`], which names the one before; [`keep`] keeps heads and batches
//!   where nobody can change them.
//! - [`export`] passes entries on to a [`Sink`], batch by batch.
//! - [`TreeCheck`] verifies all of it offline.

mod check;
mod collect;
mod export;
pub mod log;
pub mod merkle;
mod sign;
mod tree;

#[cfg(test)]
mod tests;

pub use check::{Link, TreeCheck, Verify};
pub use collect::{Collected, TreeError, collect};
pub use export::{Exported, Parcel, Sink, export};
pub use sign::{Signer, Vault, batch_name, head_name, keep, sign};
pub use tree::{Batch, Batches, Leaf, SCHEMA, Signature, SignedHead, TreeHead, no_head};
