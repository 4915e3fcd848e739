//! The audit tree: its batches and heads, and the heads that were kept elsewhere.

use std::path::Path;

use countersign::audit::{Batch, SignedHead, log};

use super::super::exit::Failure;
use super::chain::read_exactly;
use crate::store::SqliteStore;

/// So many are read at once.
const PAGE: usize = 100;

/// A part of the tree.
pub(super) enum Part {
    Batch(Batch),
    Head(SignedHead),
}

/// Gives each batch and then each head to `take`.
pub(super) async fn walk(
    store: &SqliteStore,
    take: &mut impl FnMut(Part) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let unreadable = |error: countersign::store::ReadError| Failure::Error(error.to_string());
    // What is newer than the last head comes into the next one: heads first, so that no head is
    // seen without its batches.
    let mut heads: Vec<SignedHead> = Vec::new();
    loop {
        let after = heads.last().map_or(0, |last| last.head.number);
        let page = log::heads(store, after, PAGE).await.map_err(unreadable)?;
        let is_last = page.len() < PAGE;
        heads.extend(page);
        if is_last {
            break;
        }
    }
    let mut after = 0;
    loop {
        let page = log::batches(store, after, PAGE).await.map_err(unreadable)?;
        let is_last = page.len() < PAGE;
        after = page.last().map_or(after, |last| last.number);
        page.into_iter().try_for_each(|batch| take(Part::Batch(batch)))?;
        if is_last {
            break;
        }
    }
    heads.into_iter().try_for_each(|head| take(Part::Head(head)))
}

/// The heads that were kept in a folder: every file in it that ends in `.json`.
pub(super) fn kept(folder: &Path) -> Result<Vec<SignedHead>, Failure> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Error(format!("`{}` cannot be read: {error}", path.display()))
    };
    let files = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut heads = Vec::new();
    for file in files {
        let path = file.map_err(|error| unreadable(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            heads.push(read_exactly(&text).map_err(|error| unreadable(&path, &error))?);
        }
    }
    Ok(heads)
}
