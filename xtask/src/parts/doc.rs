//! The documentation.

use super::{Part, always};
use crate::exec;

pub(super) const PART: Part = Part {
    name: "doc",
    about: "the documentation; a broken link is a failure",
    in_verify: true,
    applies: always,
    run: |session| {
        let args = ["doc", "--workspace", "--all-features", "--no-deps", "--keep-going"];
        exec::run(exec::cargo(&session.root, &args).env("RUSTDOCFLAGS", "-D warnings"))
    },
};
