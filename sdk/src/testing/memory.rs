//! A store in memory: what the port promises, and nothing that would make it last.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::store::{Commit, Item, Key, Page, Query, ReadError, Store, Transaction, Write};

/// A store that is gone with the process. All of it is behind one lock, so that each operation
/// sees one moment.
#[derive(Debug, Default)]
pub struct MemoryStore {
    items: Mutex<BTreeMap<Key, Item>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything in it, in the order of the keys.
    #[must_use]
    pub fn dump(&self) -> Vec<Item> {
        self.items().values().cloned().collect()
    }

    fn items(&self) -> MutexGuard<'_, BTreeMap<Key, Item>> {
        // No operation leaves the map half changed, whatever else the thread did.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<Item>, ReadError> {
        Ok(self.items().get(key).cloned())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError> {
        let items = self.items();
        Ok(keys.iter().map(|key| items.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, ReadError> {
        let items = self.items();
        let limit = query.limit.max(1);
        // Every key that is wanted comes after its own beginning.
        let of_prefix = items
            .range(Key::new(&query.pk, first(query))..)
            .map(|(_, item)| item)
            .take_while(|item| item.key.pk == query.pk && item.key.sk.starts_with(&query.prefix))
            .filter(|item| is_within(query, item));
        let mut found: Vec<_> = if query.descending {
            let mut all: Vec<_> = of_prefix.collect();
            all.reverse();
            all
        } else {
            of_prefix.take(limit + 1).collect()
        };
        let more = found.len() > limit;
        found.truncate(limit);
        Ok(Page { items: found.into_iter().cloned().collect(), more })
    }

    async fn write(&self, transaction: &Transaction) -> Commit {
        if let Err(why) = transaction.check() {
            return Commit::Invalid(why);
        }
        let mut items = self.items();
        let conflicts: Vec<_> = transaction
            .writes
            .iter()
            .map(|write| {
                let old = items.get(write.key());
                let holds = write.expect().holds(old.map(|item| item.version));
                if holds { Ok(()) } else { Err(old.cloned()) }
            })
            .collect();
        if conflicts.iter().any(Result::is_err) {
            return Commit::Conflict(
                conflicts.into_iter().map(|held| held.err().flatten()).collect(),
            );
        }
        for write in &transaction.writes {
            apply(&mut items, transaction, write);
        }
        Commit::Committed
    }
}

/// Where a search begins: nothing that is wanted stands before it, and all between it and the
/// last that is wanted starts with the prefix.
fn first(query: &Query) -> &str {
    match &query.after {
        Some(after) if !query.descending && after.starts_with(&query.prefix) => after,
        Some(_) | None => &query.prefix,
    }
}

fn is_within(query: &Query, item: &Item) -> bool {
    let sk = &item.key.sk;
    let is_after = query
        .after
        .as_ref()
        .is_none_or(|after| if query.descending { sk < after } else { sk > after });
    sk.starts_with(&query.prefix) && is_after && query.until.as_ref().is_none_or(|end| sk <= end)
}

fn apply(items: &mut BTreeMap<Key, Item>, transaction: &Transaction, write: &Write) {
    match write {
        Write::Put { key, body, .. } => {
            let version = items.get(key).map_or(1, |old| old.version + 1);
            let token = transaction.token.clone();
            let item = Item { key: key.clone(), version, body: body.clone(), token };
            items.insert(key.clone(), item);
        }
        Write::Delete { key, .. } => {
            items.remove(key);
        }
        Write::Check { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn memory() -> std::future::Ready<(Arc<dyn Store>, ())> {
        std::future::ready((Arc::new(MemoryStore::new()), ()))
    }

    crate::store_conformance!(memory);
}
