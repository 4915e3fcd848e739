//! Benchmarks. They are for people who compare; a busy machine must not fail `verify`.

use std::path::Path;

use super::Part;
use crate::exec;
use crate::report::Outcome;
use crate::session::Session;

pub(super) const PART: Part =
    Part { name: "bench", about: "the benchmarks", in_verify: false, applies, run };

fn applies(root: &Path) -> bool {
    root.join("tests/benches").is_dir()
}

fn run(session: &mut Session) -> Outcome {
    if !applies(&session.root) {
        return session.skip("benchmarks: there is no folder tests/benches/ yet");
    }
    exec::run(&mut exec::cargo(&session.root, &["bench", "-p", super::TESTS]))
}
