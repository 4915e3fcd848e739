//! Packages from npm, each set in a folder of its own in the rig's folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache;
use crate::exec;
use crate::report::Outcome;

const COMPLETE: &str = "complete";

/// Where packages are after [`install`]. The folder is named after what is in it, so that another version
/// is another folder.
pub(super) fn folder(piece: &str, packages: &[&str]) -> Option<PathBuf> {
    let folder = cache::place(piece)?.join(name(packages)).canonicalize().ok()?;
    // What is in it runs on Node.
    exec::first_line(Command::new(exec::on_path("node")?).arg("--version"))?;
    folder.join(COMPLETE).is_file().then_some(folder)
}

/// Installs packages of exactly these versions, and none of their scripts is run.
pub(super) fn install(folder: &Path, packages: &[&str]) -> Result<(), String> {
    let npm = exec::on_path("npm").ok_or("there is no npm")?;
    let folder = folder.join(name(packages));
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        // Half of an earlier try would be in the way.
        std::fs::remove_dir_all(&folder).map_err(told)?;
    }
    std::fs::create_dir_all(&folder).map_err(told)?;
    let mut install = Command::new(npm);
    install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"]);
    install.arg("--prefix").arg(&folder).args(packages);
    match exec::run(&mut install) {
        Outcome::Failed(why) => return Err(why),
        Outcome::Passed | Outcome::Skipped => {}
    }
    // Written last: an installation that was broken off is begun again.
    std::fs::File::create(folder.join(COMPLETE)).map(drop).map_err(told)
}

fn name(packages: &[&str]) -> String {
    let plain = |package: &&str| package.trim_start_matches('@').replace(['/', '@'], "-");
    packages.iter().map(plain).collect::<Vec<_>>().join("+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_another_folder() {
        assert_eq!(
            name(&["@slack/types@3.2.0", "typescript@7.0.2"]),
            "slack-types-3.2.0+typescript-7.0.2"
        );
    }
}
