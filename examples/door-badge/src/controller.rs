//! The system that access is given in: which badges open which doors, in a file to look at.
//!
//! It stands for whatever one has. Its rules are the usual ones: to open is to begin a session with
//! a number of its own, and a session that is closed stays closed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use countersign::serde::{Deserialize, Serialize};
use countersign::serde_json;

/// A door controller with its file.
#[derive(Debug)]
pub(crate) struct Controller {
    file: PathBuf,
    one_at_a_time: Mutex<()>,
}

/// What stands in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(crate = "countersign::serde", deny_unknown_fields)]
struct Doors {
    /// The number of the last session.
    last: u64,
    /// The sessions that are open, by their numbers.
    open: BTreeMap<u64, Session>,
}

/// A badge opens a door.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "countersign::serde", deny_unknown_fields)]
struct Session {
    door: String,
    badge: String,
}

impl Controller {
    pub(crate) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), one_at_a_time: Mutex::default() }
    }

    /// Opens a door for a badge. If it is open already, that session is the answer.
    pub(crate) fn open(&self, door: &str, badge: &str) -> io::Result<u64> {
        self.change(|doors| {
            if let Some(number) = doors.session(door, badge) {
                return number;
            }
            doors.last += 1;
            let session = Session { door: door.to_owned(), badge: badge.to_owned() };
            doors.open.insert(doors.last, session);
            doors.last
        })
    }

    /// Ends a session. One that has ended stays so.
    pub(crate) fn close(&self, session: u64) -> io::Result<()> {
        self.change(|doors| drop(doors.open.remove(&session)))
    }

    /// The session in which a badge opens a door, if there is one.
    pub(crate) fn session(&self, door: &str, badge: &str) -> io::Result<Option<u64>> {
        Ok(self.read()?.session(door, badge))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Doors) -> T) -> io::Result<T> {
        let _only_me = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let mut doors = self.read()?;
        let answer = change(&mut doors);
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        // Whoever reads meanwhile sees the file before or after, never half of it.
        let new = self.file.with_extension("new");
        fs::write(&new, serde_json::to_string_pretty(&doors)?)?;
        fs::rename(new, &self.file)?;
        Ok(answer)
    }

    fn read(&self) -> io::Result<Doors> {
        match fs::read_to_string(&self.file) {
            Ok(text) => Ok(serde_json::from_str(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Doors::default()),
            Err(error) => Err(error),
        }
    }
}

impl Doors {
    fn session(&self, door: &str, badge: &str) -> Option<u64> {
        let is_it = |session: &Session| session.door == door && session.badge == badge;
        self.open.iter().find(|(_, session)| is_it(session)).map(|(number, _)| *number)
    }
}
