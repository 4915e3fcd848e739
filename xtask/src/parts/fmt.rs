//! Formatting.

use super::{Part, always};
use crate::exec;

/// Nothing is rewritten: that is `cargo fmt --all`.
pub(super) const PART: Part = Part {
    name: "fmt",
    about: "formatting, by rustfmt",
    in_verify: true,
    applies: always,
    run: |session| exec::run(&mut exec::cargo(&session.root, &["fmt", "--all", "--check"])),
};
