//! Looks at a deployment from outside, and says what is missing and how to mend it.
//!
//! Each finding is one question with one answer. Nothing is changed, and one thing that cannot be
//! looked at keeps nobody from looking at the others.

mod systems;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::{PointInTimeRecoveryStatus, TableDescription};
use countersign::engine::records;
use countersign::model::Timestamp;
use countersign::store::{Query, Store};

use super::config::Role;
use super::{Clients, Patience, aside, settings, sweep};
use crate::app::App;
use crate::directory::LocalDirectory;
use crate::finding::{Finding, bad, good};
use crate::settings::Settings;
use crate::store::dynamodb::{DynamoStore, Tables};

/// Applying the module puts right what somebody changed by hand.
const APPLY: &str = "apply the Terraform module again";

/// A sweep that was longer ago has not come.
const SWEPT: i64 = 180;

/// A deployment, by the names that the Terraform module gives.
#[derive(Debug)]
pub struct Doctor {
    app: &'static App,
    clients: Clients,
    store: std::sync::Arc<DynamoStore>,
    /// `countersign-` and the name of the environment.
    base: String,
}

impl Doctor {
    /// Looks at the deployment of this environment.
    #[must_use]
    pub fn new(app: &'static App, clients: Clients, environment: &str) -> Self {
        let base = format!("countersign-{environment}");
        let tables = Tables { core: base.clone(), audit: format!("{base}-audit") };
        let store = DynamoStore::new(&clients, tables, Patience::Working);
        Self { app, store: std::sync::Arc::new(store), clients, base }
    }

    /// Looks at everything.
    pub async fn look(&self, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.tables().await);
        findings.extend(self.settings(now).await);
        findings.extend(self.work(now).await);
        findings.extend(self.functions().await);
        findings.extend(self.stream().await);
        findings.extend(self.schedules().await);
        findings
    }

    async fn tables(&self) -> Vec<Finding> {
        let client = self.clients.dynamodb(Patience::Working);
        let mut findings = Vec::new();
        let Tables { core, audit } = self.store.tables();
        for (name, has_stream) in [(core, true), (audit, false)] {
            let about = format!("table {name}");
            match client.describe_table().table_name(name).send().await {
                Ok(described) => {
                    let table =
                        described.table.unwrap_or_else(|| TableDescription::builder().build());
                    findings.push(table_finding(&about, &table, has_stream));
                }
                Err(error) => {
                    let mend = "name the environment as the module does, in the account and region \
                                that it was applied to";
                    findings.push(bad(&about, DisplayErrorContext(error).to_string(), mend));
                    continue;
                }
            }
            let backups = client.describe_continuous_backups().table_name(name).send().await;
            let status = backups.ok().and_then(|it| it.continuous_backups_description);
            let status = status.and_then(|it| it.point_in_time_recovery_description);
            let is_on = status.and_then(|it| it.point_in_time_recovery_status)
                == Some(PointInTimeRecoveryStatus::Enabled);
            let about = format!("{about}, point-in-time recovery");
            findings.push(if is_on { good(&about, "on") } else { bad(&about, "off", APPLY) });
        }
        findings
    }

    /// Whether the settings in the table fit this program, and what they name is as they say.
    async fn settings(&self, now: Timestamp) -> Vec<Finding> {
        let about = "settings";
        let document = match settings::document(&*self.store).await {
            Ok(document) => document,
            Err(error) => return vec![bad(about, error.to_string(), APPLY)],
        };
        let read = settings::read(&document).map_err(|error| error.to_string());
        let mut findings = match &read {
            Ok(settings) => self.systems(settings.clone(), now).await,
            Err(_) => Vec::new(),
        };
        let store: std::sync::Arc<dyn Store> = self.store.clone();
        let fits = read.and_then(|settings: Settings| {
            let counts = (settings.flows.len(), settings.targets.len());
            let secrets = settings.secrets();
            let directory = LocalDirectory::without_outbox(settings, store, secrets);
            let directory = std::sync::Arc::new(directory);
            let fits = self.app.environment(directory.settings(), &directory.tools());
            fits.map(|_| counts).map_err(|wrong| wrong.join("\n"))
        });
        findings.push(match fits {
            Ok((flows, targets)) => {
                good(about, format!("they fit this program: flows {flows}, targets {targets}"))
            }
            Err(wrong) => bad(about, wrong, "mend the module's inputs and apply it again"),
        });
        findings
    }

    /// What waits, what was set aside, and whether the sweep comes.
    async fn work(&self, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        let age = |at: Timestamp| now.duration_since(at).as_secs();
        findings.push(match sweep::last(&*self.store).await {
            Ok(Some(at)) if age(at) < SWEPT => {
                good("last sweep", format!("{} seconds ago", age(at)))
            }
            Ok(at) => {
                let seen = at.map_or("never".to_owned(), |at| format!("{} seconds ago", age(at)));
                let mend =
                    "look at the log of the function `sweep`, and whether its two triggers are on";
                bad("last sweep", seen, mend)
            }
            Err(error) => bad("last sweep", error.to_string(), APPLY),
        });
        let mut overdue = 0_usize;
        for shard in records::shards() {
            let until = now - jiff::SignedDuration::from_mins(3);
            let query = Query::of(shard).until(records::due_until(until)).limit(1_000);
            match self.store.query(&query).await {
                Ok(page) => overdue = overdue.saturating_add(page.items.len()),
                Err(error) => findings.push(bad("what is due", error.to_string(), APPLY)),
            }
        }
        findings.push(if overdue == 0 {
            good("overdue by three minutes", "nothing")
        } else {
            let mend = "look at the log of the function `worker`: a target may not answer";
            bad("overdue by three minutes", overdue.to_string(), mend)
        });
        findings.push(match aside::commands(&*self.store).await {
            Ok(0) => good("commands set aside", "none"),
            Ok(number) => {
                let mend = "read the items of the partition `Q#aside`: each says why; delete what was dealt with";
                bad("commands set aside", number.to_string(), mend)
            }
            Err(error) => bad("commands set aside", error.to_string(), APPLY),
        });
        findings
    }

    async fn functions(&self) -> Vec<Finding> {
        let client = aws_sdk_lambda::Client::new(&self.clients.config(Patience::Working));
        let mut findings = Vec::new();
        let mut hashes: BTreeMap<String, Vec<Role>> = BTreeMap::new();
        for role in Role::ALL {
            let name = format!("{}-{role}", self.base);
            let about = format!("function {name}");
            match client.get_function_configuration().function_name(&name).send().await {
                Ok(function) => {
                    let says = function.environment.and_then(|it| it.variables).unwrap_or_default();
                    let told = says.get(super::config::ROLE).cloned().unwrap_or_default();
                    hashes.entry(function.code_sha256.unwrap_or_default()).or_default().push(role);
                    findings.push(if told == role.as_str() {
                        good(&about, "there")
                    } else {
                        bad(&about, format!("it is told to be `{told}`"), APPLY)
                    });
                }
                Err(error) => {
                    findings.push(bad(&about, DisplayErrorContext(error).to_string(), APPLY));
                }
            }
        }
        if hashes.len() > 1 {
            let seen = format!("{} programs are deployed side by side", hashes.len());
            findings.push(bad("functions", seen, APPLY));
        }
        findings
    }

    async fn stream(&self) -> Vec<Finding> {
        let client = aws_sdk_lambda::Client::new(&self.clients.config(Patience::Working));
        let name = format!("{}-worker", self.base);
        let about = "stream to the worker";
        match client.list_event_source_mappings().function_name(name).send().await {
            Ok(mappings) => {
                let all = mappings.event_source_mappings.unwrap_or_default();
                let states: Vec<_> = all.into_iter().filter_map(|mapping| mapping.state).collect();
                vec![if states.iter().any(|state| state == "Enabled") {
                    good(about, "on")
                } else {
                    bad(about, format!("its state is {states:?}"), APPLY)
                }]
            }
            Err(error) => vec![bad(about, DisplayErrorContext(error).to_string(), APPLY)],
        }
    }

    async fn schedules(&self) -> Vec<Finding> {
        let client = aws_sdk_scheduler::Client::new(&self.clients.config(Patience::Working));
        let about = "group of schedules";
        vec![match client.get_schedule_group().name(&self.base).send().await {
            Ok(_) => good(about, "there"),
            Err(error) => bad(about, DisplayErrorContext(error).to_string(), APPLY),
        }]
    }
}

fn table_finding(about: &str, table: &TableDescription, has_stream: bool) -> Finding {
    let streams = table.stream_specification.as_ref().is_some_and(|stream| stream.stream_enabled);
    if has_stream && !streams {
        return bad(about, "it has no stream, so nothing is handled", APPLY);
    }
    if table.deletion_protection_enabled != Some(true) {
        return bad(
            about,
            "it is not protected from being deleted",
            "set `deletion_protection = true` and apply",
        );
    }
    good(about, "there, and protected")
}
