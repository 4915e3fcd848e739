//! Waking runs: an item that the table's stream tells the worker of. It stays, and is written anew
//! each time.

use countersign::engine::records;
use countersign::model::{RunId, Timestamp};
use countersign::store::{Commit, Expect, Key, Store, Token, Transaction, Write, write_surely};
use serde_json::json;

/// Has the worker look at a run.
///
/// # Errors
///
/// Why it cannot be written now.
pub async fn wake(
    store: &dyn Store,
    run: &RunId,
    why: &str,
    now: Timestamp,
    random: u128,
) -> Result<(), String> {
    ring(store, records::bell(run), why, now, random).await
}

/// Has the worker look whether the holder of a run's access is still here.
///
/// # Errors
///
/// Why it cannot be written now.
pub async fn call_the_roll(
    store: &dyn Store,
    run: &RunId,
    now: Timestamp,
    random: u128,
) -> Result<(), String> {
    ring(store, records::roll_call(run), "roll call", now, random).await
}

async fn ring(
    store: &dyn Store,
    key: Key,
    why: &str,
    now: Timestamp,
    random: u128,
) -> Result<(), String> {
    // A stream tells only of what changes: each is another one.
    let body = json!({ "why": why, "at": now, "nonce": format!("{random:032x}") }).to_string();
    let writes = vec![Write::Put { key, body, expect: Expect::Anything }];
    let token = Token(format!("{random:032x}"));
    match write_surely(store, &Transaction { token, writes }).await {
        Commit::Committed => Ok(()),
        Commit::Conflict(_) => Err("somebody else writes it".to_owned()),
        Commit::Throttled => Err("the store is throttled".to_owned()),
        Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
    }
}
