//! checkov and parliament: two Python programs, in an environment of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Found, Piece, cache};
use crate::exec;

/// The environment's Python.
pub(crate) const LINTERS: &str = "COUNTERSIGN_LINTERS";

const PACKAGES: [&str; 2] = ["checkov==3.3.30", "parliament==1.6.4"];

pub(super) const PIECE: Piece = Piece {
    name: "linters",
    serves: "checkov and parliament, for the infrastructure",
    installs: "the Python packages checkov and parliament, in an environment of their own (250 MB)",
    remedy: "install Python 3 with its module venv, then `cargo xtask rig`",
    find,
    install,
};

fn find() -> Result<Found, String> {
    let python = python(&cache::folder(PIECE.name)?);
    let ask = "from importlib.metadata import version as of; \
               import checkov, parliament; \
               print('checkov==' + of('checkov'), 'parliament==' + of('parliament'))";
    let version = exec::first_line(Command::new(&python).args(["-c", ask]))
        .ok_or("there is no environment with checkov and parliament")?;
    if version != PACKAGES.join(" ") {
        return Err(format!("there is {version}, not {}", PACKAGES.join(" ")));
    }
    Ok(Found { version, env: vec![(LINTERS, python)] })
}

fn install(folder: &Path) -> Result<(), String> {
    // Half an environment from an earlier try would be in the way.
    std::fs::remove_dir_all(folder.join("python")).ok();
    let environment = folder.join("python");
    passed(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let mut pip = Command::new(python(folder));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    passed(pip.args(PACKAGES))
}

fn python(folder: &Path) -> PathBuf {
    let programs = if cfg!(windows) { "Scripts" } else { "bin" };
    folder.join("python").join(programs).join(format!("python{}", std::env::consts::EXE_SUFFIX))
}

fn passed(command: &mut Command) -> Result<(), String> {
    match exec::run(command) {
        crate::report::Outcome::Failed(why) => Err(why),
        crate::report::Outcome::Passed | crate::report::Outcome::Skipped => Ok(()),
    }
}
