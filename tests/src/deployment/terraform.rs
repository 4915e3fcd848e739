//! Terraform, over a copy of the module: what it writes beside its files is nobody's else.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::group;

/// The variable that names a folder with the provider, where there is one.
const PLUGINS: &str = "TF_PLUGIN_DIR";

/// Terraform takes a minute. What takes as long as this will never end.
const PATIENCE: Duration = Duration::from_mins(8);

/// How often it is seen to.
const LOOK: Duration = Duration::from_millis(50);

/// The module for the emulator, prepared.
pub(super) struct Terraform<'a> {
    folder: PathBuf,
    stop: &'a AtomicBool,
}

impl<'a> Terraform<'a> {
    /// Prepares a copy of the module in `folder`. `None`, and a line that says so, where there is
    /// no Terraform, or no provider.
    pub(super) fn find(folder: &Path, stop: &'a AtomicBool) -> Result<Option<Self>, String> {
        let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
        let copied = copy(&module, &folder.join("infra"));
        copied.map_err(|error| format!("{}: {error}", module.display()))?;
        let terraform = Self::of(folder, stop);
        if let Err(error) = terraform.command(&["version"]).output() {
            println!("skipped: `terraform` does not start: {error}; install it");
            return Ok(None);
        }
        let plugins = std::env::var_os(PLUGINS).filter(|plugins| !plugins.is_empty());
        let mut init = terraform.command(&["init", "-input=false"]);
        init.arg(format!("-backend-config=path={}", folder.join("state.tfstate").display()));
        if let Some(plugins) = &plugins {
            init.arg("-plugin-dir").arg(plugins);
        }
        match terraform.run(init) {
            Err(why) if plugins.is_none() => {
                println!("skipped: the AWS provider cannot be had: {why}");
                println!("skipped: name a folder with it in {PLUGINS}");
                Ok(None)
            }
            outcome => outcome.map(|()| Some(terraform)),
        }
    }

    /// The copy in `folder` that was prepared before.
    pub(super) fn of(folder: &Path, stop: &'a AtomicBool) -> Self {
        Self { folder: folder.to_owned(), stop }
    }

    /// Makes all that the module describes. Nobody else changes anything there, so what was made before
    /// is not looked at again.
    pub(super) fn apply(&self, variables: &[(&str, String)]) -> Result<(), String> {
        let mut apply = self.command(&[
            "apply",
            "-auto-approve",
            "-input=false",
            "-parallelism=20",
            "-refresh=false",
        ]);
        for (name, value) in variables {
            apply.arg("-var").arg(format!("{name}={value}"));
        }
        self.run(apply)
    }

    /// What the module says of it.
    pub(super) fn outputs(&self) -> Result<Value, String> {
        let output = self.command(&["output", "-json"]).output();
        let output = output.map_err(|error| error.to_string())?;
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command
            .args(args)
            .current_dir(self.folder.join("infra/tests/ministack"))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS", "-no-color")
            .env("CHECKPOINT_DISABLE", "1")
            // It may name a file that is not there.
            .env_remove("TF_CLI_CONFIG_FILE")
            .env_remove("AWS_ENDPOINT_URL")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end, or as long as anybody wants that. What it says is told if it fails.
    fn run(&self, mut command: Command) -> Result<(), String> {
        let log = self.folder.join("terraform.log");
        let told = |error: io::Error| format!("terraform: {error}");
        let output = File::create(&log).map_err(told)?;
        command.stdout(output.try_clone().map_err(told)?).stderr(output);
        let status = self.wait(command).map_err(told)?;
        if status.is_some_and(|status| status.success()) {
            return Ok(());
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        let first = said.find("Error:").unwrap_or_default();
        let said: String = said.chars().skip(first).take(4_000).collect();
        let ended = status.map_or_else(|| "was stopped".to_owned(), |status| status.to_string());
        Err(format!("terraform {ended}: {said}"))
    }

    /// `None` if it was stopped.
    fn wait(&self, mut command: Command) -> io::Result<Option<ExitStatus>> {
        // With its plugins.
        group::apart(&mut command);
        let mut child = command.spawn()?;
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if self.stop.load(Ordering::Acquire) || began.elapsed() > PATIENCE {
                group::end(&mut child);
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Copies a folder with all below it, but for what is hidden: Terraform's own files.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&path, &copied)?;
        } else {
            fs::copy(&path, &copied)?;
        }
    }
    Ok(())
}
