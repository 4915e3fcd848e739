//! `cancel`: take back a request that is not decided yet.

use clap::Args;

use super::decide::Decision;
use super::exit::{Exit, Failure};
use crate::app::App;

/// Take back a request that is not decided yet.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cancel 01KXW3M5V2JQ8D0N6T4R7Y9ABC")]
pub(super) struct Cancel {
    #[command(flatten)]
    decision: Decision,
}

impl Cancel {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        self.decision.send("cancel", app).await
    }
}
