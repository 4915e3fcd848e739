//! `manifest`: what the program is made of.

use clap::Args;

use super::exit::{Exit, Failure};
use super::print;
use crate::app::App;
use crate::manifest::Document;

/// Print what the program is made of, as JSON: flows, fields, strategies.
#[derive(Debug, Args)]
#[command(after_help = "It takes no settings: what it prints depends on the program alone.

Example:
  manifest > manifest.json")]
pub(super) struct Manifest {
    /// It is JSON in any case.
    #[arg(long)]
    json: bool,
}

impl Manifest {
    pub(super) fn run(self, app: &App) -> Result<Exit, Failure> {
        let document = Document::of(app);
        let text = if self.json {
            serde_json::to_string(&document)
        } else {
            serde_json::to_string_pretty(&document)
        };
        print::out(&text.map_err(|error| Failure::error(&error))?)?;
        Ok(Exit::Done)
    }
}
