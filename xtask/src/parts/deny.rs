//! What we may depend on: `deny.toml`.

use super::{Part, always};
use crate::exec;
use crate::report::Outcome;
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
    if !exec::cargo_has(&session.root, "deny") {
        return session.skip(
            "licences and banned crates: cargo-deny is not installed; \
             `cargo install --locked cargo-deny`, then `cargo xtask deny`",
        );
    }
    let args = ["deny", "check", "licenses", "bans", "sources"];
    exec::run(&mut exec::cargo(&session.root, &args))
}
