//! What cannot be handled is set aside with its content, and holds up nobody.

use countersign::engine::records;
use countersign::engine::runner::aside;
use countersign::model::Timestamp;
use countersign::store::{Commit, Query, ReadError, Store, write_surely};

use super::metrics::{self, Metric};

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
    metrics::note(environment, now, &[(Metric::DeadLetters, 1)]);
    let writes = vec![aside(from, why, content, now)];
    match write_surely(store, &records::transaction(writes)).await {
        Commit::Committed | Commit::Conflict(_) => Ok(()),
        Commit::Throttled => Err("the store is throttled".to_owned()),
        Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
    }
}

/// How many commands were set aside, up to a thousand.
///
/// # Errors
///
/// If the store cannot be read.
pub async fn commands(store: &dyn Store) -> Result<usize, ReadError> {
    let query = Query::of(records::ASIDE).prefix("command#").limit(1_000);
    store.query(&query).await.map(|page| page.items.len())
}
