//! `tokens`: tokens of bots, made, listed, taken back.

use clap::{Args, Subcommand};
use countersign::desk::{ListPage, NewToken, Scope, TokenView};
use countersign::model::{CommandId, Duration, UserId};
use reqwest::Method;
use serde::Serialize;

use super::client::{Client, Server, Wish, segment};
use super::exit::{Exit, Failure};
use super::print::{self, Clock};

/// Make, list and take back tokens of bots.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  COUNTERSIGN_TOKEN=$(tokens create ci --scope request --scope read --as root@acme.test)")]
pub(super) struct Tokens {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a token for a bot. It is printed this once, alone on standard output.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  tokens create ci --scope request --scope read --lifetime 30d")]
struct Create {
    /// The bot's name, as in `ci`.
    #[arg(value_name = "BOT", value_parser = bot)]
    bot: UserId,
    /// What it is to be good for: `request`, `revoke` or `read`. There is none for deciding.
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope)]
    scopes: Vec<Scope>,
    /// For how long; otherwise 90 days. A year at the most.
    #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
    lifetime: Option<Duration>,
    /// Makes one token, however often it is sent.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// List all tokens, without the tokens themselves.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  tokens list")]
struct List {
    #[command(flatten)]
    server: Server,
}

/// Take a token back.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  tokens revoke 3f9a1c0b7d2e    the id that `tokens list` shows")]
struct Revoke {
    /// The token's id: not the token itself.
    id: CommandId,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Serialize)]
struct Wanted {
    bot: UserId,
    scopes: Vec<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime: Option<Duration>,
}

impl Tokens {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Create(create) => create.run().await,
            Verb::List(List { server }) => show(&server.client()?).await,
            Verb::Revoke(revoke) => revoke.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let body = Wanted { bot: self.bot, scopes: self.scopes, lifetime: self.lifetime };
        let wish = Wish { wait: None, key: self.key.as_deref() };
        let reply = client.change(Method::POST, "/v1/tokens", Some(&body), wish).await?;
        if client.json {
            print::out(&reply.body)?;
            return Ok(Exit::Done);
        }
        let NewToken { token, view } = reply.read()?;
        eprintln!(
            "token {} for {}, good until {}: keep it well, it is not shown again",
            print::plain(&view.id),
            print::plain(view.bot.as_str()),
            Clock::local().both(view.expires)
        );
        print::out(&print::plain(&token))?;
        Ok(Exit::Done)
    }
}

impl Revoke {
    async fn run(self) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let path = format!("/v1/tokens/{}", segment(self.id.as_str()));
        let reply = client.change(Method::DELETE, &path, None::<&()>, Wish::default()).await?;
        let token: TokenView = reply.read()?;
        print::out(&if client.json { reply.body } else { table(&[token]) })?;
        Ok(Exit::Done)
    }
}

async fn show(client: &Client) -> Result<Exit, Failure> {
    let reply = client.get("/v1/tokens", &[]).await?;
    let page: ListPage<TokenView> = reply.read()?;
    print::out(&if client.json { reply.body } else { table(&page.items) })?;
    Ok(Exit::Done)
}

fn table(tokens: &[TokenView]) -> String {
    if tokens.is_empty() {
        return "no tokens".to_owned();
    }
    let clock = Clock::local();
    let row = |token: &TokenView| {
        let scopes: Vec<_> = token.scopes.iter().map(ToString::to_string).collect();
        let good = match token.revoked {
            Some(revoked) => format!("revoked {}", clock.at(revoked)),
            None => format!("until {}", clock.both(token.expires)),
        };
        vec![token.id.clone(), token.bot.to_string(), scopes.join(", "), good]
    };
    let rows: Vec<_> = tokens.iter().map(row).collect();
    print::table(&["TOKEN", "BOT", "SCOPES", "GOOD"], &rows)
}

fn bot(text: &str) -> Result<UserId, String> {
    let name = if text.starts_with("bot:") { text.to_owned() } else { format!("bot:{text}") };
    UserId::parse(name).map_err(|error| error.to_string())
}

fn scope(text: &str) -> Result<Scope, String> {
    let all = [Scope::Request, Scope::Revoke, Scope::Read];
    all.into_iter()
        .find(|scope| scope.to_string() == text)
        .ok_or_else(|| "it is one of: request, revoke, read".to_owned())
}
