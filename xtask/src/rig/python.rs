//! Programs from `PyPI`, each in an environment of its own in the rig's folder.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cache;
use crate::exec;

/// Waits are bounded, so that a dead registry costs minutes, not the whole run.
const BOUNDS: [&str; 4] = ["--timeout", "30", "--retries", "3"];

/// Where a program is after [`install`]. The environment is named after what is in it, so that
/// another version is another environment.
pub(super) fn program(piece: &str, packages: &[&str], program: &str) -> Option<PathBuf> {
    let environment = cache::place(piece)?.join(name(packages)).canonicalize().ok()?;
    let in_it =
        |name| environment.join(BIN).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    // The Python that it was made with may be gone.
    exec::first_line(Command::new(in_it("python")).arg("--version"))?;
    let program = in_it(program);
    (environment.join(COMPLETE).is_file() && program.is_file()).then_some(program)
}

/// Where a package's files are after an installation; nothing of it is run.
pub(super) fn package(piece: &str, packages: &[&str], name: &str) -> Option<PathBuf> {
    const ASKS: &str = "import importlib.util, sys; \
        print(importlib.util.find_spec(sys.argv[1]).submodule_search_locations[0])";
    let python = program(piece, packages, "python")?;
    exec::first_line(Command::new(python).args(["-c", ASKS, name])).map(PathBuf::from)
}

/// Installs packages of exactly these versions, and not what they need to run: for the files in them.
pub(super) fn install_alone(folder: &Path, packages: &[&str]) -> Result<(), String> {
    install_with(folder, packages, &["--no-deps"])
}

/// Installs packages of exactly these versions, by `uv` where it is there, otherwise by Python
/// itself. What they print goes to a log in `folder`.
pub(super) fn install(folder: &Path, packages: &[&str]) -> Result<(), String> {
    install_with(folder, packages, &[])
}

fn install_with(folder: &Path, packages: &[&str], options: &[&str]) -> Result<(), String> {
    let log = folder.join("install.log");
    println!("    their output: {}", log.display());
    let told = |what: &Path, error| format!("{}: {error}", what.display());
    let output = File::create(&log).map_err(|error| told(&log, error))?;
    let environment = folder.join(name(packages));
    if environment.exists() {
        std::fs::remove_dir_all(&environment).map_err(|error| told(&environment, error))?;
    }
    if let Some(uv) = exec::on_path("uv") {
        run(Command::new(&uv).arg("venv").arg(&environment), &output)?;
        let mut install = Command::new(&uv);
        install.args(["pip", "install", "--python"]).arg(&environment).args(options).args(packages);
        run(&mut install, &output)?;
    } else {
        let python = python()?;
        run(Command::new(python).args(["-m", "venv"]).arg(&environment), &output)?;
        let mut install = Command::new(environment.join(BIN).join("python"));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(install.args(BOUNDS).args(options).args(packages), &output)?;
    }
    // Written last: an installation that was broken off is begun again.
    let complete = environment.join(COMPLETE);
    File::create(&complete).map(drop).map_err(|error| told(&complete, error))
}

const COMPLETE: &str = "complete";

const BIN: &str = if cfg!(windows) { "Scripts" } else { "bin" };

fn name(packages: &[&str]) -> String {
    packages.join("+").replace("==", "-").replace(['[', ']'], "_")
}

/// A Python that is recent enough and can make environments.
fn python() -> Result<PathBuf, String> {
    const ASKS: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let recent =
        |python: &PathBuf| exec::first_line(Command::new(python).args(["-c", ASKS])).is_some();
    let found = ["python3", "python"].into_iter().filter_map(exec::on_path).find(recent);
    found.ok_or_else(|| "there is neither `uv` nor a Python of 3.10 or later with `venv`".into())
}

fn run(command: &mut Command, log: &File) -> Result<(), String> {
    println!("    $ {}", exec::show(command));
    let copy = || log.try_clone().map_err(|error| error.to_string());
    let program = command.get_program().to_owned();
    match command.stdin(Stdio::null()).stdout(copy()?).stderr(copy()?).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` failed ({status})", program.display())),
        Err(error) => Err(format!("`{}` did not start: {error}", program.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_another_environment() {
        assert_eq!(
            name(&["ministack==1.5.33", "cryptography==1"]),
            "ministack-1.5.33+cryptography-1"
        );
    }
}
