//! The worker: what was recorded, told by the table's stream, is handled here and nowhere else.
//!
//! The runs of a batch are driven side by side, one run's commands in their order. A run that
//! fails holds up no other: its records alone are reported, and come again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use countersign::engine::{Runner, records};
use countersign::model::RunId;
use countersign::store::Key;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::aside::set_aside;
use super::system::{Function, System};
use crate::courier::{Courier, Left};
use crate::machine;

/// So many runs are driven at the same time.
const SIDE_BY_SIDE: usize = 32;

/// No work is begun, and none goes on, in the last seconds before the function is stopped.
const MARGIN: Duration = Duration::from_secs(2);

/// What has to wait longer than this to be said in Slack is left to the sweep.
const SPEAKING: Duration = Duration::from_secs(10);

/// What comes from the stream. Each record is read by itself, so that one that makes no sense
/// spoils no other.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The records, oldest first.
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

/// Which records have to come again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// They, and all after the first of them, come again.
    pub batch_item_failures: Vec<Failed>,
}

/// A record that has to come again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// Its sequence number.
    pub item_identifier: String,
}

/// So long other systems are asked who is still here, after all runs were driven.
const ASKING: Duration = Duration::from_secs(10);

/// What is needed of a record.
#[derive(Debug, Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    #[serde(rename = "Keys")]
    keys: Keys,
    #[serde(rename = "SequenceNumber")]
    number: String,
}

#[derive(Debug, Deserialize)]
struct Keys {
    pk: Text,
    sk: Text,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// Drives the runs of a batch, until shortly before `deadline`.
///
/// # Errors
///
/// If nothing can be handled now: the whole batch comes again.
pub async fn handle(
    function: &Function,
    batch: Batch,
    deadline: Instant,
) -> Result<Report, String> {
    let system = function.system().await.map_err(|error| error.to_string())?;
    let mut numbers: BTreeMap<RunId, Vec<String>> = BTreeMap::new();
    let mut called = BTreeSet::new();
    for record in batch.records {
        match read(&record) {
            Ok((run, number, is_roll_call)) => {
                if is_roll_call {
                    called.insert(run.clone());
                }
                numbers.entry(run).or_default().push(number);
            }
            Err(why) => {
                let (environment, now) = (&function.config.environment, machine::now());
                let content = record.to_string();
                set_aside(&*function.store, environment, now, "stream", &why, &content).await?;
            }
        }
    }
    let stop = deadline.checked_sub(MARGIN).unwrap_or(deadline);
    let mut failed = drive_all(&system.desk.runner, numbers.keys(), stop).await;
    // Whoever cannot be asked about now is asked about in a quarter of an hour.
    let asking = stop.min(Instant::now() + ASKING);
    let _ = tokio::time::timeout_at(asking, call_the_roll(&system, called)).await;
    if let Some(courier) = &system.courier {
        say_all(courier, numbers.keys(), stop.min(Instant::now() + SPEAKING)).await;
    }
    failed.sort();
    let again = failed.into_iter().flat_map(|run| numbers.remove(&run).unwrap_or_default());
    let again = again.map(|item_identifier| Failed { item_identifier });
    Ok(Report { batch_item_failures: again.collect() })
}

/// Ends what these runs hold for people who have left.
async fn call_the_roll(system: &System, runs: BTreeSet<RunId>) {
    for run in runs {
        if let Err(why) = system.leavers.look(&system.desk.runner, &run).await {
            tracing::warn!(run.id = %run, "nobody knows whether its holder is still here: {why}");
        }
    }
}

/// Which run a record is about, its number, and whether it asks who is still here.
fn read(record: &Value) -> Result<(RunId, String, bool), String> {
    let record = Record::deserialize(record).map_err(|error| error.to_string())?;
    let Keys { pk, sk } = record.dynamodb.keys;
    let key = Key::new(pk.text, sk.text);
    let run = records::woken(&key).ok_or_else(|| format!("`{key}` wakes no run"))?;
    Ok((run, record.dynamodb.number, records::is_roll_call(&key)))
}

/// Says what there is to be said about these runs, side by side. What does not work stays where it is,
/// and is found by the sweep.
async fn say_all(courier: &Courier, runs: impl Iterator<Item = &RunId>, stop: Instant) {
    let saying =
        futures_util::stream::iter(runs).for_each_concurrent(SIDE_BY_SIDE, |run| async move {
            match tokio::time::timeout_at(stop + MARGIN / 2, courier.deliver(run, stop)).await {
                Ok(Ok(Left::Nothing)) => {}
                Ok(Ok(left @ (Left::Later(_) | Left::Again))) => {
                    tracing::info!(run.id = %run, "something is left to be said: {left:?}");
                }
                Ok(Err(error)) => tracing::error!(run.id = %run, "nothing can be said: {error}"),
                Err(_) => tracing::warn!(run.id = %run, "there was no time left to say it"),
            }
        });
    saying.await;
}

/// Drives these runs side by side. Returns those that have to be driven again.
async fn drive_all(
    runner: &Runner,
    runs: impl Iterator<Item = &RunId>,
    stop: Instant,
) -> Vec<RunId> {
    let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut driving = JoinSet::new();
    let mut names = BTreeMap::new();
    for run in runs {
        let (runner, places, name) = (runner.clone(), places.clone(), run.clone());
        let run = run.clone();
        let task = driving.spawn(async move {
            // Never closed.
            let _place = places.acquire_owned().await;
            let span = tracing::error_span!("run", run = %run);
            let driven = tokio::time::timeout_at(stop, runner.drive(&run)).instrument(span).await;
            match driven {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    let source = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(run.id = %run, "{error}: {}", source.unwrap_or_default());
                    false
                }
                Err(_) => {
                    tracing::warn!(run.id = %run, "there was no time left for it");
                    false
                }
            }
        });
        names.insert(task.id(), name);
    }
    let mut failed = Vec::new();
    while let Some(done) = driving.join_next_with_id().await {
        let (id, is_driven) = match done {
            Ok((id, is_driven)) => (id, is_driven),
            Err(error) => {
                let id = error.id();
                let run = names.get(&id).map(ToString::to_string).unwrap_or_default();
                tracing::error!(
                    run.id = run,
                    "driving it failed: {}",
                    machine::panic_message(error)
                );
                (id, false)
            }
        };
        if !is_driven {
            failed.extend(names.remove(&id));
        }
    }
    failed
}
