//! What cannot be handled is set aside with its content, and holds up nobody.

use countersign::engine::{records, sha256_text};
use countersign::model::Timestamp;
use countersign::store::{
    Commit, Expect, Key, MAX_BODY, Query, ReadError, Store, Write, write_surely,
};
use serde_json::json;

use super::metrics::{self, Metric};

/// The partition of what was set aside, by the time when it was.
pub const PARTITION: &str = "Q#aside";

/// Keeps what cannot be handled, once however often it comes, and has somebody alarmed.
///
/// # Errors
///
/// If it cannot be kept now; whoever sent it has to send it again.
pub async fn set_aside(
    store: &dyn Store,
    environment: &str,
    now: Timestamp,
    from: &str,
    why: &str,
    content: &str,
) -> Result<(), String> {
    tracing::error!(from, why, "something cannot be handled and was set aside");
    metrics::note(environment, now, &[(Metric::Quarantined, 1)]);
    let cut = content.floor_char_boundary(MAX_BODY / 8);
    let body = json!({
        "at": now,
        "from": from,
        "why": why,
        "content": content.get(..cut),
        "bytes": content.len(),
    });
    let name = sha256_text(content);
    let key = Key::new(PARTITION, format!("{from}#{}", name.as_str()));
    let writes = vec![Write::Put { key, body: body.to_string(), expect: Expect::Absent }];
    match write_surely(store, &records::transaction(writes)).await {
        Commit::Committed | Commit::Conflict(_) => Ok(()),
        Commit::Throttled => Err("the store is throttled".to_owned()),
        Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
    }
}

/// How much was set aside, up to a thousand.
///
/// # Errors
///
/// If the store cannot be read.
pub async fn count(store: &dyn Store) -> Result<usize, ReadError> {
    store.query(&Query::of(PARTITION).limit(1_000)).await.map(|page| page.items.len())
}
