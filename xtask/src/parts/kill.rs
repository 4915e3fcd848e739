//! The crash test: a program is killed at any moment, again and again, and loses nothing.

use std::path::Path;

use super::Part;
use crate::exec;
use crate::report::Outcome;
use crate::session::Session;

pub(super) const PART: Part = Part {
    name: "kill",
    about: "the crash test, 5 times [--times N]",
    in_verify: true,
    applies,
    run,
};

/// Enough to notice a rough mistake without holding up `verify`.
const TIMES: u32 = 5;

fn applies(root: &Path) -> bool {
    root.join("tests/src/bin/kill.rs").is_file()
}

fn run(session: &mut Session) -> Outcome {
    if !applies(&session.root) {
        return session.skip("crash test: there is no tests/src/bin/kill.rs");
    }
    let times = session.times.unwrap_or(TIMES).to_string();
    let args = ["run", "--release", "-p", super::TESTS, "--bin", "kill", "--", "--times", &times];
    exec::run(&mut exec::cargo(&session.root, &args))
}
