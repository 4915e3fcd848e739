//! `users`: who there is, and changes of one of them.

use clap::{Args, Subcommand};
use countersign::desk::{UserChange, UserView};
use countersign::model::{Identity, Role, UserId};
use reqwest::Method;

use super::client::{Client, Server, Wish, segment};
use super::exit::{Exit, Failure};
use super::print;
use super::source::{Page, Part, Place, Source, list};

/// List the users who have been here, or change one of them.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  users
  users set ada@acme.test --role admin --identity slack:T0ACME=U01ADA")]
pub(super) struct Users {
    #[command(subcommand)]
    change: Option<Change>,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum Change {
    Set(Set),
}

/// Change what is stored of a user. What is left out stays.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  users set eve@acme.test --deactivate")]
struct Set {
    /// Who, by mail address.
    #[arg(value_name = "EMAIL", value_parser = UserId::of_mail)]
    user: UserId,
    /// What they may do: `auditor`, `guest`, `member` or `admin`.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<Role>,
    /// What pages and messages call them.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// They have left: no request, no decision, no access.
    #[arg(long, conflicts_with = "reactivate")]
    deactivate: bool,
    /// They are back.
    #[arg(long)]
    reactivate: bool,
    /// What they are called in an integration, in place of what they were called there.
    #[arg(long = "identity", value_name = "TYPE:EXTERNAL_ID=VALUE", value_parser = identity)]
    identities: Vec<Identity>,
    #[command(flatten)]
    server: Server,
}

impl Users {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        if let Some(Change::Set(set)) = self.change {
            return set.run().await;
        }
        let source = self.place.open()?;
        let fetch = async |cursor: Option<String>| match &source {
            Source::Server(client) => {
                let query = self.part.query(cursor.as_deref());
                Page::read(client.get("/v1/users", &query).await?.body)
            }
            Source::Files { reader, json } => {
                let limit = countersign::desk::limit(self.part.limit);
                let limit = limit.map_err(|problem| Failure::of(problem, *json))?;
                Page::of(reader.desk.users(cursor, limit).await, *json)
            }
        };
        list(&self.part, source.json(), fetch, table).await
    }
}

impl Set {
    async fn run(self) -> Result<Exit, Failure> {
        let client = self.server.client()?;
        let path = format!("/v1/users/{}", segment(self.user.as_str()));
        let identities = match self.identities.as_slice() {
            [] => None,
            new => Some(merged(&client, &path, new).await?),
        };
        let deactivated = (self.deactivate || self.reactivate).then_some(self.deactivate);
        let change = UserChange { name: self.name, role: self.role, deactivated, identities };
        if change == UserChange::default() {
            return Err(Failure::Usage(
                "nothing is to be changed: name --role, --name, --deactivate, --reactivate or \
                 --identity"
                    .to_owned(),
            ));
        }
        let reply = client.change(Method::PUT, &path, Some(&change), Wish::default()).await?;
        let user: UserView = reply.read()?;
        print::out(&if client.json { reply.body } else { table(&[user]) })?;
        Ok(Exit::Done)
    }
}

/// The user's identities with these in place of those in the same integrations.
async fn merged(client: &Client, path: &str, new: &[Identity]) -> Result<Vec<Identity>, Failure> {
    let user: UserView = client.get(path, &[]).await?.read()?;
    let is_replaced = |old: &Identity| {
        new.iter().any(|new| new.kind == old.kind && new.external_id == old.external_id)
    };
    let kept = user.identities.into_iter().filter(|old| !is_replaced(old));
    Ok(kept.chain(new.iter().cloned()).collect())
}

fn role(text: &str) -> Result<Role, String> {
    let all = [Role::Auditor, Role::Guest, Role::Member, Role::Admin];
    all.into_iter()
        .find(|role| role.as_str() == text)
        .ok_or_else(|| "it is one of: auditor, guest, member, admin".to_owned())
}

/// `type:external_id=value`. A value may hold `=` and `:`.
fn identity(text: &str) -> Result<Identity, String> {
    let read = || {
        let (place, value) = text.split_once('=')?;
        let (kind, external_id) = place.split_once(':')?;
        let is_whole = ![kind, external_id, value].contains(&"");
        is_whole.then(|| Identity {
            kind: kind.to_owned(),
            external_id: external_id.to_owned(),
            value: value.to_owned(),
        })
    };
    read().ok_or_else(|| "write it as in slack:T0ACME=U01ADA".to_owned())
}

fn table(users: &[UserView]) -> String {
    if users.is_empty() {
        return "nobody has been here".to_owned();
    }
    let row = |user: &UserView| {
        let identity = |it: &Identity| format!("{}:{}={}", it.kind, it.external_id, it.value);
        let identities: Vec<_> = user.identities.iter().map(identity).collect();
        let state = if user.deactivated { "deactivated" } else { "" };
        let role = user.role.as_str().to_owned();
        vec![user.id.to_string(), user.name.clone(), role, state.into(), identities.join(", ")]
    };
    let rows: Vec<_> = users.iter().map(row).collect();
    print::table(&["USER", "NAME", "ROLE", "", "IDENTITIES"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_names_its_integration() {
        let aws = identity("aws:123=arn:aws:iam::123:role/a=b").unwrap();
        assert_eq!((aws.kind.as_str(), aws.external_id.as_str()), ("aws", "123"));
        assert_eq!(aws.value, "arn:aws:iam::123:role/a=b");
        for bad in ["slack=U1", "slack:T0", "slack:T0=", ":T0=U1", "slack:=U1"] {
            assert!(identity(bad).is_err(), "{bad}");
        }
    }
}
