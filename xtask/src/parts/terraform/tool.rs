//! How Terraform is called.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::exec;
use crate::report::Outcome;

/// Terraform, with what it needs to find the provider.
pub(in crate::parts) struct Terraform {
    /// The folder of a plugin mirror, where there is one; otherwise the provider is downloaded.
    pub(super) plugins: Option<PathBuf>,
    /// Where it keeps its files, outside the sources.
    pub(super) data: PathBuf,
}

impl Terraform {
    /// Prepares a folder; state and back ends are nobody's business here.
    pub(super) fn init(&self, folder: &Path) -> Result<(), Outcome> {
        let mut command = self.command(folder);
        command.args(["init", "-backend=false", "-input=false"]);
        if let Some(plugins) = &self.plugins {
            command.arg("-plugin-dir").arg(plugins);
        }
        let shown = exec::show(&command);
        match command.stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(Outcome::Failed(format!("`{shown}` in {}: {said}", folder.display())))
            }
            Err(error) => Err(Outcome::Failed(format!("`{shown}` did not start: {error}"))),
        }
    }

    /// Runs it in a folder that is prepared.
    pub(super) fn run(&self, folder: &Path, args: &[&str]) -> Result<(), Outcome> {
        println!("    {}", folder.display());
        let mut command = self.command(folder);
        command.args(args);
        println!("    $ {}", exec::show(&command));
        match command.stdin(Stdio::null()).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => {
                let (shown, folder) = (exec::show(&command), folder.display());
                Err(Outcome::Failed(format!("`{shown}` failed in {folder}")))
            }
            Err(error) => Err(Outcome::Failed(format!("terraform did not start: {error}"))),
        }
    }

    pub(super) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new("terraform");
        // Paths become one name each, so that no two folders share their files.
        let name = folder.to_string_lossy().replace(['/', '\\', ':'], "-");
        command
            .current_dir(folder)
            .env("TF_DATA_DIR", self.data.join("folders").join(name))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS", "-no-color")
            .env("CHECKPOINT_DISABLE", "1");
        if self.plugins.is_none() {
            // Downloaded once for all folders. There are no lock files that it could break.
            command
                .env("TF_PLUGIN_CACHE_DIR", self.data.join("plugins"))
                .env("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1");
        }
        // Terraform warns at each call of a configuration that is named and not there.
        let configuration = std::env::var_os("TF_CLI_CONFIG_FILE").map(PathBuf::from);
        if configuration.is_some_and(|file| !file.is_file()) {
            command.env_remove("TF_CLI_CONFIG_FILE");
        }
        command
    }
}
