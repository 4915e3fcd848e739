//! What others know to look for: checkov reads the configuration, parliament the policies.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use super::tool::Terraform;
use crate::report::Outcome;
use crate::rig;
use crate::session::Session;
use crate::{exec, rig::LINTERS};

/// The test that shows every policy.
const POLICIES: &str = "-filter=tests/policies.tftest.hcl";

pub(super) fn all(
    terraform: &Terraform,
    infra: &Path,
    session: &mut Session,
) -> Result<(), Outcome> {
    rig::look(session);
    let Some(python) = session.rig.env().find(|(name, _)| *name == LINTERS).map(|(_, path)| path)
    else {
        // The rig has said so already.
        return Ok(());
    };
    let python = python.to_owned();
    checkov(&python, infra)?;
    parliament(&python, terraform, infra)
}

fn checkov(python: &Path, infra: &Path) -> Result<(), Outcome> {
    let mut command = Command::new(python);
    command.args(["-m", "checkov.main", "--directory", ".", "--config-file", ".checkov.yaml"]);
    passed(exec::run(command.current_dir(infra)))
}

/// Policies are known only once their parts are put together: by the tests, with a made-up AWS.
fn parliament(python: &Path, terraform: &Terraform, infra: &Path) -> Result<(), Outcome> {
    let runs = terraform.data.join("policies.json");
    let failed = |error: std::io::Error| Outcome::Failed(format!("{}: {error}", runs.display()));
    let mut command = terraform.command(infra);
    command.args(["test", "-json", "-verbose", POLICIES]).stdin(Stdio::null());
    command.stdout(File::create(&runs).map_err(failed)?);
    println!("    $ {} > {}", exec::show(&command), runs.display());
    let status = command.status().map_err(failed)?;
    if !status.success() {
        return Err(Outcome::Failed(format!("`{}` failed", exec::show(&command))));
    }
    let mut command = Command::new(python);
    command.arg("tests/lint_policies.py").arg(&runs).current_dir(infra);
    passed(exec::run(&mut command))
}

fn passed(outcome: Outcome) -> Result<(), Outcome> {
    if outcome == Outcome::Passed { Ok(()) } else { Err(outcome) }
}
