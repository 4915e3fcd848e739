//! Items that were read lately, for who reads one by one: a run's head, a lease, a profile are read
//! many times between two changes of them.
//!
//! It is never behind: there is one writer, in this process, and it says what it is about to change.
//! Those items are forgotten before the commit, and whatever is read while it goes on is not kept.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign::store::{Item, Key};

/// About as many bytes are kept; then all is forgotten, and it begins anew.
const MOST: usize = 2 << 20;

/// Larger ones are not kept.
const LARGEST: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// `None`: there is no such item.
    items: HashMap<Key, Option<Item>>,
    bytes: usize,
    /// How many commits have begun and ended. While one goes on it is odd.
    moment: u64,
}

/// When something was looked for and not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

impl Cache {
    /// What was kept, or since when it is missed.
    pub(super) fn get(&self, key: &Key) -> Result<Option<Item>, Moment> {
        let inner = self.lock();
        inner.items.get(key).cloned().ok_or(Moment(inner.moment))
    }

    /// Keeps what was read after it was missed, unless something was written meanwhile.
    pub(super) fn keep(&self, since: Moment, key: Key, item: Option<Item>) {
        let mut inner = self.lock();
        let is_quiet = since.0 == inner.moment && inner.moment.is_multiple_of(2);
        let bytes = size(&key, item.as_ref());
        if !is_quiet || bytes > LARGEST {
            return;
        }
        if inner.bytes.saturating_add(bytes) > MOST {
            inner.items.clear();
            inner.bytes = 0;
        }
        if inner.items.insert(key, item).is_none() {
            inner.bytes = inner.bytes.saturating_add(bytes);
        }
    }

    /// Something is about to be written: these items, perhaps.
    pub(super) fn begin<'a>(&self, keys: impl Iterator<Item = &'a Key>) {
        let mut inner = self.lock();
        inner.moment = inner.moment.wrapping_add(1);
        for key in keys {
            if let Some(item) = inner.items.remove(key) {
                inner.bytes = inner.bytes.saturating_sub(size(key, item.as_ref()));
            }
        }
    }

    /// It was written, or was not.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.moment = inner.moment.wrapping_add(1);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About what it takes.
fn size(key: &Key, item: Option<&Item>) -> usize {
    let key = key.pk.len().saturating_add(key.sk.len());
    let item = item.map_or(0, |item| item.body.len().saturating_add(item.token.0.len()));
    key.saturating_mul(2).saturating_add(item).saturating_add(200)
}

#[cfg(test)]
mod tests {
    use countersign::store::Token;

    use super::*;

    fn item(sk: &str, bytes: usize) -> Item {
        let (key, token) = (Key::new("p", sk), Token("t".to_owned()));
        Item { key, version: 1, body: "x".repeat(bytes), token }
    }

    fn missed(cache: &Cache, sk: &str) -> Moment {
        cache.get(&Key::new("p", sk)).unwrap_err()
    }

    #[test]
    fn what_was_read_is_kept_until_it_is_about_to_change() {
        let (cache, key) = (Cache::default(), Key::new("p", "a"));
        cache.keep(missed(&cache, "a"), key.clone(), Some(item("a", 1)));
        cache.keep(missed(&cache, "b"), Key::new("p", "b"), None);
        assert_eq!(cache.get(&key), Ok(Some(item("a", 1))));
        cache.begin([&key].into_iter());
        missed(&cache, "a");
        assert_eq!(cache.get(&Key::new("p", "b")), Ok(None));
    }

    #[test]
    fn what_is_read_while_something_is_written_is_not_kept() {
        let (cache, key) = (Cache::default(), Key::new("p", "a"));
        let before = missed(&cache, "a");
        cache.begin([&key].into_iter());
        cache.keep(before, key.clone(), Some(item("a", 1)));
        let meanwhile = missed(&cache, "a");
        cache.keep(meanwhile, key.clone(), Some(item("a", 1)));
        cache.end();
        cache.keep(before, key.clone(), Some(item("a", 1)));
        cache.keep(meanwhile, key.clone(), Some(item("a", 1)));
        cache.keep(missed(&cache, "a"), key.clone(), Some(item("a", 2)));
        assert_eq!(cache.get(&key), Ok(Some(item("a", 2))));
    }

    #[test]
    fn it_does_not_grow_beyond_measure() {
        let cache = Cache::default();
        for number in 0..1_000 {
            let sk = number.to_string();
            cache.keep(missed(&cache, &sk), Key::new("p", &sk), Some(item(&sk, 10_000)));
            assert!(cache.lock().bytes <= MOST);
        }
        assert!(cache.lock().items.len() > 10);
        cache.keep(missed(&cache, "large"), Key::new("p", "large"), Some(item("large", LARGEST)));
        missed(&cache, "large");
    }
}
