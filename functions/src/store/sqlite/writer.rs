//! Writing: one thread, which commits everything that waits at once.
//!
//! A commit costs one `fdatasync`, however many transactions share it. Nobody is made to wait
//! for company: what has come when the thread is free goes.

use std::io;
use std::thread::JoinHandle;

use countersign::store::{Commit, Expect, Transaction, Write};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use tokio::sync::{mpsc, oneshot};

use super::{ADVICE, describe, is_damage, reader};

/// How many transactions may wait; the next callers wait for a place.
const QUEUE: usize = 1024;

/// The most transactions in one commit, and about the most bytes.
const GROUP: usize = 512;
const GROUP_BYTES: usize = 4 << 20;

/// With so many pages in the log, 16 MiB, they are copied into the database. A page that was
/// written often is copied once, so a longer log costs less; a crash leaves it to be read.
const LOG_PAGES: i64 = 4_000;

#[derive(Debug)]
pub(super) struct Writer {
    /// `None`: it is being closed.
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Job {
    transaction: Transaction,
    answer: oneshot::Sender<Commit>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || WriterThread { connection, is_damaged: false }.run(jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(super) async fn write(&self, transaction: Transaction) -> Commit {
        let (answer, outcome) = oneshot::channel();
        let is_queued = match &self.queue {
            Some(queue) => queue.send(Job { transaction, answer }).await.is_ok(),
            None => false,
        };
        match outcome.await {
            Ok(commit) if is_queued => commit,
            Ok(_) | Err(_) => Commit::Unknown("the store's writer has ended".to_owned()),
        }
    }
}

impl Drop for Writer {
    /// Waits until everything queued is on the disk and the log is tidied away.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic in it was reported when it happened, and each caller was answered.
            let _ = thread.join();
        }
    }
}

struct WriterThread {
    connection: Connection,
    /// Nothing is written any more.
    is_damaged: bool,
}

impl WriterThread {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.blocking_recv() {
            let mut bytes = size(&job.transaction);
            let mut group = vec![job];
            while group.len() < GROUP
                && bytes < GROUP_BYTES
                && let Ok(job) = jobs.try_recv()
            {
                bytes += size(&job.transaction);
                group.push(job);
            }
            let outcomes = self.commit(&group);
            for (job, outcome) in group.into_iter().zip(outcomes) {
                // Whoever stopped waiting does not hear it.
                let _ = job.answer.send(outcome);
            }
            self.tidy();
        }
        self.close();
    }

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

    fn close(self) {
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
        let job = |sk: &&str| Job { transaction: transaction(sk), answer: oneshot::channel().0 };
        names.iter().map(job).collect()
    }

    #[test]
    fn a_full_disk_refuses_the_whole_group_and_the_writer_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        open::examine_or_create(directory.path()).unwrap();
        let connection = open::for_writing(directory.path()).unwrap();
        let mut writer = WriterThread { connection, is_damaged: false };
        let limit = |writer: &WriterThread, pages: u32| {
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
        let mut writer = WriterThread { connection, is_damaged: false };
        let outcomes = writer.commit(&group(&["a", "b", "a"]));
        let [Commit::Committed, Commit::Committed, Commit::Conflict(old)] = &outcomes[..] else {
            panic!("{outcomes:?}");
        };
        assert_eq!(old[0].as_ref().map(|item| item.version), Some(1));
    }
}
