//! Reading: a few connections that cannot write, each used by one reader at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use countersign::store::{Item, Key, Page, Query, ReadError, Token};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::Semaphore;

use super::open::for_reading;
use super::{describe, is_damage};
use crate::store::range::Range;

/// How many read at the same time.
const READERS: usize = 4;

#[derive(Debug)]
pub(super) struct Readers {
    directory: PathBuf,
    turns: Arc<Semaphore>,
    /// Open connections that nobody uses; opened when they are first needed.
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            turns: Arc::new(Semaphore::new(READERS)),
            idle: Arc::default(),
        }
    }

    /// Reads a few items: here and now, if a connection is at hand. They are mostly in memory, and
    /// another thread would cost ten times what they do.
    pub(super) async fn read_little<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let Ok(turn) = self.turns.try_acquire() else { return self.read(read).await };
        let at_hand = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(connection) = at_hand else {
            drop(turn);
            return self.read(read).await;
        };
        let answer = read(&connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        drop(turn);
        answer.map_err(|error| read_error(&error))
    }

    /// Reads on another thread, since the disk may be slow.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else {
            return Err(ReadError::Unavailable("it is being closed".to_owned()));
        };
        let (idle, directory) = (Arc::clone(&self.idle), self.directory.clone());
        let answer = tokio::task::spawn_blocking(move || {
            let waiting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match waiting {
                Some(connection) => connection,
                None => for_reading(&directory)?,
            };
            let answer = read(&connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(turn);
            answer
        });
        match answer.await {
            Ok(answer) => answer.map_err(|error| read_error(&error)),
            Err(stopped) => Err(ReadError::Unavailable(stopped.to_string())),
        }
    }

    /// Closes the connections that nobody uses.
    pub(super) fn close(&self) {
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn read_error(error: &rusqlite::Error) -> ReadError {
    if is_damage(error) {
        ReadError::Damaged(describe(error))
    } else {
        ReadError::Unavailable(describe(error))
    }
}

pub(super) fn get(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Item>> {
    connection
        .prepare_cached("SELECT sk, version, token, body FROM items WHERE pk = ?1 AND sk = ?2")?
        .query_row([&key.pk, &key.sk], |row| item(&key.pk, row))
        .optional()
}

pub(super) fn get_many(
    connection: &Connection,
    keys: &[Key],
) -> rusqlite::Result<Vec<Option<Item>>> {
    let moment = connection.unchecked_transaction()?;
    let items = keys.iter().map(|key| get(&moment, key)).collect();
    moment.commit()?;
    items
}

pub(super) fn query(connection: &Connection, query: &Query) -> rusqlite::Result<Page> {
    let sql = if query.descending {
        "SELECT sk, version, token, body FROM items WHERE pk = ?1 AND sk >= ?2 AND sk < ?3 \
         ORDER BY sk DESC LIMIT ?4"
    } else {
        "SELECT sk, version, token, body FROM items WHERE pk = ?1 AND sk >= ?2 AND sk < ?3 \
         ORDER BY sk LIMIT ?4"
    };
    let Range { from, to } = Range::of(query);
    // Every blob is larger than every text, so the empty one is the end of all keys.
    let to = to.map_or(rusqlite::types::Value::Blob(Vec::new()), Into::into);
    let limit = query.limit.max(1);
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);

    let mut statement = connection.prepare_cached(sql)?;
    let mut items = statement
        .query_map(params![query.pk, from, to, one_more], |row| item(&query.pk, row))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    Ok(Page { items, more })
}

pub(super) fn partitions(
    connection: &Connection,
    prefix: &str,
    after: Option<String>,
    limit: usize,
) -> rusqlite::Result<Vec<String>> {
    let Range { from, to } = Range::of(&Query::of("").prefix(prefix).after(after));
    let to = to.map_or(rusqlite::types::Value::Blob(Vec::new()), Into::into);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "SELECT DISTINCT pk FROM items WHERE pk >= ?1 AND pk < ?2 ORDER BY pk LIMIT ?3",
        )?
        .query_map(params![from, to, limit], |row| row.get(0))?
        .collect()
}

fn item(pk: &str, row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        key: Key { pk: pk.to_owned(), sk: row.get(0)? },
        version: version(row, 1)?,
        token: Token(row.get(2)?),
        body: row.get(3)?,
    })
}

/// A version, which is never negative.
pub(super) fn version(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let version: i64 = row.get(column)?;
    u64::try_from(version).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, version))
}

pub(super) fn check_integrity(connection: &Connection) -> rusqlite::Result<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        let damage = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Err(rusqlite::Error::SqliteFailure(damage, Some(verdict)))
    }
}
