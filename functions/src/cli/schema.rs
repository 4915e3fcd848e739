//! `schema`: the JSON Schema of the settings.

use clap::Args;

use super::exit::{Exit, Failure};
use super::print;
use crate::settings::schema;

/// Print the JSON Schema of the settings, for editors.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  schema > settings.schema.json")]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let Self {} = self;
        let text = serde_json::to_string_pretty(&schema());
        print::out(&text.map_err(|error| Failure::error(&error))?)?;
        Ok(Exit::Done)
    }
}
