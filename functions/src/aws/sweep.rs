//! The sweep: every minute, whatever has come due and was not woken is woken; and what should not be
//! is measured, so that somebody is alarmed.

use std::collections::{BTreeMap, BTreeSet};

use countersign::engine::records::{self, DueItem, Outgoing};
use countersign::engine::{Due, unhandled};
use countersign::model::{RunId, Timestamp};
use countersign::store::{Commit, Expect, Item, Key, Query, ReadError, Store, Write, write_surely};
use futures_util::StreamExt;

use super::aside;
use super::metrics::{self, Metric};
use super::system::Function;
use super::wake::{self, wake};
use crate::directory::Leavers;
use crate::machine;

/// So many runs are woken at the same time.
const SIDE_BY_SIDE: usize = 32;

/// An end of access that is overdue by so many seconds is alarmed.
const OVERDUE: i64 = 120;

/// A command that has waited for so many seconds was given up by whoever should have handled it.
const GIVEN_UP: i64 = 30;

/// Whatever is overdue by so many seconds may be something that its run does not know of any more.
const FORGOTTEN: i64 = 180;

/// What a sweep found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Runs that were woken.
    pub woken: usize,
    /// Ends of access that are overdue by two minutes or more.
    pub overdue_ends: u64,
    /// For how long the oldest command has waited, in seconds.
    pub oldest_command: u64,
}

/// Sweeps once.
///
/// # Errors
///
/// If the store cannot be read, or a run cannot be woken. The next sweep tries again.
pub async fn handle(function: &Function) -> Result<Found, String> {
    let (store, now) = (&*function.store, machine::now());
    let unreadable = |error: ReadError| error.to_string();
    let mut found = Found::default();
    let mut due: BTreeMap<RunId, String> = BTreeMap::new();
    let mut late_runs = BTreeSet::new();
    for item in due_items(store, now).await.map_err(unreadable)? {
        let Ok(DueItem { run, at }) = records::read(&item) else {
            let (key, why) = (item.key.to_string(), "it is no due item");
            tracing::error!("`{key}`: {why}");
            continue;
        };
        let late = now.duration_since(at).as_secs().max(0);
        let what = item.key.sk.rsplit('#').next().unwrap_or_default().to_owned();
        if what == Due::End.as_str() && late >= OVERDUE {
            found.overdue_ends = found.overdue_ends.saturating_add(1);
        }
        if late >= FORGOTTEN {
            late_runs.insert(run.clone());
        }
        due.insert(run, what);
    }
    for DueItem { run, at } in unhandled(store, now).await.map_err(unreadable)? {
        let late = now.duration_since(at).as_secs().max(0);
        found.oldest_command = found.oldest_command.max(late.unsigned_abs());
        if late >= GIVEN_UP {
            due.insert(run, "command".to_owned());
        }
    }
    for run in unsaid(store, now).await.map_err(unreadable)? {
        due.entry(run).or_insert_with(|| "said".to_owned());
    }
    tidy(function, late_runs, now).await;
    found.woken = due.len();
    let waking = futures_util::stream::iter(due).map(|(run, what)| async move {
        wake(store, &run, &what, now, machine::entropy()).await.err().map(|why| (run, why))
    });
    let failed: Vec<_> =
        waking.buffer_unordered(SIDE_BY_SIDE).filter_map(async |failed| failed).collect().await;
    for (run, why) in &failed {
        tracing::error!(run.id = %run, "it could not be woken: {why}");
    }
    call_the_roll(store, now).await;
    let aside = aside::commands(store).await.map_err(unreadable)?;
    metrics::note(
        &function.config.environment,
        now,
        &[
            (Metric::OverdueEnds, found.overdue_ends),
            (Metric::OldestCommandSeconds, found.oldest_command),
            (Metric::Quarantined, u64::try_from(aside).unwrap_or(u64::MAX)),
        ],
    );
    if !failed.is_empty() {
        return Err(format!("{} runs could not be woken", failed.len()));
    }
    note_sweep(store, now).await?;
    metrics::note(&function.config.environment, now, &[(Metric::SweepRan, 1)]);
    Ok(found)
}

/// Has the worker look, for those whose turn it is, whether who holds access is still here. What is
/// missed now is done in a quarter of an hour.
async fn call_the_roll(store: &dyn Store, now: Timestamp) {
    let turn = match Leavers::turn(store, now).await {
        Ok(turn) => turn,
        Err(error) => return tracing::error!("who holds access cannot be read: {error}"),
    };
    let calling = futures_util::stream::iter(turn).map(|run| async move {
        let called = wake::call_the_roll(store, &run, now, machine::entropy()).await;
        called.err().map(|why| (run, why))
    });
    let failed = calling.buffer_unordered(SIDE_BY_SIDE).filter_map(async |failed| failed);
    for (run, why) in failed.collect::<Vec<_>>().await {
        tracing::error!(run.id = %run, "nobody will look whether its holder is still here: {why}");
    }
}

/// Where it is noted that a sweep came to its end, for whoever looks at the deployment.
fn last_sweep() -> Key {
    Key::new("Z#sweep", "#")
}

async fn note_sweep(store: &dyn Store, now: Timestamp) -> Result<(), String> {
    let body = records::json(&now);
    let writes = vec![Write::Put { key: last_sweep(), body, expect: Expect::Anything }];
    match write_surely(store, &records::transaction(writes)).await {
        Commit::Committed | Commit::Conflict(_) => Ok(()),
        Commit::Throttled => Err("the store is throttled".to_owned()),
        Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
    }
}

/// When a sweep came to its end for the last time; `None`: never.
///
/// # Errors
///
/// If the store cannot be read.
pub async fn last(store: &dyn Store) -> Result<Option<Timestamp>, ReadError> {
    store.get(&last_sweep()).await?.as_ref().map(records::read).transpose()
}

/// Takes away due items that their runs do not know of: they would be found for ever.
async fn tidy(function: &Function, runs: BTreeSet<RunId>, now: Timestamp) {
    if runs.is_empty() {
        return;
    }
    // Without settings nothing is tidied; everything is woken all the same.
    let Ok(system) = function.system().await else { return };
    for run in runs {
        if let Err(error) = system.desk.runner.tidy(&run, now).await {
            tracing::error!(run.id = %run, "it could not be tidied: {error}");
        }
    }
}

/// The runs about which something should have been said by now.
async fn unsaid(store: &dyn Store, now: Timestamp) -> Result<BTreeSet<RunId>, ReadError> {
    let mut runs = BTreeSet::new();
    for shard in records::outbox_shards().chain(records::notice_shards()) {
        for item in store.query(&Query::of(shard).limit(1_000)).await?.items {
            let since = records::read::<Outgoing>(&item).map(|it| it.taken.unwrap_or(it.since));
            let is_late = since.is_ok_and(|since| now.duration_since(since).as_secs() >= GIVEN_UP);
            let run = records::said_of(&item.key).or_else(|| records::told_of(&item.key));
            runs.extend(run.filter(|_| is_late));
        }
    }
    Ok(runs)
}

/// Everything that is due by now, a thousand of each shard: the oldest.
async fn due_items(store: &dyn Store, now: Timestamp) -> Result<Vec<Item>, ReadError> {
    let mut items = Vec::new();
    for shard in records::shards() {
        let query = Query::of(shard).until(records::due_until(now)).limit(1_000);
        items.extend(store.query(&query).await?.items);
    }
    Ok(items)
}
