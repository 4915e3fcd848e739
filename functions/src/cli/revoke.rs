//! `revoke`: end access before its time.

use clap::Args;
use countersign::desk::{Accepted, ListPage};
use countersign::model::UserId;
use reqwest::Method;
use serde::Serialize;

use super::client::{Server, Wish};
use super::decide::Decision;
use super::exit::{Exit, Failure};
use super::print;
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

/// End all access of somebody, or of everybody. For administrators.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  revoke-all --user ada@acme.test --message \"laptop stolen\"")]
pub(super) struct RevokeAll {
    /// Whose.
    #[arg(
        long,
        value_name = "EMAIL",
        conflicts_with = "everybody",
        required_unless_present = "everybody"
    )]
    user: Option<UserId>,
    /// Everybody's.
    #[arg(long)]
    everybody: bool,
    /// Why.
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    message: String,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    all: bool,
    message: String,
}

impl RevokeAll {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let body = Body { user: self.user, all: self.everybody, message: self.message };
        let wish = Wish::default();
        let reply = client.change(Method::POST, "/v1/grants/revoke", Some(&body), wish).await?;
        if client.json {
            print::out(&reply.body)?;
            return Ok(Exit::Done);
        }
        let ended: ListPage<Accepted> = reply.read()?;
        let runs: Vec<_> = ended.items.iter().map(|it| format!("ENDING {}\n", it.id)).collect();
        let none = || "nobody has any access".to_owned();
        print::out(&if runs.is_empty() { none() } else { runs.concat() })?;
        Ok(Exit::Done)
    }
}
