//! The port to the store: items under two-part keys, changed together or not at all.
//!
//! It promises what `DynamoDB` does and no more, so that each adapter is small and one conformance
//! suite (`testing::store`) runs on all: consistent reads of one item, transactions with a
//! condition on each item, and pages of one partition in key order. What the items mean is known
//! to [`engine`](crate::engine) alone.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Where an item is: a partition, and a place in its order. Compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The partition. Not empty.
    pub pk: String,
    /// The place in it. Not empty.
    pub sk: String,
}

impl Key {
    /// A key.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.pk, self.sk)
    }
}

/// Names one write for good. Whoever repeats a write repeats its token, and recognises their own
/// earlier attempt by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Token(pub String);

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where.
    pub key: Key,
    /// 1 when it was created, and one more with every write.
    pub version: u64,
    /// JSON, as it was put.
    pub body: String,
    /// The write that left it so.
    pub token: Token,
}

/// What must hold of an item for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Anything,
    /// It is not there.
    Absent,
    /// It is there, in any version.
    Present,
    /// It is there in this version.
    Version(u64),
}

impl Expect {
    /// Whether it holds of an item of this version; `None`: of no item.
    #[must_use]
    pub const fn holds(self, version: Option<u64>) -> bool {
        match (self, version) {
            (Self::Anything, _) | (Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::Version(expected), Some(found)) => expected == found,
            (Self::Absent, Some(_)) | (Self::Present | Self::Version(_), None) => false,
        }
    }
}

/// One part of a [`Transaction`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Creates or replaces an item.
    Put {
        /// Where.
        key: Key,
        /// JSON, at most [`MAX_BODY`] bytes.
        body: String,
        /// On what condition.
        expect: Expect,
    },
    /// Removes an item; one that is not there stays so.
    Delete {
        /// Where.
        key: Key,
        /// On what condition.
        expect: Expect,
    },
    /// Changes nothing, but asks for a condition.
    Check {
        /// Where.
        key: Key,
        /// What condition.
        expect: Expect,
    },
}

impl Write {
    /// Where.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } | Self::Check { key, .. } => key,
        }
    }

    /// On what condition.
    #[must_use]
    pub const fn expect(&self) -> Expect {
        match self {
            Self::Put { expect, .. } | Self::Delete { expect, .. } | Self::Check { expect, .. } => {
                *expect
            }
        }
    }
}

/// The most that a body may hold: 350 KiB, so that an item with its keys stays below `DynamoDB`'s
/// 400 KB.
pub const MAX_BODY: usize = 350 * 1024;

/// The most writes in one transaction, as in `DynamoDB`.
pub const MAX_WRITES: usize = 100;

/// The most that all bodies of one transaction may hold together, as in `DynamoDB`.
pub const MAX_TOTAL: usize = 4 * 1024 * 1024;

/// Writes that happen together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Names it. A repeated transaction has the same token and the same writes.
    pub token: Token,
    /// At least one, at most [`MAX_WRITES`], no two of one key.
    pub writes: Vec<Write>,
}

impl Transaction {
    /// Whether it can be written at all; the adapters ask before they do anything.
    ///
    /// # Errors
    ///
    /// What is wrong with it: no writes or too many, two of one key, an empty key, a body that is
    /// too large.
    pub fn check(&self) -> Result<(), String> {
        if self.writes.is_empty() || self.writes.len() > MAX_WRITES {
            return Err(format!(
                "a transaction has 1 to {MAX_WRITES} writes, not {}",
                self.writes.len()
            ));
        }
        let size = |write: &Write| match write {
            Write::Put { body, .. } => body.len(),
            Write::Delete { .. } | Write::Check { .. } => 0,
        };
        let total: usize = self.writes.iter().map(size).sum();
        if total > MAX_TOTAL {
            return Err(format!("its bodies have {total} bytes; the most is {MAX_TOTAL}"));
        }
        let mut keys: Vec<_> = self.writes.iter().map(Write::key).collect();
        keys.sort();
        if let Some([twice, _]) = keys.array_windows().find(|[a, b]| a == b) {
            return Err(format!("two writes of `{twice}`"));
        }
        for write in &self.writes {
            let Key { pk, sk } = write.key();
            if pk.is_empty() || sk.is_empty() || pk.len() > 1024 || sk.len() > 1024 {
                return Err(format!("`{}` is no key: each part has 1 to 1024 bytes", write.key()));
            }
            if let Write::Put { body, .. } = write
                && body.len() > MAX_BODY
            {
                return Err(format!(
                    "`{}` has {} bytes; the most is {MAX_BODY}",
                    write.key(),
                    body.len()
                ));
            }
        }
        Ok(())
    }
}

/// What became of a [`Transaction`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    /// It is durable, now or since an earlier attempt of the same token.
    Committed,
    /// A condition did not hold. For each write in order, the item that stood in its way, `None`
    /// where its condition held or there was no item.
    Conflict(Vec<Option<Item>>),
    /// Too much at once: nothing was written; try again later.
    Throttled,
    /// Nobody knows whether it was written: look first, then repeat.
    Unknown(String),
    /// It can never be written.
    Invalid(String),
}

/// The store could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It may pass: a time-out, throttling.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// What is stored makes no sense.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The partition.
    pub pk: String,
    /// Only keys that start so; empty: all.
    pub prefix: String,
    /// Only keys after this one (in the direction of travel): the last key of the page before.
    pub after: Option<String>,
    /// Only keys up to and including this one, upwards; `None`: no end.
    pub until: Option<String>,
    /// From the largest key to the smallest.
    pub descending: bool,
    /// At most so many items; at least 1.
    pub limit: usize,
}

impl Query {
    /// The whole of a partition, upwards, in pages of 100.
    pub fn of(pk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            prefix: String::new(),
            after: None,
            until: None,
            descending: false,
            limit: 100,
        }
    }

    /// Only keys that start so.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Only keys after this one.
    #[must_use]
    pub fn after(mut self, sk: Option<String>) -> Self {
        self.after = sk;
        self
    }

    /// Only keys up to and including this one.
    #[must_use]
    pub fn until(mut self, sk: impl Into<String>) -> Self {
        self.until = Some(sk.into());
        self
    }

    /// From the largest key to the smallest.
    #[must_use]
    pub const fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// At most so many items.
    #[must_use]
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

/// Some items of a partition, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The items.
    pub items: Vec<Item>,
    /// Whether there may be more after the last one.
    pub more: bool,
}

/// The store.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The item under a key, as the last committed write left it.
    async fn get(&self, key: &Key) -> Result<Option<Item>, ReadError>;

    /// Several items, in the order of the keys; not of one moment.
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError>;

    /// Items of one partition in the order of their keys, as the last committed writes left them.
    async fn query(&self, query: &Query) -> Result<Page, ReadError>;

    /// Writes all or nothing.
    async fn write(&self, transaction: &Transaction) -> Commit;

    /// Writes before all that is asked for later, or together with the next write. Where that is
    /// cheaper, this returns before it is done.
    async fn write_ahead(&self, transaction: &Transaction) -> Commit {
        self.write(transaction).await
    }
}

/// Writes until the outcome is known, or until it is clear that it cannot be known now.
///
/// A conflict with one's own earlier write is success: it is recognised by the token of the items
/// that stand in the way. So whoever repeats a transaction after [`Commit::Unknown`] learns what
/// became of it. For that a transaction needs one item that it alone writes: a put on condition of
/// [`Expect::Absent`], or of a version.
pub async fn write_surely(store: &dyn Store, transaction: &Transaction) -> Commit {
    const REPEATS: usize = 3;
    let mut outcome = store.write(transaction).await;
    let mut repeats = 0;
    while let Commit::Unknown(why) = &outcome
        && repeats < REPEATS
    {
        repeats += 1;
        outcome = match store.write(transaction).await {
            // This attempt wrote nothing; the one before it may have.
            Commit::Throttled => Commit::Unknown(why.clone()),
            outcome => outcome,
        };
    }
    match outcome {
        Commit::Conflict(old) if is_own(&old, &transaction.token) => Commit::Committed,
        outcome @ (Commit::Committed
        | Commit::Conflict(_)
        | Commit::Throttled
        | Commit::Unknown(_)
        | Commit::Invalid(_)) => outcome,
    }
}

fn is_own(old: &[Option<Item>], token: &Token) -> bool {
    old.iter().flatten().any(|item| item.token == *token)
}
