//! Debian packages, for pieces that come as such.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::exec;

/// Waits are bounded, so that a dead mirror or another apt costs minutes, not the whole run.
const BOUNDS: [&str; 6] = [
    "-o",
    "Acquire::Retries=3",
    "-o",
    "Acquire::http::Timeout=30",
    "-o",
    "DPkg::Lock::Timeout=120",
];

/// Installs packages, as root or by sudo where it asks no password. What apt prints goes to a log in
/// `folder`.
pub(super) fn install(folder: &Path, packages: &[&str]) -> Result<(), String> {
    if !is_debian(&std::fs::read_to_string("/etc/os-release").unwrap_or_default()) {
        return Err("only on Debian do we know the packages".into());
    }
    let sudo = administrator()?;
    let log = folder.join("apt.log");
    println!("    apt-get's output: {}", log.display());
    let output = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    // Machines made from images often have no package lists, or stale ones.
    apt_get(sudo, &output, &["update"])?;
    apt_get(sudo, &output, &[&["install", "-y", "--no-install-recommends"], packages].concat())
}

/// Derivatives do not count: Ubuntu has packages of these names that hold something else.
fn is_debian(os_release: &str) -> bool {
    os_release.lines().any(|line| matches!(line.trim(), "ID=debian" | "ID=\"debian\""))
}

/// What to put before a command so that it may install packages.
fn administrator() -> Result<&'static [&'static str], String> {
    if exec::first_line(Command::new("id").arg("-u")).as_deref() == Some("0") {
        Ok(&[])
    } else if exec::first_line(Command::new("sudo").args(["-n", "true"])).is_some() {
        Ok(&["sudo", "-n"])
    } else {
        Err("installing packages needs root, or sudo without a password".into())
    }
}

fn apt_get(sudo: &[&str], log: &File, args: &[&str]) -> Result<(), String> {
    let fixed: &[&str] = &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let mut words = [sudo, fixed, &BOUNDS, args].concat().into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).stdin(Stdio::null());
    println!("    $ {}", exec::show(&command));
    let copy = || log.try_clone().map_err(|error| error.to_string());
    match command.stdout(copy()?).stderr(copy()?).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`apt-get {}` failed ({status})", args.join(" "))),
        Err(error) => Err(format!("apt-get did not start: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_itself_and_nothing_like_it() {
        assert!(is_debian("NAME=\"Debian GNU/Linux\"\nID=debian\n"));
        assert!(!is_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(!is_debian(""));
    }
}
