//! `check`: the settings against the program's flows.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::dev::{find_settings, no_settings};
use super::exit::{Exit, Failure};
use super::print;
use crate::app::App;
use crate::directory;
use crate::settings::{Settings, SettingsError};

/// Hold the settings against the program's flows, and say all that is wrong.
#[derive(Debug, Args)]
#[command(after_help = "It ends with 1 where anything is wrong; warnings alone are no error.

Example:
  check --settings settings.toml")]
pub(super) struct Check {
    /// The settings, as TOML or JSON. Left out: `settings.toml` here, or beside the program's
    /// `Cargo.toml` under `cargo run`.
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_SETTINGS")]
    settings: Option<PathBuf>,
    /// Print what is wrong as JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self, app: &App) -> Result<Exit, Failure> {
        let path = self.settings.or_else(find_settings);
        let path = path.ok_or_else(|| Failure::Usage(no_settings()))?;
        let (errors, warnings, settings) = match Settings::read(&path) {
            Ok(settings) => (app.check(&settings), settings.warnings(), Some(settings)),
            Err(errors) => (errors.into_iter().collect(), Vec::new(), None),
        };
        let (stand_ins, unusable) = match settings.as_ref().map(directory::stand_ins) {
            Some(Ok(names)) => (names, Vec::new()),
            Some(Err(wrong)) => (Vec::new(), wrong),
            None => (Vec::new(), Vec::new()),
        };
        let is_well = errors.is_empty() && unusable.is_empty();
        let exit = if is_well { Exit::Done } else { Exit::Error };
        if self.json {
            let list = |all: &[SettingsError]| all.iter().map(as_json).collect::<Vec<_>>();
            let mut wrong = list(&errors);
            wrong.extend(unusable.iter().map(|message| json!({ "message": message })));
            let document = json!({
                "errors": wrong,
                "warnings": list(&warnings),
                "answered_by_directory": stand_ins,
            });
            print::out(&document.to_string())?;
            return Ok(exit);
        }
        for warning in &warnings {
            eprintln!("warning: {}", print::plain(&warning.to_string()));
        }
        for error in &errors {
            eprintln!("error: {}", print::plain(&error.to_string()));
        }
        for wrong in &unusable {
            eprintln!("error: {}", print::plain(wrong));
        }
        if !stand_ins.is_empty() {
            print::out(&format!(
                "answered by `[directory]`, since they have no secret: {}",
                stand_ins.join(", ")
            ))?;
        }
        if let (Some(settings), Exit::Done) = (settings, exit) {
            print::out(&format!(
                "{} fits {}: {}, {}, {}",
                path.display(),
                app.name,
                counted(settings.flows.len(), "flow"),
                counted(settings.targets.len(), "target"),
                counted(settings.users.len(), "user"),
            ))?;
        }
        Ok(exit)
    }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn as_json(error: &SettingsError) -> Value {
    let SettingsError { file, line, column, field, message, hint } = error;
    json!({
        "file": file, "line": line, "column": column,
        "field": field, "message": message, "hint": hint,
    })
}
