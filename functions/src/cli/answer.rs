//! `answer`: answer the questions of a follow-up.

use clap::Args;
use countersign::desk::RunView;
use countersign::model::RunId;
use reqwest::Method;
use serde_json::json;

use super::client::{Server, Wish, segment};
use super::exit::{Exit, Failure};
use super::follow::{self, SETTLE};
use super::request::{fields, pair};
use crate::app::App;

/// Answer the questions of a follow-up.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  answer 01KXW3M5V2JQ8D0N6T4R7Y9ABC --field summary=\"restored from the backup\"")]
pub(super) struct Answer {
    /// The run.
    run: RunId,
    /// An answer; several of a list are separated by commas.
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// Makes it happen once, however often it is sent.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    server: Server,
}

impl Answer {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let path = format!("/v1/runs/{}", segment(self.run.as_str()));
        let run: RunView = client.get(&path, &[]).await?.read()?;
        let fields = fields(&client, &run.flow, self.fields).await?;
        let wish = Wish { wait: Some(SETTLE), key: self.key.as_deref() };
        let body = json!({ "fields": fields });
        let path = format!("{path}/answer");
        let reply = client.change(Method::POST, &path, Some(&body), wish).await?;
        follow::command(&client, &reply, app.name)
    }
}
