//! Finds runs that have something to do.

use futures_util::{StreamExt, stream};

use super::super::records::{self, DueItem};
use super::super::state::{Due, LEFT_BEHIND};
use super::{DriveError, Runner};
use crate::model::{RunId, Timestamp};
use crate::store::{Expect, Key, Query, ReadError, Store, Write, write_surely};

/// So many partitions of commands are read at the same time.
const SIDE_BY_SIDE: usize = 16;

/// The commands that were recorded by then and not handled yet. A run may be named more than once.
///
/// # Errors
///
/// If the store cannot be read.
pub async fn unhandled(store: &dyn Store, until: Timestamp) -> Result<Vec<DueItem>, ReadError> {
    let shards = records::command_shards()
        .map(async |shard| store.query(&Query::of(shard).limit(1_000)).await);
    let mut found = Vec::new();
    let mut pages = stream::iter(shards).buffered(SIDE_BY_SIDE);
    while let Some(page) = pages.next().await {
        for item in page?.items {
            if let Some(command) = records::of_command(&item.key) {
                found.push(command);
            } else {
                tracing::error!("`{}` is no command's key", item.key);
            }
        }
    }
    found.retain(|command| command.at <= until);
    Ok(found)
}

impl Runner {
    /// The runs that have something to do by then: times that have come, commands that were recorded
    /// and not handled. A run may be named more than once.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn due(&self, until: Timestamp) -> Result<Vec<DueItem>, ReadError> {
        let mut due = unhandled(&*self.store, until).await?;
        for shard in records::shards() {
            let query = Query::of(shard).until(records::due_until(until)).limit(1_000);
            // A damaged item holds up no other.
            for item in &self.store.query(&query).await?.items {
                match records::read(item) {
                    Ok(item) => due.push(item),
                    Err(error) => tracing::error!("{error}"),
                }
            }
        }
        Ok(due)
    }

    /// The runs that whoever drove them left in the middle, as in a crash. Their due items say
    /// that they are taken over after a while; whoever knows that nobody else drives runs need not
    /// wait for that.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn left_behind(&self) -> Result<Vec<RunId>, ReadError> {
        let until = self.host.now() + LEFT_BEHIND;
        let suffix = format!("#{}", Due::Resume.as_str());
        let mut left = Vec::new();
        for shard in records::shards() {
            let mut query = Query::of(shard).until(records::due_until(until)).limit(1_000);
            loop {
                let page = self.store.query(&query).await?;
                let resumed = page.items.iter().filter(|item| item.key.sk.ends_with(&suffix));
                // A damaged item holds up no other.
                left.extend(
                    resumed.filter_map(|item| Some(records::read::<DueItem>(item).ok()?.run)),
                );
                match page.items.last() {
                    Some(last) if page.more => query.after = Some(last.key.sk.clone()),
                    Some(_) | None => break,
                }
            }
        }
        Ok(left)
    }

    /// The earliest time that anything is due; `None` if nothing is.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, ReadError> {
        let mut earliest: Option<Timestamp> = None;
        for shard in records::shards() {
            let page = self.store.query(&Query::of(shard).limit(1)).await?;
            if let Some(item) = page.items.first() {
                let DueItem { at, .. } = records::read(item)?;
                earliest = Some(earliest.map_or(at, |earliest| earliest.min(at)));
            }
        }
        Ok(earliest)
    }

    /// Drives everything that is due, one run after the other. Returns what could not be driven;
    /// one run's failure holds up no other.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn sweep(&self) -> Result<Vec<DriveError>, ReadError> {
        let now = self.host.now();
        let mut runs: Vec<_> = self.due(now).await?.into_iter().map(|item| item.run).collect();
        runs.sort();
        runs.dedup();
        let mut failed = Vec::new();
        for run in runs {
            let driven = match self.drive(&run).await {
                Ok(()) => {
                    let read = |source| DriveError::Read { run: run.clone(), source };
                    self.tidy(&run, now).await.map_err(read)
                }
                Err(error) => Err(error),
            };
            failed.extend(driven.err());
        }
        Ok(failed)
    }

    /// Takes away due items of a run that its head does not know, as a crash of an older version
    /// may have left them.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn tidy(&self, id: &RunId, until: Timestamp) -> Result<(), ReadError> {
        let head = records::head(id);
        let Some(item) = self.store.get(&head).await? else { return Ok(()) };
        let (run, version) = records::read_run(&item)?;
        let key = |(at, due): (Timestamp, Due)| records::due(id, at, due.as_str());
        let known: Vec<Key> = run.dues().into_iter().map(key).collect();
        let query = Query::of(records::shard(id)).until(records::due_until(until)).limit(1_000);
        for item in self.store.query(&query).await?.items {
            let Ok(due) = records::read::<DueItem>(&item) else { continue };
            if due.run != *id || known.contains(&item.key) {
                continue;
            }
            let writes = vec![
                Write::Check { key: head.clone(), expect: Expect::Version(version) },
                Write::Delete { key: item.key, expect: Expect::Version(item.version) },
            ];
            // Whoever wins against this knows better.
            let _ = write_surely(&*self.store, &records::transaction(writes)).await;
        }
        Ok(())
    }
}
