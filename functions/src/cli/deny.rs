//! `deny`: say no to a request.

use clap::Args;

use super::decide::Decision;
use super::exit::{Exit, Failure};
use crate::app::App;

/// Say no to a request; one no is enough.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deny 01KXW3M5V2JQ8D0N6T4R7Y9ABC --message \"use staging\"")]
pub(super) struct Deny {
    #[command(flatten)]
    decision: Decision,
}

impl Deny {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        self.decision.send("deny", app).await
    }
}
