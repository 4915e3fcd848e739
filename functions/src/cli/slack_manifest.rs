//! `slack-manifest`: what Slack makes our app from.

use clap::Args;

use super::exit::{Exit, Failure};
use super::print;
use crate::slack::manifest::{Reached, manifest};

/// Print the manifest of the Slack app, as JSON.
#[derive(Debug, Args)]
#[command(
    after_help = "Under https://api.slack.com/apps choose Create New App, From a manifest, and paste it.

Examples:
  slack-manifest --url https://access.acme.test
  slack-manifest --socket"
)]
pub(super) struct SlackManifest {
    /// Where Slack reaches Countersign.
    #[arg(long, value_name = "URL", required_unless_present = "socket", conflicts_with = "socket")]
    url: Option<String>,
    /// Over Socket Mode instead, for a machine that has no address of its own.
    #[arg(long)]
    socket: bool,
    /// What the app is called.
    #[arg(long, default_value = "Countersign", value_parser = name)]
    name: String,
    /// The command that people type.
    #[arg(long, default_value = "/access", value_parser = command)]
    command: String,
    /// It is JSON in any case.
    #[arg(long)]
    json: bool,
}

impl SlackManifest {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let reached = match self.url {
            Some(url) if url.starts_with("https://") => Reached::Url(url),
            Some(url) => {
                let why =
                    format!("Slack reaches nothing at `{url}`: it has to begin with https://");
                return Err(Failure::Usage(why));
            }
            None => Reached::Socket,
        };
        let manifest = manifest(&self.name, &self.command, &reached);
        let text = if self.json {
            serde_json::to_string(&manifest)
        } else {
            serde_json::to_string_pretty(&manifest)
        };
        print::out(&text.map_err(|error| Failure::error(&error))?)?;
        Ok(Exit::Done)
    }
}

fn name(text: &str) -> Result<String, String> {
    let fits = (1..=35).contains(&text.chars().count());
    if fits { Ok(text.to_owned()) } else { Err("it has 1 to 35 characters".to_owned()) }
}

fn command(text: &str) -> Result<String, String> {
    let word = text.strip_prefix('/').unwrap_or_default();
    let fits = (1..=31).contains(&word.len())
        && word
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_".contains(&it));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("it is a slash, and then at most 31 small letters, digits, - and _".to_owned())
    }
}
