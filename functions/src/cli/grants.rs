//! `grants`: who has what now.

use clap::Args;
use countersign::desk::{Filter, GrantView};
use countersign::model::{Status, TargetName, UserId};

use super::exit::{Exit, Failure};
use super::print::{self, Clock};
use super::source::{Page, Part, Place, Source, list};

/// List who has what now.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  grants --user ada@acme.test")]
pub(super) struct Grants {
    /// Only what somebody has.
    #[arg(long, value_name = "EMAIL", value_parser = UserId::of_mail)]
    user: Option<UserId>,
    /// Only access to a target.
    #[arg(long, value_name = "TARGET")]
    target: Option<TargetName>,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    place: Place,
}

impl Grants {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let source = self.place.open()?;
        let fetch = async |cursor: Option<String>| match &source {
            Source::Server(client) => {
                let user = self.user.as_ref().map(|user| ("user", user.to_string()));
                let target = self.target.as_ref().map(|target| ("target", target.to_string()));
                let mut query = self.part.query(cursor.as_deref());
                query.extend(user.into_iter().chain(target));
                Page::read(client.get("/v1/grants", &query).await?.body)
            }
            Source::Files { reader, json } => {
                let filter = Filter {
                    requester: self.user.clone(),
                    target: self.target.clone(),
                    cursor,
                    limit: self.part.limit,
                    ..Filter::default()
                };
                Page::of(reader.desk.grants(&reader.caller, &filter).await, *json)
            }
        };
        list(&self.part, source.json(), fetch, table).await
    }
}

fn table(grants: &[GrantView]) -> String {
    if grants.is_empty() {
        return "nobody has access to anything".to_owned();
    }
    let clock = Clock::local();
    let row = |grant: &GrantView| {
        let ends = match (grant.status, grant.until) {
            (Status::Revoking, _) => "is being taken away".to_owned(),
            (Status::Granting, _) => "is being given".to_owned(),
            (_, Some(until)) => clock.both(until),
            (_, None) => "when somebody ends it".to_owned(),
        };
        let since = grant.since.map_or_else(String::new, |since| clock.at(since));
        let (user, target) = (grant.user.to_string(), grant.target.to_string());
        vec![user, target, since, ends, grant.run.to_string()]
    };
    let rows: Vec<_> = grants.iter().map(row).collect();
    print::table(&["WHO", "TARGET", "SINCE", "ENDS", "RUN"], &rows)
}
