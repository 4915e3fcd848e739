//! Opening a store: its directory, its lock, and whether what is there is ours and sound.
//!
//! A file that is not is never written to. So it is looked at before `SQLite` sees it, and by a
//! connection that cannot write before one that can.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{ADVICE, is_damage};

const DATABASE: &str = "countersign.sqlite";
const LOCK: &str = "countersign.lock";

/// `CSgn`: says that a database is ours.
const APPLICATION_ID: u32 = u32::from_be_bytes(*b"CSgn");

/// The layout that this version reads and writes. Layouts are numbered from 1.
const LAYOUT: u32 = 1;

/// A table with an index beside it, and not one ordered by its key: bodies would fill the pages
/// of its order, so that each transaction would touch and log more of them.
const SCHEMA: &str = "CREATE TABLE items (
    pk TEXT NOT NULL,
    sk TEXT NOT NULL,
    version INTEGER NOT NULL,
    token TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
) STRICT";

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "the store in `{}` is in use by {}: stop that process first, or choose another directory",
        directory.display(),
        process.as_ref().map_or("another process".to_owned(), |id| format!("process {id}"))
    )]
    InUse {
        /// Where.
        directory: PathBuf,
        /// Which process, if it said so.
        process: Option<u32>,
    },
    /// There is none.
    #[error("there is no store in `{}`", directory.display())]
    Missing {
        /// Where.
        directory: PathBuf,
    },
    /// A database of another program.
    #[error(
        "`{}` is a database of another program and was left as it is: choose another directory",
        path.display()
    )]
    NotOurs {
        /// Which file.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error(
        "`{}` has layout {found}, and this version knows layouts up to {LAYOUT}: start a later \
         version",
        path.display()
    )]
    TooNew {
        /// Which file.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// It makes no sense.
    #[error("`{}` is damaged ({what}); {ADVICE}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// It may be sound, but the database could not be opened.
    #[error("could not open the database `{}`", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A file or directory could not be read or made.
    #[error("could not read or write `{}`", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    fn database(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        move |source| {
            if is_damage(&source) {
                Self::Damaged { path: path.to_owned(), what: source.to_string() }
            } else {
                Self::Database { path: path.to_owned(), source }
            }
        }
    }

    fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }
}

/// Makes the directory, for nobody else to read, if there is none.
pub(super) fn create_directory(directory: &Path) -> Result<(), OpenError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(OpenError::io(directory))
}

/// Keeps every other process out for as long as it lives. The operating system gives it up when
/// the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(LOCK);
        let mut file = private(OpenOptions::new().create(true).truncate(false))
            .open(&path)
            .map_err(OpenError::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Whoever holds it may not have written its number yet.
                let _ = file.read_to_string(&mut holder);
                let process = holder.trim().parse().ok();
                return Err(OpenError::InUse { directory: directory.to_owned(), process });
            }
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path, source }),
        }
        let sign = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        sign(&mut file).map_err(OpenError::io(&path))?;
        Ok(Self { _file: file })
    }
}

/// For reading and writing, and for nobody else.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.read(true).write(true)
}

/// Sees to it that there is a sound database. The directory is locked.
pub(super) fn examine_or_create(directory: &Path) -> Result<(), OpenError> {
    match examine(directory) {
        Err(OpenError::Missing { .. }) => create(directory),
        found => found,
    }
}

/// Whether there is a sound database of ours.
pub(super) fn examine(directory: &Path) -> Result<(), OpenError> {
    let path = directory.join(DATABASE);
    examine_header(directory, &path)?;
    let connection = for_reading(directory).map_err(OpenError::database(&path))?;
    let number = |pragma: &str| -> Result<u32, OpenError> {
        connection
            .pragma_query_value(None, pragma, |row| row.get(0))
            .map_err(OpenError::database(&path))
    };
    judge(&path, number("application_id")?, number("user_version")?)?;
    let schema: String = connection
        .query_row(
            "SELECT group_concat(sql, '; ') FROM sqlite_schema WHERE sql IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .map_err(OpenError::database(&path))?;
    if schema == SCHEMA {
        Ok(())
    } else {
        Err(OpenError::damaged(&path, "its tables are not those of a store"))
    }
}

/// Looks at the file before `SQLite` does, which might tidy up what belongs to somebody else.
fn examine_header(directory: &Path, path: &Path) -> Result<(), OpenError> {
    let mut header = [0; 100];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read.map_err(|error| (error.kind(), error)) {
        Ok(()) => {}
        Err((io::ErrorKind::NotFound, _)) => {
            let log = directory.join(format!("{DATABASE}-wal"));
            return Err(if log.exists() {
                OpenError::damaged(path, "it is gone, but its log is there")
            } else {
                OpenError::Missing { directory: directory.to_owned() }
            });
        }
        Err((io::ErrorKind::UnexpectedEof, _)) => {
            return Err(OpenError::damaged(path, "it is too short"));
        }
        Err((_, source)) => return Err(OpenError::Io { path: path.to_owned(), source }),
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(OpenError::damaged(path, "it is no SQLite database"));
    }
    let number = |at: usize| {
        header
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |four| u32::from_be_bytes(*four))
    };
    judge(path, number(68), number(60))
}

fn judge(path: &Path, application_id: u32, layout: u32) -> Result<(), OpenError> {
    if application_id != APPLICATION_ID {
        Err(OpenError::NotOurs { path: path.to_owned() })
    } else if layout > LAYOUT {
        Err(OpenError::TooNew { path: path.to_owned(), found: layout })
    } else if layout == LAYOUT {
        Ok(())
    } else {
        Err(OpenError::damaged(path, format!("there is no layout {layout}")))
    }
}

/// Makes the database beside its place and moves it there when it is whole, so that a crash never
/// leaves half of one.
fn create(directory: &Path) -> Result<(), OpenError> {
    let unfinished = directory.join(format!("{DATABASE}.new"));
    let journal = directory.join(format!("{DATABASE}.new-journal"));
    for leftover in [&unfinished, &journal] {
        match std::fs::remove_file(leftover) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::Io { path: leftover.clone(), source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    private(OpenOptions::new().create_new(true))
        .open(&unfinished)
        .map_err(OpenError::io(&unfinished))?;
    fill(&unfinished).map_err(OpenError::database(&unfinished))?;
    std::fs::rename(&unfinished, directory.join(DATABASE)).map_err(OpenError::io(directory))?;
    File::open(directory).and_then(|file| file.sync_all()).map_err(OpenError::io(directory))
}

fn fill(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_SIZE};
         PRAGMA synchronous = FULL;
         BEGIN;
         PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {LAYOUT};
         {SCHEMA};
         COMMIT;
         PRAGMA journal_mode = WAL;"
    ))?;
    connection.close().map_err(|(_, error)| error)
}

/// What is read and written at once.
const PAGE_SIZE: u32 = 4096;

/// How long to wait for another program that has the database locked, such as the `sqlite3` shell.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that can write.
pub(super) fn for_writing(directory: &Path) -> Result<Connection, OpenError> {
    let path = directory.join(DATABASE);
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        // The writer copies the log into the database itself, when nobody waits for it, and not
        // at all once the database is damaged.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        keep_plans(&connection)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA foreign_keys = OFF;
             PRAGMA cache_size = -8192;",
        )?;
        Ok(connection)
    };
    open().map_err(OpenError::database(&path))
}

/// A connection that cannot write.
pub(super) fn for_reading(directory: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.join(DATABASE), flags)?;
    connection.busy_timeout(PATIENCE)?;
    keep_plans(&connection)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048;")?;
    Ok(connection)
}

/// A statement is planned once, and not again for every value that is bound to it.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}
