//! Lints.

use super::{Part, always};
use crate::exec;

/// All features and all targets: code behind a feature is code.
pub(super) const PART: Part = Part {
    name: "lint",
    about: "lints, by clippy; a warning is a failure",
    in_verify: true,
    applies: always,
    run: |session| {
        let args = ["clippy", "--workspace", "--all-targets", "--all-features", "--keep-going"];
        exec::run(exec::cargo(&session.root, &args).args(["--", "-D", "warnings"]))
    },
};
