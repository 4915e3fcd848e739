//! Tests.

use super::{Part, always};
use crate::report::Outcome;
use crate::session::Session;
use crate::{exec, rig};

pub(super) const PART: Part = Part {
    name: "test",
    about: "all tests but doctests, by nextest where it is installed",
    in_verify: true,
    applies: always,
    run,
};

fn run(session: &mut Session) -> Outcome {
    rig::look(session);
    let args: &[&str] = if exec::cargo_has(&session.root, "nextest") {
        &["nextest", "run", "--workspace", "--all-features"]
    } else {
        println!("    cargo-nextest is not installed; `cargo test` does as well, more slowly");
        // Doctests are a part of their own.
        &["test", "--workspace", "--all-features", "--no-fail-fast", "--lib", "--bins", "--tests"]
    };
    exec::run(exec::cargo(&session.root, args).envs(session.rig.env()))
}
