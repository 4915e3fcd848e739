//! Whoever has left keeps nothing: each holder of access is looked at every quarter of an hour.

use std::sync::Arc;

use countersign::context::ServiceError;
use countersign::engine::records::{self, List};
use countersign::engine::{Actor, Command, CommandKind, Run, Runner};
use countersign::model::{Channel, CommandId, RunId, Source, Status, Timestamp};
use countersign::store::{Commit, Query, ReadError, Store, write_surely};

use super::LocalDirectory;

/// Each run is looked at once in so many minutes.
const EVERY: i64 = 15;

/// Ends what people hold who have left.
#[derive(Debug, Clone)]
pub struct Leavers {
    directory: Arc<LocalDirectory>,
}

impl Leavers {
    /// By what this directory knows.
    #[must_use]
    pub const fn new(directory: Arc<LocalDirectory>) -> Self {
        Self { directory }
    }

    /// The runs that hold access whose turn it is in this minute: a fifteenth of all, so that no
    /// minute has all the work.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn turn(store: &dyn Store, now: Timestamp) -> Result<Vec<RunId>, ReadError> {
        let minute = now.as_second().div_euclid(60).rem_euclid(EVERY);
        let mut turn = Vec::new();
        let mut query = Query::of(List::Granted.partition()).limit(1_000);
        loop {
            let page = store.query(&query).await?;
            for item in &page.items {
                let run: RunId = records::read(item)?;
                if i64::from(crc(run.as_str())).rem_euclid(EVERY) == minute {
                    turn.push(run);
                }
            }
            match page.items.last() {
                Some(last) if page.more => query.after = Some(last.key.sk.clone()),
                Some(_) | None => return Ok(turn),
            }
        }
    }

    /// Ends a run's access if its holder has left. Returns whether they have.
    ///
    /// # Errors
    ///
    /// Why nobody knows, or why it cannot be written down.
    pub async fn look(&self, runner: &Runner, run: &RunId) -> Result<bool, String> {
        let Some(run) = runner.run(run).await.map_err(|error| error.to_string())? else {
            return Ok(false);
        };
        if run.status() != Status::Active {
            return Ok(false);
        }
        let why = self.why_gone(&run).await.map_err(|error| error.to_string())?;
        let Some(why) = why else { return Ok(false) };
        let host = &runner.host;
        let command = Command {
            // Once, however often they are found gone.
            id: CommandId::parse(format!("left-{}", run.id)).map_err(|error| error.to_string())?,
            run: run.id.clone(),
            at: host.now(),
            by: Actor::ENGINE,
            channel: Channel::from(Source::Internal),
            kind: CommandKind::Leave { why },
        };
        let recorded = records::transaction(vec![records::recorded(&command)]);
        match write_surely(&*runner.store, &recorded).await {
            Commit::Committed | Commit::Conflict(_) => {
                host.wake(&run.id);
                Ok(true)
            }
            Commit::Throttled => Err("the store is throttled".to_owned()),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
        }
    }

    /// Why the holder of a run's access is taken for gone, if they are.
    async fn why_gone(&self, run: &Run) -> Result<Option<String>, ServiceError> {
        let id = &run.request.requester;
        let user = self.directory.known(id).await?;
        if user.deactivated {
            return Ok(Some(format!("{id} has been deactivated")));
        }
        if id.is_bot() {
            return Ok(None);
        }
        let standing = self.directory.standing(&user).await?;
        Ok(standing.left.map(|why| format!("{id} has left: {why}")))
    }
}

/// A number that spreads.
fn crc(text: &str) -> u32 {
    text.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
}
