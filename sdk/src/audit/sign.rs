//! Signs the tree, and keeps heads and batches where nobody can change them.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::collect::{TreeError, write};
use super::log::{self, LastHead, Stored};
use super::tree::{Batches, SCHEMA, Signature, SignedHead, TreeHead, no_head};
use crate::engine::records::{self, json};
use crate::model::Timestamp;
use crate::store::{Expect, Store, Write};

/// The port to the key that signs heads.
#[async_trait]
pub trait Signer: fmt::Debug + Send + Sync {
    /// Signs a message by ECDSA on P-256 with SHA-256.
    ///
    /// # Errors
    ///
    /// Why it cannot be signed now.
    async fn sign(&self, message: &[u8]) -> Result<Signature, String>;
}

/// The port to where documents are kept that nobody can change: an object-locked bucket, a folder.
#[async_trait]
pub trait Vault: fmt::Debug + Send + Sync {
    /// Names the place: under this name it is kept what it has. Another place gets everything.
    fn name(&self) -> &str;

    /// Keeps a document for good. To keep the same again is to keep it once.
    ///
    /// # Errors
    ///
    /// Why it cannot be kept now, or that another one is kept under this name.
    async fn keep(&self, name: &str, content: &str) -> Result<(), String>;
}

/// Signs the tree as it is, if leaves were added since the last head.
///
/// # Errors
///
/// If the store or the key fails, or somebody else was faster.
pub async fn sign(
    store: &dyn Store,
    signer: &dyn Signer,
    environment: &str,
    now: Timestamp,
) -> Result<Option<SignedHead>, TreeError> {
    let stored = Stored::read(store).await?;
    let mut state = stored.state.clone();
    let last = state.head.as_ref();
    let covered = last.map_or(0, |last| last.batch);
    if covered == state.batch {
        return Ok(None);
    }
    let head = TreeHead {
        schema: SCHEMA,
        environment: environment.to_owned(),
        number: last.map_or(0, |last| last.number) + 1,
        size: state.tree.size(),
        root: state.tree.root().hash(),
        at: last.map_or(now, |last| last.at.max(now)),
        previous: last.map_or_else(no_head, |last| last.hash.clone()),
        batches: Batches { from: covered + 1, to: state.batch },
    };
    let signature = signer.sign(head.statement().as_bytes()).await.map_err(TreeError::Sign)?;
    state.head = Some(LastHead {
        number: head.number,
        hash: head.hash(),
        at: head.at,
        batch: head.batches.to,
    });
    let number = head.number;
    let head = SignedHead { head, signature };
    let (key, body) = (log::head(number), json(&head));
    let mut writes = vec![Write::Put { key, body, expect: Expect::Absent }];
    writes.extend(stored.replaced(&state, &stored.collected));
    write(store, writes).await?;
    Ok(Some(head))
}

/// How far the vault has got.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    head: u64,
    batch: u64,
}

/// The name of a head in a vault.
#[must_use]
pub fn head_name(number: u64) -> String {
    format!("heads/{number:010}.json")
}

/// The name of a batch in a vault.
#[must_use]
pub fn batch_name(number: u64) -> String {
    format!("batches/{number:010}.json")
}

/// Keeps the heads that are not kept yet, each after its batches. Returns how many.
///
/// It may be stopped at any moment, and goes on from there. A batch that somebody removed from the
/// store holds up none of the others.
///
/// # Errors
///
/// If the store or the vault fails; at the end, once, that a batch is missing.
pub async fn keep(store: &dyn Store, vault: &dyn Vault) -> Result<u64, TreeError> {
    let key = log::cursor(&format!("vault-{}", vault.name()));
    let (mut number, mut missing) = (0, None);
    loop {
        let item = store.get(&key).await?;
        let mut kept: Kept = item.as_ref().map(records::read).transpose()?.unwrap_or_default();
        let Some(next) = log::heads(store, kept.head, 1).await?.pop() else { break };
        let to = next.head.batches.to;
        while kept.batch < to {
            let batch = log::batches(store, kept.batch, 1).await?.pop();
            let batch = batch.filter(|batch| batch.number <= to);
            let number = batch.as_ref().map_or(to + 1, |batch| batch.number);
            if number > kept.batch + 1 {
                missing = missing.or(Some(kept.batch + 1));
            }
            if let Some(batch) = batch {
                kept_once(vault, batch_name(number), &json(&batch)).await?;
            }
            kept.batch = number.min(to);
        }
        kept_once(vault, head_name(next.head.number), &json(&next)).await?;
        kept.head = next.head.number;
        let expect = item.map_or(Expect::Absent, |item| Expect::Version(item.version));
        write(store, vec![Write::Put { key: key.clone(), body: json(&kept), expect }]).await?;
        number += 1;
    }
    missing.map_or(Ok(number), |batch| Err(TreeError::Gone(batch_name(batch))))
}

async fn kept_once(vault: &dyn Vault, name: String, content: &str) -> Result<(), TreeError> {
    vault.keep(&name, content).await.map_err(|why| TreeError::Keep { name, why })
}
