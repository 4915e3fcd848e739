//! Lists of runs, a page at a time.

use serde::{Deserialize, Serialize};

use super::view::{GrantView, brief};
use super::{Caller, Desk, Problem, RunView, Scope};
use crate::engine::Run;
use crate::engine::records::{self, List};
use crate::model::{FlowName, RunId, Status, TargetName, Timestamp, UserId};
use crate::store::{Item, Key, Query};

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Those that stand there.
    pub status: Option<Status>,
    /// Those of a flow.
    pub flow: Option<FlowName>,
    /// Those of a requester.
    pub requester: Option<UserId>,
    /// Those that wait for somebody.
    pub approver: Option<UserId>,
    /// Those for a target.
    pub target: Option<TargetName>,
    /// Those asked for since then.
    pub since: Option<Timestamp>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// At most so many: 50 if left out, 200 at the most.
    pub limit: Option<usize>,
}

/// Some of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PageOf{T}"))]
pub struct ListPage<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Where the next page begins; `null`: this is the last one.
    pub next: Option<String>,
}

/// A page looks at no more than so many runs, so that it costs the same however few fit. What it
/// did not come to is on the next page.
const MOST_LOOKED_AT: usize = 1_000;

impl Desk {
    /// Runs, newest first.
    ///
    /// # Errors
    ///
    /// If the filter or the cursor is none.
    pub async fn runs(
        &self,
        caller: &Caller,
        filter: &Filter,
    ) -> Result<ListPage<RunView>, Problem> {
        caller.needs(Scope::Read)?;
        let limit = limit(filter.limit)?;
        let cursor = filter.cursor.as_ref().map(|cursor| parse_cursor(cursor)).transpose()?;
        let list = list(filter);
        let mut page = ListPage { items: Vec::new(), next: None };
        let mut after = cursor.map(|run| run.as_str().to_owned());
        let mut looked_at = 0_usize;
        loop {
            let query = Query::of(list.partition()).descending().after(after.clone()).limit(limit);
            let found = self.runner.store.query(&query).await?;
            for run in self.heads(&found.items).await? {
                looked_at = looked_at.saturating_add(1);
                after = Some(run.id.to_string());
                if filter.since.is_some_and(|since| run.created < since) {
                    return Ok(page);
                }
                if filter.fits(&run) && self.may_see(caller, &run).await {
                    page.items.push(brief(&run));
                }
                if page.items.len() == limit || looked_at >= MOST_LOOKED_AT {
                    page.next.clone_from(&after);
                    return Ok(page);
                }
            }
            if !found.more {
                return Ok(page);
            }
            after = found.items.last().map(|item| item.key.sk.clone());
        }
    }

    /// What waits for somebody, newest first.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn waiting(
        &self,
        caller: &Caller,
        cursor: Option<String>,
    ) -> Result<ListPage<RunView>, Problem> {
        let me = caller.user.id.clone();
        let mine =
            Filter { approver: Some(me.clone()), cursor: cursor.clone(), ..Filter::default() };
        let mut page = self.runs(caller, &mine).await?;
        if cursor.is_none() {
            let query = Query::of(List::WaitingForMany.partition()).descending().limit(200);
            let found = self.runner.store.query(&query).await?;
            let heads = self.heads(&found.items).await?;
            page.items.extend(heads.iter().map(brief).filter(|run| run.waiting_for.contains(&me)));
        }
        Ok(page)
    }

    /// Who has what now, newest first.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn grants(
        &self,
        caller: &Caller,
        filter: &Filter,
    ) -> Result<ListPage<GrantView>, Problem> {
        caller.needs(Scope::Read)?;
        let limit = limit(filter.limit)?;
        let after = filter.cursor.as_ref().map(|cursor| parse_cursor(cursor)).transpose()?;
        let after = after.map(|run| run.as_str().to_owned());
        let query = Query::of(List::Granted.partition()).descending().after(after).limit(limit);
        let found = self.runner.store.query(&query).await?;
        let next = found.items.last().filter(|_| found.more).map(|item| item.key.sk.clone());
        let mut items = Vec::new();
        for run in self.heads(&found.items).await? {
            if filter.fits(&run) && self.may_see(caller, &run).await {
                items.extend(grant(&run));
            }
        }
        Ok(ListPage { items, next })
    }

    async fn heads(&self, items: &[Item]) -> Result<Vec<Run>, Problem> {
        let ids: Vec<RunId> = items.iter().map(records::read).collect::<Result<_, _>>()?;
        let keys: Vec<Key> = ids.iter().map(records::head).collect();
        let heads = self.runner.store.get_many(&keys).await?;
        let read = |item: &Item| Ok(records::read_run(item)?.0);
        heads.iter().flatten().map(read).collect()
    }
}

impl Filter {
    fn fits(&self, run: &Run) -> bool {
        let target = run.request.target.as_ref().map(|target| &target.name);
        self.status.is_none_or(|status| run.status() == status)
            && self.flow.as_ref().is_none_or(|flow| run.flow == *flow)
            && self.requester.as_ref().is_none_or(|requester| run.request.requester == *requester)
            && self.target.as_ref().is_none_or(|wanted| target == Some(wanted))
            && self.since.is_none_or(|since| run.created >= since)
    }
}

/// The shortest list that holds them all.
fn list(filter: &Filter) -> List<'_> {
    match (&filter.approver, &filter.requester, filter.status) {
        (Some(approver), _, _) => List::Waiting(approver),
        (None, Some(requester), _) => List::By(requester),
        (None, None, Some(Status::Granting | Status::Active | Status::Revoking)) => List::Granted,
        (None, None, Some(Status::Pending | Status::Approved)) => List::Open,
        (None, None, Some(Status::Closed) | None) => List::All,
    }
}

fn grant(run: &Run) -> Option<GrantView> {
    Some(GrantView {
        run: run.id.clone(),
        user: run.request.requester.clone(),
        target: run.request.target.as_ref()?.name.clone(),
        since: run.since,
        until: run.until,
        status: run.status(),
    })
}

/// How many items a page may hold.
///
/// # Errors
///
/// If it is more than 200, or none.
pub fn limit(limit: Option<usize>) -> Result<usize, Problem> {
    match limit {
        None => Ok(50),
        Some(limit) if (1..=200).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::field(
            "limit",
            format!("{limit} is not between 1 and 200"),
            "leave it out",
        )),
    }
}

fn parse_cursor(cursor: &str) -> Result<RunId, Problem> {
    RunId::parse(cursor).map_err(|_| {
        Problem::field(
            "cursor",
            "it is not one of ours",
            "take `next` of the page before, or leave it out",
        )
    })
}
