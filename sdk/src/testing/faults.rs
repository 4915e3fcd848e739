//! A store that fails as it is told to, and counts what it is asked.
//!
//! It wraps any other store. What fails, and when, is for the test to say: the closure it gives
//! sees every operation, and may count, follow a script or draw from a seed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::store::{Commit, Item, Key, Page, Query, ReadError, Store, Transaction, Write};

/// What a [`FaultyStore`] is asked.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'a> {
    /// [`Store::get`].
    Get(&'a Key),
    /// [`Store::get_many`].
    GetMany(&'a [Key]),
    /// [`Store::query`].
    Query(&'a Query),
    /// [`Store::write`].
    Write(&'a Transaction),
}

/// What becomes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It goes well.
    None,
    /// A write is refused with [`Commit::Throttled`]; a read is [`ReadError::Unavailable`].
    Throttled,
    /// A write does not happen, and nobody knows: [`Commit::Unknown`]; a read is
    /// [`ReadError::Unavailable`].
    Lost,
    /// A write happens, and nobody knows: [`Commit::Unknown`]. A read is made and then
    /// [`ReadError::Unavailable`].
    AnswerLost,
}

/// What a store was asked so far. Units are those that `DynamoDB` bills.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reads of any kind.
    pub reads: u64,
    /// One for each 4 KiB that a consistent read returned; at least one for each item asked for
    /// and for each query.
    pub read_units: u64,
    /// Writes, whatever came of them.
    pub writes: u64,
    /// One for each KiB of an item put, deleted or checked, the larger of old and new; twice that
    /// in a transaction of more than one. Failed conditions cost as much as those that hold.
    pub write_units: u64,
}

type Decide = Box<dyn FnMut(Operation<'_>) -> Fault + Send>;

/// A store that fails as it is told to.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    decide: Mutex<Decide>,
    counts: Mutex<Counts>,
}

impl FaultyStore {
    /// A store that asks `decide` before each operation what becomes of it.
    pub fn new(
        inner: Arc<dyn Store>,
        decide: impl FnMut(Operation<'_>) -> Fault + Send + 'static,
    ) -> Self {
        Self { inner, decide: Mutex::new(Box::new(decide)), counts: Mutex::default() }
    }

    /// A store that only counts.
    pub fn counting(inner: Arc<dyn Store>) -> Self {
        Self::new(inner, |_| Fault::None)
    }

    /// A store whose writes meet these faults, one after the other, and none after the last;
    /// reads go well.
    pub fn failing_writes(inner: Arc<dyn Store>, faults: impl IntoIterator<Item = Fault>) -> Self {
        let mut faults: std::collections::VecDeque<_> = faults.into_iter().collect();
        Self::new(inner, move |operation| match operation {
            Operation::Write(_) => faults.pop_front().unwrap_or(Fault::None),
            Operation::Get(_) | Operation::GetMany(_) | Operation::Query(_) => Fault::None,
        })
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        *lock(&self.counts)
    }

    /// Counts from zero again, and says what there was.
    pub fn take_counts(&self) -> Counts {
        std::mem::take(&mut lock(&self.counts))
    }

    fn decide(&self, operation: Operation<'_>) -> Fault {
        (lock(&self.decide))(operation)
    }

    async fn read<T>(
        &self,
        operation: Operation<'_>,
        answer: impl Future<Output = Result<T, ReadError>>,
        units: impl FnOnce(&T) -> u64,
    ) -> Result<T, ReadError> {
        lock(&self.counts).reads += 1;
        match self.decide(operation) {
            Fault::Throttled => Err(ReadError::Unavailable("throttled".to_owned())),
            Fault::Lost => Err(ReadError::Unavailable("the question was lost".to_owned())),
            fault @ (Fault::None | Fault::AnswerLost) => {
                let answer = answer.await?;
                lock(&self.counts).read_units += units(&answer);
                match fault {
                    Fault::AnswerLost => {
                        Err(ReadError::Unavailable("the answer was lost".to_owned()))
                    }
                    Fault::None | Fault::Throttled | Fault::Lost => Ok(answer),
                }
            }
        }
    }

    async fn write_units(&self, transaction: &Transaction) -> u64 {
        let mut units = 0;
        for write in &transaction.writes {
            let old = self.inner.get(write.key()).await.ok().flatten();
            let new = match write {
                Write::Put { key, body, .. } => size(key, body, &transaction.token.0),
                Write::Delete { .. } | Write::Check { .. } => 0,
            };
            let size = new.max(old.as_ref().map_or(0, item_size));
            units += size.div_ceil(1024).max(1);
        }
        if transaction.writes.len() > 1 { 2 * units } else { units }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn get(&self, key: &Key) -> Result<Option<Item>, ReadError> {
        let units = |item: &Option<Item>| read_units(item.as_ref().map_or(0, item_size));
        self.read(Operation::Get(key), self.inner.get(key), units).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError> {
        let units = |items: &Vec<Option<Item>>| {
            items.iter().map(|item| read_units(item.as_ref().map_or(0, item_size))).sum()
        };
        self.read(Operation::GetMany(keys), self.inner.get_many(keys), units).await
    }

    async fn query(&self, query: &Query) -> Result<Page, ReadError> {
        let units = |page: &Page| read_units(page.items.iter().map(item_size).sum());
        self.read(Operation::Query(query), self.inner.query(query), units).await
    }

    async fn write(&self, transaction: &Transaction) -> Commit {
        lock(&self.counts).writes += 1;
        match self.decide(Operation::Write(transaction)) {
            Fault::Throttled => Commit::Throttled,
            Fault::Lost => Commit::Unknown("the question was lost".to_owned()),
            fault @ (Fault::None | Fault::AnswerLost) => {
                let units = self.write_units(transaction).await;
                lock(&self.counts).write_units += units;
                let commit = self.inner.write(transaction).await;
                match fault {
                    Fault::AnswerLost => Commit::Unknown("the answer was lost".to_owned()),
                    Fault::None | Fault::Throttled | Fault::Lost => commit,
                }
            }
        }
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore").field("inner", &self.inner).finish_non_exhaustive()
    }
}

fn item_size(item: &Item) -> u64 {
    size(&item.key, &item.body, &item.token.0)
}

/// The bytes of an item as `DynamoDB` counts them: its values, the names of its five attributes
/// (`pk`, `sk`, `version`, `token`, `body`), and a number of up to eleven bytes.
fn size(key: &Key, body: &str, token: &str) -> u64 {
    let values = key.pk.len() + key.sk.len() + body.len() + token.len();
    u64::try_from(values)
        .unwrap_or(u64::MAX)
        .saturating_add("pkskversiontokenbody".len() as u64 + 11)
}

const fn read_units(size: u64) -> u64 {
    match size.div_ceil(4096) {
        0 => 1,
        units => units,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Expect, Token};
    use crate::testing::MemoryStore;

    fn transaction(bodies: &[usize]) -> Transaction {
        let put = |(n, length): (usize, &usize)| Write::Put {
            key: Key::new("p", n.to_string()),
            body: "x".repeat(*length),
            expect: Expect::Anything,
        };
        Transaction {
            token: Token("t".to_owned()),
            writes: bodies.iter().enumerate().map(put).collect(),
        }
    }

    #[tokio::test]
    async fn a_transaction_of_one_costs_a_unit_per_kib_and_a_larger_one_twice_that() {
        let store = FaultyStore::counting(Arc::new(MemoryStore::new()));
        store.write(&transaction(&[100])).await;
        assert_eq!(store.take_counts(), Counts { writes: 1, write_units: 1, ..Counts::default() });
        store.write(&transaction(&[2000])).await;
        assert_eq!(store.take_counts().write_units, 2);
        store.write(&transaction(&[100, 1500])).await;
        assert_eq!(store.take_counts().write_units, 2 * (2 + 2), "the old item was larger");
    }

    #[tokio::test]
    async fn reads_cost_a_unit_per_four_kib_and_at_least_one() {
        let store = FaultyStore::counting(Arc::new(MemoryStore::new()));
        store.write(&transaction(&[100, 9000])).await;
        store.take_counts();
        let keys = ["0", "1", "2"].map(|sk| Key::new("p", sk));
        store.get_many(&keys).await.unwrap();
        assert_eq!(store.take_counts(), Counts { reads: 1, read_units: 5, ..Counts::default() });
        store.query(&Query::of("p")).await.unwrap();
        assert_eq!(store.take_counts().read_units, 3, "a page is counted as a whole");
    }

    #[tokio::test]
    async fn a_store_fails_as_it_is_told_to() {
        let memory = Arc::new(MemoryStore::new());
        let mut faults = [Fault::Throttled, Fault::Lost, Fault::AnswerLost].into_iter();
        let store = FaultyStore::new(memory.clone(), move |_| faults.next().unwrap_or(Fault::None));
        assert_eq!(store.write(&transaction(&[1])).await, Commit::Throttled);
        assert!(matches!(store.write(&transaction(&[1])).await, Commit::Unknown(_)));
        assert_eq!(memory.dump(), []);
        assert!(matches!(store.write(&transaction(&[1])).await, Commit::Unknown(_)));
        assert_eq!(memory.dump().len(), 1);
    }
}
