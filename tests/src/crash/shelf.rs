//! The store as it lies on the disk, read beside the running server.

use std::path::Path;

use countersign::engine::records::{self, List};
use countersign::engine::{Run, State};
use countersign::model::RunId;
use countersign::store::{Item, Key, Query, Store};
use countersign_functions::store::SqliteStore;

use super::settings::TARGETS;

/// The flow that other flows start; its runs begin tomorrow.
pub(super) const FOLLOW_UP: &str = "incident_follow_up";

/// The store as it lies on the disk.
#[derive(Debug)]
pub(super) struct Shelf(SqliteStore);

impl Shelf {
    pub(super) fn open(data: &Path) -> Result<Self, String> {
        SqliteStore::open_read_only(data).map(Self).map_err(|error| error.to_string())
    }

    /// A whole partition, or what begins so in it.
    pub(super) async fn all(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, String> {
        let mut items: Vec<Item> = Vec::new();
        let mut query = Query::of(pk).prefix(prefix).limit(1_000);
        loop {
            let page = self.0.query(&query).await.map_err(|error| error.to_string())?;
            items.extend(page.items);
            match items.last() {
                Some(last) if page.more => query.after = Some(last.key.sk.clone()),
                Some(_) | None => return Ok(items),
            }
        }
    }

    pub(super) async fn get(&self, key: &Key) -> Result<Option<Item>, String> {
        self.0.get(key).await.map_err(|error| error.to_string())
    }

    /// The runs of a list, as their heads have them.
    pub(super) async fn runs(&self, list: List<'_>) -> Result<Vec<Run>, String> {
        let mut runs = Vec::new();
        for item in self.all(&list.partition(), "").await? {
            let id: RunId = records::read(&item).map_err(|error| error.to_string())?;
            runs.extend(self.run(&id).await?);
        }
        Ok(runs)
    }

    pub(super) async fn run(&self, id: &RunId) -> Result<Option<Run>, String> {
        let head = self.get(&records::head(id)).await?;
        let run = head.as_ref().map(records::read_run).transpose();
        Ok(run.map_err(|error| error.to_string())?.map(|(run, _)| run))
    }

    /// Who is in which target's group.
    pub(super) async fn members(&self) -> Result<Vec<(String, String)>, String> {
        let mut members = Vec::new();
        for (target, _) in TARGETS {
            let items = self.all(&format!("Y#{target}"), "").await?;
            members.extend(items.into_iter().map(|item| (target.to_owned(), item.key.sk)));
        }
        members.sort();
        Ok(members)
    }
}

/// Whose access to what a run stands for.
pub(super) fn holds(run: &Run) -> Option<(String, String)> {
    let target = run.request.target.as_ref()?.name.to_string();
    Some((target, run.request.requester.to_string()))
}

/// Whether access is there.
pub(super) const fn is_active(run: &Run) -> bool {
    matches!(run.state, State::Active { .. })
}

/// Whether access is coming or going.
pub(super) const fn is_moving(run: &Run) -> bool {
    matches!(run.state, State::Granting { .. } | State::Revoking { .. })
}
