//! What `approve`, `deny`, `cancel` and `revoke` have in common: a run, a remark, a command.

use clap::Args;
use countersign::model::{Hash, RunId};
use reqwest::Method;
use serde::Serialize;

use super::client::{Server, Wish, segment};
use super::exit::{Exit, Failure};
use super::follow::{self, SETTLE};
use crate::app::App;

/// Which run, and with what remark.
#[derive(Debug, Args)]
pub(super) struct Decision {
    /// The run.
    run: RunId,
    /// Why.
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    message: String,
    /// Makes it happen once, however often it is sent.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Serialize)]
struct Body {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<Hash>,
}

impl Decision {
    pub(super) async fn send(self, verb: &str, app: &App) -> Result<Exit, Failure> {
        self.send_shown(verb, None, app).await
    }

    /// With the hash of what was shown.
    pub(super) async fn send_shown(
        self,
        verb: &str,
        shown: Option<Hash>,
        app: &App,
    ) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let path = format!("/v1/runs/{}/{verb}", segment(self.run.as_str()));
        let body = Body { message: self.message, shown };
        let wish = Wish { wait: Some(SETTLE), key: self.key.as_deref() };
        let reply = client.change(Method::POST, &path, Some(&body), wish).await?;
        follow::command(&client, &reply, app.name)
    }
}
