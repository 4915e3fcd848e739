//! Benchmarks. They are for people who compare; a busy machine must not fail `verify`.

use std::path::Path;

use super::Part;
use crate::report::Outcome;
use crate::session::Session;
use crate::{exec, rig};

pub(super) const PART: Part =
    Part { name: "bench", about: "the benchmarks", in_verify: false, applies, run };

fn applies(root: &Path) -> bool {
    root.join("tests/benches").is_dir()
}

fn run(session: &mut Session) -> Outcome {
    if !applies(&session.root) {
        return session.skip("benchmarks: there is no folder tests/benches/ yet");
    }
    rig::look(session);
    let mut bench = exec::cargo(&session.root, &["bench", "-p", super::TESTS]);
    exec::run(bench.envs(session.rig.env()))
}
