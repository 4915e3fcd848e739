//! `revoke`: end access before its time.

use clap::Args;

use super::decide::Decision;
use super::exit::{Exit, Failure};
use crate::app::App;

/// End access before its time.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  revoke 01KXW3M5V2JQ8D0N6T4R7Y9ABC --message done")]
pub(super) struct Revoke {
    #[command(flatten)]
    decision: Decision,
}

impl Revoke {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        self.decision.send("revoke", app).await
    }
}
