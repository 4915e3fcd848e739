//! `identities`: what everybody is called elsewhere, as a table that goes out and comes in again.

mod changes;
mod sheet;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign::desk::{UserChange, UserView};
use reqwest::Method;
use serde_json::json;

use super::client::{Client, Server, Wish, segment};
use super::exit::{Exit, Failure};
use super::print;
use changes::{Change, Plan};

/// The largest table that is read.
const LARGEST: u64 = 16 << 20;

/// Write out what everybody is called elsewhere as CSV, or read such a table in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  identities export > identities.csv
  identities import identities.csv
  identities import identities.csv --apply")]
pub(super) struct Identities {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Export(Export),
    Import(Import),
}

/// Write what everybody is called elsewhere, as CSV: a row per user, a column per integration.
#[derive(Debug, Args)]
#[command(
    after_help = "A cell that a spreadsheet would take for a formula has a `'` before it; `import` \
takes that away.

Example:
  identities export > identities.csv"
)]
struct Export {
    #[command(flatten)]
    server: Server,
}

/// Read such a table and show what would change; with --apply, change it.
#[derive(Debug, Args)]
#[command(
    after_help = "A user or an integration that the table does not have stays as it is. An empty \
cell takes away what the user is called there, which has to be said: `--deletions 2` means that two are \
meant.

Example:
  identities import identities.csv
  identities import identities.csv --apply --deletions 2"
)]
struct Import {
    /// The table: CSV in UTF-8, with `,` or `;` between its cells.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Change it.
    #[arg(long)]
    apply: bool,
    /// So many identities are to be taken away, neither more nor fewer.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    deletions: usize,
    #[command(flatten)]
    server: Server,
}

impl Identities {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::Export(export) => export.run().await,
            What::Import(import) => import.run().await,
        }
    }
}

impl Export {
    async fn run(self) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let users = everybody(&client).await?;
        if client.json {
            let of = |user: &UserView| json!({ "user": user.id, "identities": user.identities });
            print::out(&json!(users.iter().map(of).collect::<Vec<_>>()).to_string())?;
        } else {
            print::out(sheet::write(&users)?.trim_end())?;
        }
        Ok(Exit::Done)
    }
}

impl Import {
    async fn run(self) -> Result<Exit, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::Error(format!("`{}` cannot be read: {error}", self.file.display()))
        };
        if std::fs::metadata(&self.file).map_err(unreadable)?.len() > LARGEST {
            return Err(Failure::Error(format!("the table has more than {LARGEST} bytes")));
        }
        let bytes = std::fs::read(&self.file).map_err(unreadable)?;
        let sheet = sheet::read(&bytes).map_err(Failure::Error)?;
        let client = self.server.client()?;
        let users = everybody(&client).await?;
        let plan = changes::plan(&sheet, &users).map_err(Failure::Error)?;
        let is_meant = plan.deletions() == self.deletions;
        if self.apply && is_meant {
            carry_out(&client, &plan).await?;
        }
        let is_done = self.apply && is_meant;
        self.show(&client, &plan, is_done)?;
        if self.apply && !is_meant {
            return Err(Failure::Usage(format!(
                "{} identities would be taken away, and --deletions says {}: nothing was changed",
                plan.deletions(),
                self.deletions
            )));
        }
        Ok(Exit::Done)
    }

    fn show(&self, client: &Client, plan: &Plan, is_done: bool) -> Result<(), Failure> {
        if client.json {
            let changes: Vec<_> = plan.changes.iter().map(Change::json).collect();
            return print::out(&json!({ "applied": is_done, "changes": changes }).to_string());
        }
        for change in &plan.changes {
            print::out(&print::plain(&change.to_string()))?;
        }
        for user in &plan.new_users {
            print::out(&format!("{} is new here", print::plain(user.as_str())))?;
        }
        for column in &plan.new_columns {
            let column = print::plain(column);
            print::out(&format!("nobody had a name in {column} so far: is it written right?"))?;
        }
        let (changes, deletions) = (plan.changes.len(), plan.deletions());
        print::out(&match (changes, is_done, self.apply) {
            (0, ..) => "nothing changes".to_owned(),
            (_, true, _) => format!("{changes} changed, {deletions} of them taken away"),
            (_, false, true) => "nothing is changed".to_owned(),
            (_, false, false) if deletions == 0 => {
                format!("{changes} would change: add --apply to change them")
            }
            (_, false, false) => format!(
                "{changes} would change, {deletions} of them be taken away: add --apply \
                 --deletions {deletions} if that is meant"
            ),
        })
    }
}

/// Everybody whom the server knows, by name.
async fn everybody(client: &Client) -> Result<Vec<UserView>, Failure> {
    #[derive(serde::Deserialize)]
    struct Page {
        items: Vec<UserView>,
        next: Option<String>,
    }
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", "200".to_owned())];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: Page = client.get("/v1/users", &query).await?.read()?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// First everybody lets go of what somebody else is called from now on.
async fn carry_out(client: &Client, plan: &Plan) -> Result<(), Failure> {
    for (user, identities) in plan.let_go.iter().chain(&plan.becomes) {
        let path = format!("/v1/users/{}", segment(user.as_str()));
        let change = UserChange { identities: Some(identities.clone()), ..UserChange::default() };
        client.change(Method::PUT, &path, Some(&change), Wish::default()).await?;
    }
    Ok(())
}
