//! Writing: one connection, and everything that waits is committed at once.
//!
//! A commit costs one `fdatasync`, however many transactions share it. Whoever comes while nobody
//! writes, writes for all who wait, on their own thread: no other has to be woken. Whoever comes
//! meanwhile waits for the next commit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use countersign::store::{Commit, Expect, Transaction, Write};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::cache::Cache;
use super::{ADVICE, describe, is_damage, reader};

/// How many transactions may wait; the next callers wait for a place.
const QUEUE: usize = 1024;

/// The most transactions in one commit, and about the most bytes.
const GROUP: usize = 512;
const GROUP_BYTES: usize = 4 << 20;

/// What nobody waits for is written with the next commit, and by itself after this time.
const ALONE: Duration = Duration::from_millis(5);

/// With so many pages in the log, 16 MiB, they are copied into the database. A page that was
/// written often is copied once, so a longer log costs less; a crash leaves it to be read.
const LOG_PAGES: i64 = 4_000;

#[derive(Debug)]
pub(super) struct Writer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// What waits to be written, in order.
    queue: Mutex<VecDeque<Job>>,
    places: Arc<Semaphore>,
    /// Held by whoever writes.
    file: Mutex<WriterFile>,
    cache: Arc<Cache>,
}

#[derive(Debug)]
struct Job {
    transaction: Transaction,
    /// `None`: nobody waits for it.
    answer: Option<oneshot::Sender<Commit>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Writer {
    pub(super) fn new(connection: Connection, cache: Arc<Cache>) -> Self {
        let file = WriterFile { connection, is_damaged: false };
        Self(Arc::new(Shared {
            queue: Mutex::default(),
            places: Arc::new(Semaphore::new(QUEUE)),
            file: Mutex::new(file),
            cache,
        }))
    }

    pub(super) async fn write(&self, transaction: Transaction) -> Commit {
        let (answer, outcome) = oneshot::channel();
        self.queue(transaction, Some(answer)).await;
        if self.0.write_group() {
            // Others came meanwhile. They do not wait for this one's caller.
            let shared = self.0.clone();
            tokio::task::spawn_blocking(move || while shared.write_group() {});
        }
        outcome.await.unwrap_or_else(|_| Commit::Unknown("the writer has stopped".to_owned()))
    }

    /// Has something written before all that is asked for later, or together with it.
    pub(super) async fn write_ahead(&self, transaction: Transaction) {
        self.queue(transaction, None).await;
        let shared = self.0.clone();
        tokio::spawn(async move {
            tokio::time::sleep(ALONE).await;
            if !shared.waiting().is_empty() {
                tokio::task::spawn_blocking(move || while shared.write_group() {});
            }
        });
    }

    async fn queue(&self, transaction: Transaction, answer: Option<oneshot::Sender<Commit>>) {
        // The semaphore is never closed.
        let place = self.0.places.clone().acquire_owned().await.ok();
        self.0.waiting().push_back(Job { transaction, answer, _place: place });
    }
}

impl Drop for Writer {
    /// Leaves nothing queued, and tidies the log away.
    fn drop(&mut self) {
        while self.0.write_group() {}
        self.0.file.lock().unwrap_or_else(PoisonError::into_inner).close();
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits, if nobody else does. Whether more came meanwhile, which is now the
    /// caller's to write.
    fn write_group(&self) -> bool {
        let mut file = match self.file.try_lock() {
            Ok(file) => file,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Whoever holds it looks at the queue again when they have let go of it.
            Err(TryLockError::WouldBlock) => return false,
        };
        let group = self.next_group();
        if !group.is_empty() {
            let writes = group.iter().flat_map(|job| &job.transaction.writes);
            self.cache.begin(writes.map(Write::key));
            let outcomes = file.commit(&group);
            self.cache.end();
            for (job, outcome) in group.into_iter().zip(outcomes) {
                match (job.answer, outcome) {
                    // Whoever stopped waiting does not hear it.
                    (Some(answer), outcome) => drop(answer.send(outcome)),
                    (None, Commit::Committed | Commit::Conflict(_)) => {}
                    (None, outcome) => tracing::error!("something was not kept: {outcome:?}"),
                }
            }
            file.tidy();
        }
        drop(file);
        !self.waiting().is_empty()
    }

    fn next_group(&self) -> Vec<Job> {
        let mut waiting = self.waiting();
        let mut bytes = 0;
        let fits = |job: &&Job| {
            let fits = bytes < GROUP_BYTES;
            bytes += size(&job.transaction);
            fits
        };
        let many = waiting.iter().take(GROUP).take_while(fits).count();
        waiting.drain(..many).collect()
    }
}

#[derive(Debug)]
struct WriterFile {
    connection: Connection,
    /// Nothing is written any more.
    is_damaged: bool,
}

impl WriterFile {
    fn commit(&mut self, group: &[Job]) -> Vec<Commit> {
        let all = |outcome: &Commit| vec![outcome.clone(); group.len()];
        if self.is_damaged {
            return all(&Commit::Unknown(format!("the store is damaged; {ADVICE}")));
        }
        let outcomes = match self.apply(group) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.roll_back();
                return all(&self.not_written(&error));
            }
        };
        match self.run_sql("COMMIT") {
            Ok(()) => outcomes,
            Err(error) => {
                self.note(&error);
                self.roll_back();
                all(&Commit::Unknown(describe(&error)))
            }
        }
    }

    /// Does what each transaction asks for, in one transaction of the database that stays open.
    fn apply(&self, group: &[Job]) -> rusqlite::Result<Vec<Commit>> {
        self.run_sql("BEGIN IMMEDIATE")?;
        group.iter().map(|job| apply(&self.connection, &job.transaction)).collect()
    }

    fn run_sql(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    fn roll_back(&self) {
        // Some errors have rolled back already.
        if !self.connection.is_autocommit()
            && let Err(error) = self.run_sql("ROLLBACK")
        {
            tracing::error!(%error, "the store could not roll back");
        }
    }

    /// What to say of transactions none of which was written.
    fn not_written(&mut self, error: &rusqlite::Error) -> Commit {
        self.note(error);
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked,
            ) => Commit::Throttled,
            _ => Commit::Unknown(describe(error)),
        }
    }

    fn note(&mut self, error: &rusqlite::Error) {
        if is_damage(error) {
            self.is_damaged = true;
            tracing::error!(%error, "the store is damaged and takes no more writes; {ADVICE}");
        } else {
            tracing::error!(%error, "the store could not write");
        }
    }

    /// Copies the log into the database when it is time, so that it begins anew.
    fn tidy(&mut self) {
        if self.is_damaged {
            return;
        }
        let pages = |mode: &str| {
            self.connection
                .prepare_cached(mode)
                .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(1)))
        };
        let tidied = match pages("PRAGMA wal_checkpoint(NOOP)") {
            Ok(in_log) if in_log >= LOG_PAGES => pages("PRAGMA wal_checkpoint(PASSIVE)"),
            other => other,
        };
        if let Err(error) = tidied {
            // Nothing is lost: the log stays, and it is tried again after the next commit.
            self.note(&error);
        }
    }

    fn close(&self) {
        if self.is_damaged {
            return;
        }
        let copied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = copied {
            tracing::warn!(%error, "the store's log was left for the next start");
            return;
        }
        // Closing removes the log, which is empty now. Where that fails, the next start does it.
        let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
    }
}

fn size(transaction: &Transaction) -> usize {
    let size = |write: &Write| match write {
        Write::Put { body, .. } => body.len(),
        Write::Delete { .. } | Write::Check { .. } => 0,
    };
    transaction.writes.iter().map(size).sum()
}

/// Asks for all conditions first and writes then, so that there is nothing to take back.
fn apply(connection: &Connection, transaction: &Transaction) -> rusqlite::Result<Commit> {
    let mut failed = Vec::new();
    for (n, write) in transaction.writes.iter().enumerate() {
        if !holds(connection, write)? {
            failed.push(n);
        }
    }
    if failed.is_empty() {
        for write in &transaction.writes {
            carry_out(connection, transaction, write)?;
        }
        return Ok(Commit::Committed);
    }
    let in_the_way = transaction.writes.iter().enumerate().map(|(n, write)| {
        if failed.contains(&n) { reader::get(connection, write.key()) } else { Ok(None) }
    });
    in_the_way.collect::<rusqlite::Result<_>>().map(Commit::Conflict)
}

fn holds(connection: &Connection, write: &Write) -> rusqlite::Result<bool> {
    if write.expect() == Expect::Anything {
        return Ok(true);
    }
    let version = connection
        .prepare_cached("SELECT version FROM items WHERE pk = ?1 AND sk = ?2")?
        .query_row([&write.key().pk, &write.key().sk], |row| reader::version(row, 0))
        .optional()?;
    Ok(write.expect().holds(version))
}

fn carry_out(
    connection: &Connection,
    transaction: &Transaction,
    write: &Write,
) -> rusqlite::Result<()> {
    match write {
        Write::Put { key, body, expect } => {
            let sql = match expect {
                Expect::Absent => "INSERT INTO items VALUES (?1, ?2, 1, ?3, ?4)",
                Expect::Present | Expect::Version(_) => {
                    "UPDATE items SET version = version + 1, token = ?3, body = ?4 \
                     WHERE pk = ?1 AND sk = ?2"
                }
                Expect::Anything => {
                    "INSERT INTO items VALUES (?1, ?2, 1, ?3, ?4) ON CONFLICT DO UPDATE \
                     SET version = version + 1, token = excluded.token, body = excluded.body"
                }
            };
            let values = [&key.pk, &key.sk, &transaction.token.0, body];
            connection.prepare_cached(sql)?.execute(values)?;
        }
        Write::Delete { key, .. } => {
            connection
                .prepare_cached("DELETE FROM items WHERE pk = ?1 AND sk = ?2")?
                .execute([&key.pk, &key.sk])?;
        }
        Write::Check { .. } => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use countersign::store::{Key, Token};

    use super::*;
    use crate::store::sqlite::open;

    fn transaction(sk: &str) -> Transaction {
        let key = Key::new("p", sk);
        let write = Write::Put { key, body: "x".repeat(20_000), expect: Expect::Absent };
        Transaction { token: Token(sk.to_owned()), writes: vec![write] }
    }

    fn group(names: &[&str]) -> Vec<Job> {
        let job = |sk: &&str| Job { transaction: transaction(sk), answer: None, _place: None };
        names.iter().map(job).collect()
    }

    #[test]
    fn a_full_disk_refuses_the_whole_group_and_the_writer_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        open::examine_or_create(directory.path()).unwrap();
        let connection = open::for_writing(directory.path()).unwrap();
        let mut writer = WriterFile { connection, is_damaged: false };
        let limit = |writer: &WriterFile, pages: u32| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            writer.connection.query_row(&sql, [], |_| Ok(())).unwrap();
        };
        limit(&writer, 10);
        assert_eq!(writer.commit(&group(&["a"])), [Commit::Committed]);
        assert_eq!(writer.commit(&group(&["b", "c"])), [Commit::Throttled, Commit::Throttled]);
        limit(&writer, 1000);
        assert_eq!(writer.commit(&group(&["b", "c"])), [Commit::Committed, Commit::Committed]);
    }

    #[test]
    fn those_who_share_a_commit_see_each_other_in_order() {
        let directory = tempfile::tempdir().unwrap();
        open::examine_or_create(directory.path()).unwrap();
        let connection = open::for_writing(directory.path()).unwrap();
        let mut writer = WriterFile { connection, is_damaged: false };
        let outcomes = writer.commit(&group(&["a", "b", "a"]));
        let [Commit::Committed, Commit::Committed, Commit::Conflict(old)] = &outcomes[..] else {
            panic!("{outcomes:?}");
        };
        assert_eq!(old[0].as_ref().map(|item| item.version), Some(1));
    }
}
