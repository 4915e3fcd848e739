//! `request`: ask for access.

use clap::Args;
use countersign::context::when;
use countersign::desk::Ask;
use countersign::model::{Duration, FlowName, Object, TargetName, Timestamp, UserId};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::client::{Client, Server, Wish, segment};
use super::exit::{Exit, Failure};
use super::follow::{self, SETTLE, Wait};
use super::preview;
use super::print::Clock;
use crate::app::App;

/// Ask for access.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  request infra_access prod-database --duration 1h --reason INC-42 --wait")]
pub(super) struct Request {
    #[command(flatten)]
    asked: Asked,
    /// Wait until access is there or the request is over; with a number, at most so many seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = Wait::FOREVER,
        value_parser = Wait::parse
    )]
    wait: Option<Wait>,
    /// Say what would happen and who would be asked, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Makes the request happen once, however often it is sent.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// What is asked for.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// By which flow.
    flow: FlowName,
    /// For what; may be left out where the flow has only one target.
    target: Option<TargetName>,
    /// For how long, as in `90s`, `30m`, `1h30m` or `2d`; otherwise what the form offers first.
    #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
    duration: Option<Duration>,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// An answer to one of the flow's own fields; several of a list are separated by commas.
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// For somebody else.
    #[arg(long = "for", value_name = "EMAIL", value_parser = UserId::of_mail)]
    requester: Option<UserId>,
    /// When it is to begin: `tomorrow 9:00`, `in 3 hours`, or a time as in RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = start)]
    starts: Option<Timestamp>,
    /// JSON for the flow's functions, or `@` and the name of a file that holds it.
    #[arg(long, value_name = "JSON", value_parser = context)]
    context: Option<Value>,
}

impl Request {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let ask = self.asked.ask(&client).await?;
        if self.dry_run {
            return preview::show(&client, &ask).await;
        }
        let wish = Wish { wait: Some(SETTLE), key: self.key.as_deref() };
        let reply = client.change(Method::POST, "/v1/runs", Some(&ask), wish).await?;
        follow::request(&client, reply, self.wait, app.name).await
    }
}

impl Asked {
    /// As the API takes it.
    pub(super) async fn ask(self, client: &Client) -> Result<Ask, Failure> {
        Ok(Ask {
            target: self.target,
            duration: self.duration,
            reason: self.reason,
            fields: fields(client, &self.flow, self.fields).await?,
            context: self.context.unwrap_or_default(),
            requester: self.requester,
            starts: self.starts,
            ..Ask::new(self.flow)
        })
    }
}

/// `name=value`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        Some(_) | None => Err("write it as NAME=VALUE".to_owned()),
    }
}

fn start(text: &str) -> Result<Timestamp, String> {
    let clock = Clock::local();
    when(text, clock.now(), clock.zone()).map_err(|error| error.to_string())
}

fn context(text: &str) -> Result<Value, String> {
    let read;
    let json = match text.strip_prefix('@') {
        Some(path) => {
            read = std::fs::read_to_string(path)
                .map_err(|error| format!("`{path}` cannot be read: {error}"))?;
            read.as_str()
        }
        None => text,
    };
    serde_json::from_str(json).map_err(|error| format!("it is no JSON: {error}"))
}

/// The part of a form that says what a field takes.
#[derive(Debug, Deserialize)]
struct FormView {
    form: Fields,
}

#[derive(Debug, Deserialize)]
struct Fields {
    fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: countersign::flow::FieldKind,
}

/// Answers as the flow's form takes them. What does not fit is left to the server, which says why.
pub(super) async fn fields(
    client: &Client,
    flow: &FlowName,
    typed: Vec<(String, String)>,
) -> Result<Object, Failure> {
    if typed.is_empty() {
        return Ok(Object::new());
    }
    let path = format!("/v1/flows/{}/form", segment(flow.as_str()));
    let FormView { form } = client.get(&path, &[]).await?.read()?;
    let answer = |(name, text): (String, String)| {
        let field = form.fields.iter().find(|field| field.name == name);
        let value = field.and_then(|field| field.kind.read(&text));
        (name, value.unwrap_or_else(|| Value::from(text)))
    };
    Ok(typed.into_iter().map(answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_name_and_a_value() {
        assert_eq!(pair("ticket=INC=42"), Ok(("ticket".into(), "INC=42".into())));
        assert_eq!(pair("note="), Ok(("note".into(), String::new())));
        assert!(pair("ticket").is_err());
        assert!(pair("=x").is_err());
    }

    #[test]
    fn a_context_is_json() {
        assert_eq!(context("{\"pr\": 7}").unwrap()["pr"], 7);
        assert!(context("pr 7").unwrap_err().starts_with("it is no JSON"));
        assert!(context("@/no/such/file").unwrap_err().contains("cannot be read"));
    }
}
