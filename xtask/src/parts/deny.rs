//! What we may depend on: `deny.toml`.

use std::process::Command;

use super::{Part, always};
use crate::exec;
use crate::report::Outcome;
use crate::rig::{self, CARGO_DENY};
use crate::session::Session;

pub(super) const PART: Part = Part {
    name: "deny",
    about: "licences, banned crates and sources, by cargo-deny",
    in_verify: true,
    applies: always,
    run,
};

/// Advisories stay out: they come over the network and change without a change of ours, so that the
/// same commit would pass today and fail tomorrow.
fn run(session: &mut Session) -> Outcome {
    rig::look(session);
    let Some(program) = session.rig.env().find(|(name, _)| *name == CARGO_DENY) else {
        return session
            .skip("licences and banned crates: there is no cargo-deny; `cargo xtask rig`");
    };
    let mut deny = Command::new(program.1);
    exec::run(deny.args(["check", "licenses", "bans", "sources"]).current_dir(&session.root))
}
