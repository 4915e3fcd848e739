//! The audit tree of a store: its batches and heads.

use countersign::audit::{Batch, SignedHead, log};
use countersign::store::{Query, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::exit::Failure;
use super::exact::read_exactly;
use crate::store::SqliteStore;

/// So many are read at once.
const PAGE: usize = 100;

/// A part of the tree.
pub(super) enum Part {
    Batch(Batch),
    Head(SignedHead),
}

/// Gives each batch and then each head to `take`, or why one cannot be read.
pub(super) async fn walk(
    store: &SqliteStore,
    take: &mut impl FnMut(Result<Part, String>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // What is newer than the last head comes into the next one: heads first, so that no head is
    // seen without its batches.
    let mut heads = Vec::new();
    each(store, "H#", &mut |head: Result<SignedHead, String>| {
        heads.push(head);
        Ok(())
    })
    .await?;
    each(store, "B#", &mut |batch: Result<Batch, String>| take(batch.map(Part::Batch))).await?;
    heads.into_iter().try_for_each(|head| take(head.map(Part::Head)))
}

/// Gives what begins so, in the order of the keys: what bodies say may have been changed.
async fn each<T: Serialize + DeserializeOwned>(
    store: &SqliteStore,
    prefix: &str,
    take: &mut impl FnMut(Result<T, String>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut query = Query::of(log::PARTITION).prefix(prefix).limit(PAGE);
    loop {
        let page = store.query(&query).await.map_err(|error| Failure::Error(error.to_string()))?;
        for item in &page.items {
            let read = read_exactly(&item.body);
            take(read.map_err(|error| format!("`{}` was changed: {error}", item.key)))?;
        }
        query = query.after(page.items.last().map(|item| item.key.sk.clone()));
        if !page.more {
            return Ok(());
        }
    }
}
