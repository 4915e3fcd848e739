//! Starting other programs.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::report::Outcome;

/// A call of cargo in the workspace, as if typed there by hand.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root);
    // `cargo run` describes this package to the program it starts. Some build scripts (ring's is
    // one) look at these variables and would build again after each change from `cargo` to
    // `cargo xtask`.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_a_package) {
            command.env_remove(name);
        }
    }
    command
}

fn describes_a_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || matches!(variable, "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "CARGO")
}

/// Shows the command, runs it and waits. It gets no input: nobody may be there to answer.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = show(command);
    println!("    $ {}{shown}", show_env(command));
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(status) => Outcome::Failed(match status.code() {
            Some(code) => format!("`{shown}` ended with code {code}"),
            None => format!("`{shown}` was killed"),
        }),
        Err(error) => Outcome::Failed(format!("`{shown}` did not start: {error}")),
    }
}

/// Shows the command, runs it and waits; the error says how it failed.
pub(crate) fn pass(command: &mut Command) -> Result<(), String> {
    match run(command) {
        Outcome::Failed(why) => Err(why),
        Outcome::Passed | Outcome::Skipped => Ok(()),
    }
}

/// Shows the command and runs it in the place of this program, so that an interruption is its own
/// affair.
pub(crate) fn hand_over(command: &mut Command) -> Result<(), String> {
    #[cfg(unix)]
    {
        println!("    $ {}{}", show_env(command), show(command));
        let error = std::os::unix::process::CommandExt::exec(command);
        Err(format!("`{}` did not start: {error}", show(command)))
    }
    #[cfg(not(unix))]
    pass(command)
}

/// The folder where cargo puts what it builds, and where all else lies that is made.
pub(crate) fn target(root: &Path) -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").filter(|chosen| !chosen.is_empty());
    root.join(chosen.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// The program's name and its arguments.
pub(crate) fn show(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The variables set for this command alone, as a shell would want them.
fn show_env(command: &Command) -> String {
    let mut shown = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            let _ = write!(shown, "{}='{}' ", name.display(), value.display());
        }
    }
    shown
}

/// The first line a program prints, where it runs and succeeds; used to ask for versions.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Whether cargo has this command, built in or installed.
pub(crate) fn cargo_has(root: &Path, command: &str) -> bool {
    first_line(&mut cargo(root, &[command, "--version"])).is_some()
}

/// Where a program lies on the search path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_does_not_hand_on_this_package() {
        assert!(describes_a_package("CARGO_PKG_VERSION_MAJOR"));
        assert!(describes_a_package("CARGO_MANIFEST_DIR"));
        assert!(!describes_a_package("CARGO_TARGET_DIR"));
        assert!(!describes_a_package("CARGO_HOME"));
    }

    #[test]
    fn a_program_that_is_not_there_fails() {
        let outcome = run(&mut Command::new("no-program-has-this-name"));
        assert!(matches!(outcome, Outcome::Failed(reason) if reason.contains("did not start")));
    }

    #[test]
    fn the_code_of_a_failure_is_told() {
        let outcome = run(&mut cargo(Path::new("."), &["no-such-command"]));
        let expected = "`cargo no-such-command` ended with code 101";
        assert_eq!(outcome, Outcome::Failed(expected.into()));
    }

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").env_remove("CARGO");
        assert_eq!(show(&command), "cargo doc --no-deps");
        assert_eq!(show_env(&command), "RUSTDOCFLAGS='-D warnings' ");
    }

    #[test]
    fn cargo_is_on_the_path() {
        assert!(on_path("cargo").is_some());
        assert_eq!(on_path("no-program-has-this-name"), None);
    }
}
