//! Reading a chain's entries.

use super::chain::SealedEntry;
use super::records;
use crate::model::RunId;
use crate::store::{Query, ReadError, Store};

/// Some entries of a chain, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries {
    /// The entries.
    pub entries: Vec<SealedEntry>,
    /// Whether there may be more after the last one.
    pub more: bool,
}

/// The entries of a chain after the one of this number; after 0, from the first one on.
///
/// # Errors
///
/// If the store cannot be read, or an entry is damaged.
pub async fn entries_after(
    store: &dyn Store,
    chain: &RunId,
    after: u64,
    limit: usize,
) -> Result<Entries, ReadError> {
    let key = records::entries(chain, after).sk;
    let query = Query::of(records::partition(chain)).prefix("E#").after(Some(key)).limit(limit);
    let page = store.query(&query).await?;
    let mut entries = Vec::new();
    for item in &page.items {
        // Those of one transition lie together: the first of them may be before what is asked for.
        let found = records::read_entries(item)?;
        entries.extend(found.into_iter().filter(|sealed| sealed.entry.seq > after));
    }
    let more = page.more || entries.len() > limit;
    entries.truncate(limit);
    Ok(Entries { entries, more })
}
