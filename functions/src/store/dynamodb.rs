//! The store of a deployment on AWS: two `DynamoDB` tables.
//!
//! Entries are in a table of their own, where the functions have no permission to change or delete
//! anything; everything else is in the core table. Both are written in the same transactions.
//! All reads are consistent.
//!
//! A write is one request. Where it certainly was not done, because it met another transaction or too
//! much was asked at once, it is asked again, within the patience of the store; where nobody knows,
//! the caller is told so and repeats it. One's own earlier write is recognised: by `DynamoDB` itself
//! for ten minutes, and by the token of the item that stands in the way for good.

mod item;
mod merge;
mod outcome;
mod pause;
mod read;
mod request;
mod span;
mod tables;
#[cfg(test)]
mod tests;
mod trouble;
mod units;
mod write;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use countersign::store::{Commit, Item, Key, Page, Query, ReadError, Store, Transaction};

pub use tables::{AUDIT_TABLE, NoTable, TABLE, Tables};
pub use units::Units;

use self::read::Reader;
use self::trouble::Trouble;
use self::units::Meter;
use self::write::Writer;
use crate::aws::{Clients, Patience};

/// A store in two tables.
#[derive(Debug)]
pub struct DynamoStore {
    tables: Tables,
    patience: Patience,
    /// Repeats what failed.
    reading: Client,
    /// Does not: a write that is repeated must be judged by what the first became.
    writing: Client,
    meter: Meter,
}

impl DynamoStore {
    /// The store in these tables. Nothing is asked of AWS yet.
    #[must_use]
    pub fn new(clients: &Clients, tables: Tables, patience: Patience) -> Self {
        Self {
            tables,
            patience,
            reading: clients.dynamodb(patience),
            writing: clients.dynamodb_once(patience),
            meter: Meter::default(),
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// What it has cost so far, reckoned by the sizes of what was read and written. Writes that
    /// were refused or repeated count; of an item that is replaced or deleted, the old size, which
    /// `DynamoDB` charges for if it is larger, does not.
    #[must_use]
    pub fn units(&self) -> Units {
        self.meter.reckoned()
    }

    /// What it has cost so far as `DynamoDB` said, which tells nothing about writes that it
    /// refused. Emulators may say nothing at all.
    #[must_use]
    pub fn reported_units(&self) -> Units {
        self.meter.reported()
    }

    const fn trouble(&self) -> Trouble<'_> {
        Trouble { tables: &self.tables, patience: self.patience }
    }

    const fn reader(&self) -> Reader<'_> {
        Reader { client: &self.reading, trouble: self.trouble(), meter: &self.meter }
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn get(&self, key: &Key) -> Result<Option<Item>, ReadError> {
        self.reader().get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError> {
        self.reader().get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, ReadError> {
        self.reader().query(query).await
    }

    async fn write(&self, transaction: &Transaction) -> Commit {
        let writer = Writer { client: &self.writing, trouble: self.trouble(), meter: &self.meter };
        writer.write(transaction).await
    }
}
