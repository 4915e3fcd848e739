//! `preview`: what would happen, who would be asked, and why; the same as `request --dry-run`.

use clap::Args;
use countersign::desk::{Ask, Preview as Previewed};
use countersign::model::TargetName;
use reqwest::Method;

use super::client::{Client, Server, Wish};
use super::exit::{Exit, Failure};
use super::print::{self, for_so_long};
use super::request::Asked;
use super::words;

/// Say what a request would lead to, and send nothing.
#[derive(Debug, Args)]
#[command(after_help = "It ends with 0 where the request would be granted or somebody asked, and \
with 3 where it would
be refused.

Example:
  preview infra_access prod-database --duration 1h --reason INC-42")]
pub(super) struct Preview {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    server: Server,
}

impl Preview {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let ask = self.asked.ask(&client).await?;
        show(&client, &ask).await
    }
}

/// Has a request played through, and says what came of it.
pub(super) async fn show(client: &Client, ask: &Ask) -> Result<Exit, Failure> {
    let reply = client.change(Method::POST, "/v1/preview", Some(ask), Wish::default()).await?;
    let preview: Previewed = reply.read()?;
    if client.json {
        print::out(&reply.body)?;
    } else {
        let name = ask.target.as_ref().map_or(ask.flow.as_str(), TargetName::as_str);
        let what = format!("{name}{}", for_so_long(ask.duration));
        print::out(&words::plan(&preview, &what))?;
    }
    Ok(match preview.would.as_str() {
        "asks" | "automatic" => Exit::Done,
        "denied" | "ignored" => Exit::Refused,
        _ => Exit::Closed,
    })
}
