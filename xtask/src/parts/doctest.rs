//! Doctests, which nextest does not run.

use super::{Part, always};
use crate::exec;

pub(super) const PART: Part = Part {
    name: "doctest",
    about: "the examples in the documentation",
    in_verify: true,
    applies: always,
    run: |session| {
        let args = ["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"];
        exec::run(&mut exec::cargo(&session.root, &args))
    },
};
