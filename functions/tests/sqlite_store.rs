//! The store of one machine is a store, lasts, and says what is wrong with its files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on panics")]

use std::path::Path;
use std::sync::Arc;

use countersign::store::{
    Commit, Expect, Item, Key, Query, ReadError, Store, Token, Transaction, Write,
};
use countersign_functions::store::{OpenError, SqliteStore};
use tempfile::TempDir;

fn sqlite() -> std::future::Ready<(Arc<dyn Store>, TempDir)> {
    let directory = tempfile::tempdir().unwrap();
    std::future::ready((Arc::new(SqliteStore::open(directory.path()).unwrap()), directory))
}

mod conformance {
    countersign::store_conformance!(super::sqlite);
}

const DATABASE: &str = "countersign.sqlite";

fn put(sk: &str, body: &str) -> Transaction {
    let write =
        Write::Put { key: Key::new("p", sk), body: body.to_owned(), expect: Expect::Absent };
    Transaction { token: Token(format!("put {sk}")), writes: vec![write] }
}

fn item(sk: &str, body: &str) -> Item {
    Item {
        key: Key::new("p", sk),
        version: 1,
        body: body.to_owned(),
        token: Token(format!("put {sk}")),
    }
}

/// A store with a few hundred items, closed again.
async fn filled() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    for n in 0..300 {
        let commit = store.write(&put(&format!("{n:03}"), &"x".repeat(1000))).await;
        assert_eq!(commit, Commit::Committed);
    }
    directory
}

fn open_error(directory: &Path) -> OpenError {
    SqliteStore::open(directory).map(drop).unwrap_err()
}

/// What is wrong with a file that is opened; it must be left as it is.
fn refusal(directory: &Path) -> OpenError {
    let before = std::fs::read(directory.join(DATABASE)).unwrap();
    let error = open_error(directory);
    SqliteStore::open_read_only(directory).map(drop).unwrap_err();
    assert!(std::fs::read(directory.join(DATABASE)).unwrap() == before, "the file was changed");
    // Looking at it may have made a log, but not put anything into it.
    let log = std::fs::metadata(directory.join("countersign.sqlite-wal"));
    assert_eq!(log.map_or(0, |log| log.len()), 0, "something was written to the log");
    error
}

#[tokio::test]
async fn what_was_written_is_there_when_the_store_is_opened_again() {
    let directory = filled().await;
    let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(files.len(), 2, "the database and the lock: {files:?}");
    let store = SqliteStore::open(directory.path()).unwrap();
    let page = store.query(&Query::of("p").limit(1000)).await.unwrap();
    assert_eq!(page.items.len(), 300);
    assert_eq!(page.items[7], item("007", &"x".repeat(1000)));
    store.check_integrity().await.unwrap();
}

#[tokio::test]
async fn a_log_that_was_cut_off_is_read_as_far_as_it_goes() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    for n in 0..20 {
        store.write(&put(&format!("{n:03}"), &"x".repeat(1000))).await;
    }
    for cut in [0, 1, 5000, 100_000] {
        let crashed = tempfile::tempdir().unwrap();
        std::fs::copy(directory.path().join(DATABASE), crashed.path().join(DATABASE)).unwrap();
        let mut log = std::fs::read(directory.path().join("countersign.sqlite-wal")).unwrap();
        log.truncate(log.len() - cut);
        std::fs::write(crashed.path().join("countersign.sqlite-wal"), log).unwrap();

        let store = SqliteStore::open(crashed.path()).unwrap();
        let items = store.query(&Query::of("p")).await.unwrap().items;
        let expected: Vec<_> =
            (0..items.len()).map(|n| item(&format!("{n:03}"), &"x".repeat(1000))).collect();
        assert_eq!(items, expected);
        assert!((cut == 0) == (items.len() == 20), "{} items after {cut} bytes", items.len());
        store.check_integrity().await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_what_is_stored() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("deep").join("er");
    let store = SqliteStore::open(&directory).unwrap();
    store.write(&put("a", "1")).await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_second_process_is_refused_and_told_which_was_first() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    let error = open_error(directory.path());
    let own = std::process::id();
    assert!(matches!(error, OpenError::InUse { process: Some(id), .. } if id == own), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&directory.path().display().to_string()), "{message}");
    assert!(message.contains(&format!("process {own}: stop that process first")), "{message}");
    assert_eq!(store.write(&put("a", "1")).await, Commit::Committed);
    drop(store);
    SqliteStore::open(directory.path()).unwrap();
}

#[tokio::test]
async fn a_command_may_read_beside_a_running_server_and_not_write() {
    let directory = tempfile::tempdir().unwrap();
    let missing = SqliteStore::open_read_only(directory.path()).map(drop).unwrap_err();
    assert!(matches!(missing, OpenError::Missing { .. }), "{missing:?}");
    let server = SqliteStore::open(directory.path()).unwrap();
    let command = SqliteStore::open_read_only(directory.path()).unwrap();
    server.write(&put("a", "1")).await;
    assert_eq!(command.get(&Key::new("p", "a")).await.unwrap(), Some(item("a", "1")));
    assert!(matches!(command.write(&put("b", "1")).await, Commit::Invalid(_)));
    assert_eq!(server.get(&Key::new("p", "b")).await.unwrap(), None);
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(directory.path().join(DATABASE)).unwrap();
    other.execute_batch("CREATE TABLE items (a); INSERT INTO items VALUES (1)").unwrap();
    other.close().unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, OpenError::NotOurs { .. }), "{error:?}");
}

#[tokio::test]
async fn a_store_of_a_later_version_is_left_alone() {
    let directory = filled().await;
    let later = rusqlite::Connection::open(directory.path().join(DATABASE)).unwrap();
    later.execute_batch("PRAGMA user_version = 9; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    later.close().unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, OpenError::TooNew { found: 9, .. }), "{error:?}");
    assert!(error.to_string().contains("start a later version"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_damaged_from_the_start_is_said_to_be_and_left_alone() {
    let garbage: Vec<u8> = (0..100_000_u32).map(|n| (n * 37 % 251) as u8).collect();
    let sound = filled().await;
    let sound = std::fs::read(sound.path().join(DATABASE)).unwrap();
    let mut other_tables = sound.clone();
    other_tables[100..4096].fill(0xa5);
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("shorter than a header", sound[..60].to_vec()),
        ("only a header", sound[..100].to_vec()),
        ("cut off within its pages", sound[..sound.len() / 2 + 17].to_vec()),
        ("garbage", garbage),
        ("a text", b"# settings\n".repeat(100)),
        ("zeroes", vec![0; 65536]),
        ("garbage after the header", other_tables),
    ] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(DATABASE), bytes).unwrap();
        let error = refusal(directory.path());
        assert!(matches!(error, OpenError::Damaged { .. }), "{what}: {error:?}");
        let message = error.to_string();
        for said in ["is damaged", "nothing was changed", "backup", ".recover"] {
            assert!(message.contains(said), "{what}: {message}");
        }
    }
}

#[tokio::test]
async fn a_log_without_its_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("countersign.sqlite-wal");
    std::fs::write(&log, b"what is left").unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert_eq!(std::fs::read(&log).unwrap(), b"what is left");
    assert!(!directory.path().join(DATABASE).exists());
}

#[tokio::test]
async fn damage_within_is_found_by_whoever_reads_it_and_nothing_more_is_written() {
    let directory = filled().await;
    let path = directory.path().join(DATABASE);
    let mut bytes = std::fs::read(&path).unwrap();
    let beginning = bytes.len() / 4096 / 2 * 4096;
    bytes[beginning..].fill(0xa5);
    std::fs::write(&path, &bytes).unwrap();

    let store = SqliteStore::open(directory.path()).unwrap();
    let error = store.query(&Query::of("p").limit(1000)).await.unwrap_err();
    assert!(matches!(&error, ReadError::Damaged(what) if what.contains("backup")), "{error}");
    let error = store.check_integrity().await.unwrap_err();
    assert!(matches!(error, ReadError::Damaged(_)), "{error}");
    for sk in ["299x", "000x"] {
        let commit = store.write(&put(sk, "1")).await;
        assert!(matches!(&commit, Commit::Unknown(what) if what.contains("backup")), "{commit:?}");
    }
    drop(store);
    assert!(std::fs::read(&path).unwrap() == bytes, "the file was changed");
}
