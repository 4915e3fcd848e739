//! The store of one machine: a `SQLite` database in a directory of its own.
//!
//! A write is answered when it is on the disk (`synchronous=FULL`). One caller at a time writes, and
//! all writes that come meanwhile share the next commit. Readers are never in the way.
//! There is no server of databases here, and no second writer: the directory is locked.

mod cache;
mod open;
mod reader;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use countersign::store::{Commit, Item, Key, Page, Query, ReadError, Store, Transaction};

use cache::Cache;

pub use open::OpenError;

/// What to do about a store that is damaged.
const ADVICE: &str = "nothing was changed: stop the server and keep a copy of the whole directory; \
    then put the files of a backup in its place, or repair a copy with \
    `sqlite3 countersign.sqlite .recover`";

/// So many items are read without another thread.
const LITTLE: usize = 200;

/// A store in a directory.
#[derive(Debug)]
pub struct SqliteStore {
    directory: PathBuf,
    readers: reader::Readers,
    /// What was read lately; only where this process is the one that writes.
    cache: Option<Arc<Cache>>,
    // Invariant: the directory stays locked until the writer has ended; fields go in this order.
    writer: Option<writer::Writer>,
    _lock: Option<open::Lock>,
}

impl SqliteStore {
    /// Opens the store in a directory and keeps it locked; creates both where there is nothing.
    ///
    /// # Errors
    ///
    /// Another process has it open, or what is there is not a sound store of this version. It is
    /// left as it was found.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        open::create_directory(directory)?;
        let lock = open::Lock::take(directory)?;
        open::examine_or_create(directory)?;
        let cache = Arc::new(Cache::default());
        let writer = writer::Writer::new(open::for_writing(directory)?, cache.clone());
        Ok(Self {
            directory: directory.to_owned(),
            readers: reader::Readers::new(directory),
            cache: Some(cache),
            writer: Some(writer),
            _lock: Some(lock),
        })
    }

    /// Opens the store in a directory for reading only, also beside a running server.
    ///
    /// # Errors
    ///
    /// There is none, or it is not a sound store of this version.
    pub fn open_read_only(directory: &Path) -> Result<Self, OpenError> {
        open::examine(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            readers: reader::Readers::new(directory),
            cache: None,
            writer: None,
            _lock: None,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The partitions whose names start so, in order, at most so many, after this one.
    ///
    /// # Errors
    ///
    /// It is damaged, or cannot be read.
    pub async fn partitions(
        &self,
        prefix: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<String>, ReadError> {
        let prefix = prefix.to_owned();
        self.readers
            .read(move |connection| reader::partitions(connection, &prefix, after, limit))
            .await
    }

    /// Reads all of it and checks that it is sound. It takes a second or so for each gigabyte;
    /// opening a store does not do it.
    ///
    /// # Errors
    ///
    /// It is damaged, or cannot be read.
    pub async fn check_integrity(&self) -> Result<(), ReadError> {
        self.readers.read(reader::check_integrity).await
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // So that the writer is the last to leave the database, and tidies up.
        self.readers.close();
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, key: &Key) -> Result<Option<Item>, ReadError> {
        let missed = match self.cache.as_ref().map(|cache| cache.get(key)) {
            Some(Ok(item)) => return Ok(item),
            Some(Err(missed)) => Some(missed),
            None => None,
        };
        let wanted = key.clone();
        let read = move |connection: &_| reader::get(connection, &wanted);
        let item = self.readers.read_little(read).await?;
        if let (Some(cache), Some(missed)) = (&self.cache, missed) {
            cache.keep(missed, key.clone(), item.clone());
        }
        Ok(item)
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError> {
        let keys = keys.to_vec();
        self.readers.read(move |connection| reader::get_many(connection, &keys)).await
    }

    async fn query(&self, query: &Query) -> Result<Page, ReadError> {
        let is_little = query.limit <= LITTLE;
        let query = query.clone();
        let read = move |connection: &_| reader::query(connection, &query);
        if is_little { self.readers.read_little(read).await } else { self.readers.read(read).await }
    }

    async fn write(&self, transaction: &Transaction) -> Commit {
        match (transaction.check(), &self.writer) {
            (Err(why), _) => Commit::Invalid(why),
            (Ok(()), None) => Commit::Invalid("the store was opened for reading only".to_owned()),
            (Ok(()), Some(writer)) => writer.write(transaction.clone()).await,
        }
    }

    async fn write_ahead(&self, transaction: &Transaction) -> Commit {
        match (transaction.check(), &self.writer) {
            (Ok(()), Some(writer)) => {
                writer.write_ahead(transaction.clone()).await;
                Commit::Committed
            }
            _ => self.write(transaction).await,
        }
    }
}

/// Whether an error says that the file makes no sense.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => {
            matches!(code, rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
        }
        // What was read is not of the type that was written.
        None => matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..)
        ),
    }
}

/// An error, with what to do about it.
fn describe(error: &rusqlite::Error) -> String {
    if is_damage(error) { format!("{error}; {ADVICE}") } else { error.to_string() }
}
