//! The infrastructure.

use std::path::Path;
use std::process::Command;

use super::Part;
use crate::exec;
use crate::report::Outcome;
use crate::session::Session;

pub(super) const PART: Part = Part {
    name: "terraform",
    about: "the infrastructure's formatting",
    in_verify: true,
    applies,
    run,
};

fn applies(root: &Path) -> bool {
    root.join("infra").is_dir()
}

fn run(session: &mut Session) -> Outcome {
    if !applies(&session.root) {
        return session.skip("infrastructure: there is no folder infra/ yet");
    }
    if exec::on_path("terraform").is_none() {
        return session.skip(
            "infrastructure: terraform is not installed; \
             install it, then `cargo xtask terraform`",
        );
    }
    let mut command = Command::new("terraform");
    command.args(["fmt", "-check", "-recursive", "infra"]).current_dir(&session.root);
    exec::run(&mut command)
}
