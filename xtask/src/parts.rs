//! The parts of `cargo xtask verify`, one file each.

mod bench;
mod deny;
mod deployed;
mod doc;
mod doctest;
mod fmt;
mod fuzz;
mod kill;
mod lint;
mod terraform;
mod test;

use std::path::Path;

use crate::report::Outcome;
use crate::rig;
use crate::session::Session;

/// Something that can be checked, alone or with the others.
pub(crate) struct Part {
    /// Its command.
    pub(crate) name: &'static str,
    /// One line for the usage.
    pub(crate) about: &'static str,
    /// Whether `verify` runs it.
    pub(crate) in_verify: bool,
    /// Whether the workspace has anything for it. A part that does not apply is left out of
    /// `verify` without a word: nothing is missing.
    pub(crate) applies: fn(&Path) -> bool,
    /// Runs it.
    pub(crate) run: fn(&mut Session) -> Outcome,
}

/// Quick parts first, so that small mistakes are told early; the rig before everything, since it
/// may take the network and the tests wait for it.
pub(crate) const ALL: &[Part] = &[
    rig::PART,
    fmt::PART,
    lint::PART,
    test::PART,
    doctest::PART,
    doc::PART,
    deny::PART,
    terraform::PART,
    deployed::PART,
    kill::PART,
    fuzz::PART,
    bench::PART,
];

/// The package that holds the whole stories, the crash test and the benchmarks.
pub(crate) const TESTS: &str = "countersign-tests";

/// For parts that always apply.
pub(crate) fn always(_: &Path) -> bool {
    true
}
