//! `extend`: ask to keep access for longer.

use clap::Args;
use countersign::model::{Duration, RunId};
use reqwest::Method;
use serde::Serialize;

use super::client::{Server, Wish, segment};
use super::exit::{Exit, Failure};
use super::follow::{self, SETTLE, Wait};
use crate::app::App;

/// Ask to keep access for longer: a request of its own, decided like any other.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  extend 01KXW3M5V2JQ8D0N6T4R7Y9ABC --duration 30m --reason \"still restoring\"")]
pub(super) struct Extend {
    /// The run whose access is to last.
    run: RunId,
    /// How much longer; otherwise as long as was asked for.
    #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
    duration: Option<Duration>,
    /// Why; otherwise for the reason that was given.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Wait until access is prolonged or the request is over; with a number, at most so many
    /// seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = Wait::FOREVER,
        value_parser = Wait::parse
    )]
    wait: Option<Wait>,
    /// Makes the request happen once, however often it is sent.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Serialize)]
struct Longer {
    duration: Option<Duration>,
    reason: String,
}

impl Extend {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let path = format!("/v1/runs/{}/extend", segment(self.run.as_str()));
        let body = Longer { duration: self.duration, reason: self.reason };
        let wish = Wish { wait: Some(SETTLE), key: self.key.as_deref() };
        let reply = client.change(Method::POST, &path, Some(&body), wish).await?;
        follow::request(&client, reply, self.wait, app.name).await
    }
}
