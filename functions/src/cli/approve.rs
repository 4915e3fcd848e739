//! `approve`: say yes to a request.

use clap::Args;
use countersign::model::Hash;

use super::decide::Decision;
use super::exit::{Exit, Failure};
use crate::app::App;

/// Say yes to a request.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  approve 01KXW3M5V2JQ8D0N6T4R7Y9ABC --message \"go ahead\"")]
pub(super) struct Approve {
    #[command(flatten)]
    decision: Decision,
    /// The `binding` of the run as you saw it: a request that changed since is not approved.
    #[arg(long, value_name = "HASH")]
    shown: Option<Hash>,
}

impl Approve {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        self.decision.send_shown("approve", self.shown, app).await
    }
}
