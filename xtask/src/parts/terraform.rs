//! The infrastructure: the Terraform module, its parts, its examples.

mod folders;
mod lint;
mod provider;
mod readme;
mod tool;

use std::path::Path;

use super::Part;
use crate::exec;
use crate::report::Outcome;
use crate::session::Session;
use folders::Folder;
use tool::Terraform;

pub(super) const PART: Part = Part {
    name: "terraform",
    about: "the infrastructure: formatting, READMEs, validity, tests, checkov, parliament",
    in_verify: true,
    applies,
    run,
};

fn applies(root: &Path) -> bool {
    root.join("infra").is_dir()
}

fn run(session: &mut Session) -> Outcome {
    let infra = session.root.join("infra");
    let folders = match folders::below(&infra) {
        Ok(folders) => folders,
        Err(why) => return Outcome::Failed(why),
    };
    if let Err(stale) = readme::check(&folders) {
        return Outcome::Failed(stale);
    }
    match find(&infra) {
        Ok(terraform) => {
            all(&terraform, &infra, &folders, session).err().unwrap_or(Outcome::Passed)
        }
        Err(why) => session.skip(format!("infrastructure: {why}")),
    }
}

/// Terraform with the AWS provider; the error says what is missing, and what to do.
pub(super) fn find(infra: &Path) -> Result<Terraform, String> {
    if exec::on_path("terraform").is_none() {
        return Err("terraform is not installed; install it, then try again".to_owned());
    }
    provider::find(infra).map_err(|why| {
        format!("{why}; name a folder with the AWS provider in TF_PLUGIN_DIR, then try again")
    })
}

/// Every check; the first that fails ends it.
fn all(
    terraform: &Terraform,
    infra: &Path,
    folders: &[Folder],
    session: &mut Session,
) -> Result<(), Outcome> {
    terraform.run(infra, &["fmt", "-check", "-diff", "-recursive"])?;
    for folder in folders {
        terraform.init(&folder.path)?;
        // The tests of a folder begin by validating it.
        let command = if folder.has_tests { "test" } else { "validate" };
        terraform.run(&folder.path, &[command])?;
    }
    lint::all(terraform, infra, session)
}
