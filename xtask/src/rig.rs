//! The rig: what the tests need beyond Rust, and where it comes from.
//!
//! Each piece is one file in `rig/` and one entry in [`PIECES`]. A piece that cannot be had here
//! (another operating system, no administrator, no network) fails nothing: the tests that need it
//! skip themselves, since the variables that name it stay unset, and the run says so at its end.

mod apt;
mod browser;
mod cache;
mod contracts;
mod deny;
mod linters;
mod ministack;
mod moto;
mod npm;
mod python;
mod slack;

use std::path::{Path, PathBuf};

use crate::parts::{self, Part};
use crate::report::Outcome;
use crate::session::Session;

pub(crate) use deny::CARGO_DENY;
pub(crate) use linters::LINTERS;
pub(crate) use ministack::NAME as MINISTACK;

pub(crate) const PART: Part = Part {
    name: "rig",
    about: "install what the tests need beyond Rust",
    in_verify: true,
    applies: parts::always,
    run: install,
};

/// Add a piece: its file here in `rig/`, its `mod` above, its entry below.
const PIECES: &[Piece] = &[
    browser::PIECE,
    contracts::OKTA_PIECE,
    contracts::GITHUB_PIECE,
    contracts::PAGERDUTY_PIECE,
    contracts::GOOGLE_PIECE,
    deny::PIECE,
    linters::PIECE,
    ministack::PIECE,
    moto::PIECE,
    slack::TYPES_PIECE,
    slack::SDK_PIECE,
];

/// One thing the tests need.
struct Piece {
    name: &'static str,
    /// What is skipped without it.
    serves: &'static str,
    /// What would be installed, said before it is done.
    installs: &'static str,
    /// What a person can do where we cannot.
    remedy: &'static str,
    /// Looks for it without changing anything; the error says why it is not there.
    find: fn() -> Result<Found, String>,
    /// Installs it; gets a folder of its own for downloads and logs.
    install: fn(&Path) -> Result<(), String>,
}

/// A piece that is there.
struct Found {
    /// Its version, for the log.
    version: String,
    /// The variables by which tests find it.
    env: Vec<(&'static str, PathBuf)>,
}

/// What the rig has found so far.
#[derive(Default)]
pub(crate) struct Rig {
    looked: bool,
    env: Vec<(&'static str, PathBuf)>,
}

impl Rig {
    /// The variables by which tests find their tools.
    pub(crate) fn env(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.env.iter().map(|(name, path)| (*name, path.as_path()))
    }
}

/// Finds the pieces that are there, for tests that run without [`PART`]; installs nothing.
pub(crate) fn look(session: &mut Session) {
    if !session.rig.looked {
        set_up(session, |_| Err("`cargo xtask rig` would try to install it".into()));
    }
}

/// Finds one piece that nothing can be done without; the error says why it is not there.
pub(crate) fn need(session: &mut Session, name: &str) -> Result<(), String> {
    let piece = PIECES.iter().find(|piece| piece.name == name).ok_or("there is no such piece")?;
    let found =
        (piece.find)().map_err(|why| format!("{why}; `cargo xtask rig`, or {}", piece.remedy))?;
    println!("    {}: {}", piece.name, found.version);
    session.rig.env.extend(found.env);
    Ok(())
}

/// Finds every piece, and installs those that are not there.
fn install(session: &mut Session) -> Outcome {
    let complete = set_up(session, |piece| {
        println!("    {}: installing {}", piece.name, piece.installs);
        (piece.install)(&cache::folder(piece.name)?)
    });
    if complete { Outcome::Passed } else { Outcome::Skipped }
}

/// Whether every piece is there in the end.
fn set_up(session: &mut Session, install: impl Fn(&Piece) -> Result<(), String>) -> bool {
    session.rig = Rig { looked: true, env: Vec::new() };
    let mut complete = true;
    for piece in PIECES {
        let found = (piece.find)().or_else(|missing| {
            println!("    {}: {missing}", piece.name);
            install(piece).map_err(|why| format!("{missing}, and {why}"))?;
            (piece.find)()
        });
        match found {
            Ok(found) => {
                println!("    {}: {}", piece.name, found.version);
                session.rig.env.extend(found.env);
            }
            Err(why) => {
                complete = false;
                session.gap(format!("{}: {why}; {}", piece.serves, piece.remedy));
            }
        }
    }
    complete
}
