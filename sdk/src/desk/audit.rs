//! The audit chains, entry by entry: of one run, of one user, or of all.

use serde::Deserialize;

use super::list::limit;
use super::{Caller, Desk, EntryView, ListPage, Problem, Scope, account_id};
use crate::engine::entries_after;
use crate::engine::records::{self, List};
use crate::model::{RunId, UserId};
use crate::store::Query;

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AuditFilter {
    /// Those of a run.
    pub run: Option<RunId>,
    /// Those of what a user did outside of any run.
    pub user: Option<UserId>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// At most so many: 50 if left out, 200 at the most.
    pub limit: Option<usize>,
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Chain {
    Run(RunId),
    Account(UserId),
}

/// The last entry that was given: a chain, and the entry's number in it.
type Place = (Chain, u64);

impl Desk {
    /// Entries of the audit chains. Of all: the runs' chains, newest run first, then the users'.
    ///
    /// # Errors
    ///
    /// If the caller is neither administrator nor auditor, or the filter or the cursor is none.
    pub async fn audit(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
    ) -> Result<ListPage<EntryView>, Problem> {
        caller.needs(Scope::Read)?;
        if !caller.reads_all() {
            let detail = "only administrators and auditors read the audit chains";
            return Err(Problem::new(403, "auditors_only", detail)
                .hint("the entries of a run that you may see: GET /v1/runs/{id}/events"));
        }
        let limit = limit(filter.limit)?;
        let place = filter.cursor.as_deref().map(parse).transpose()?;
        let only = match (&filter.run, &filter.user) {
            (Some(_), Some(_)) => {
                let message = "a run and a user have chains of their own";
                return Err(Problem::field("user", message, "name one of them"));
            }
            (Some(run), None) => {
                self.seen(caller, run).await?;
                Some(Chain::Run(run.clone()))
            }
            (None, Some(user)) => Some(Chain::Account(user.clone())),
            (None, None) => None,
        };
        if let (Some(only), Some((chain, _))) = (&only, &place)
            && only != chain
        {
            return Err(not_ours());
        }
        self.walk(place, only, limit).await
    }

    async fn walk(
        &self,
        place: Option<Place>,
        only: Option<Chain>,
        limit: usize,
    ) -> Result<ListPage<EntryView>, Problem> {
        let mut page = ListPage { items: Vec::new(), next: None };
        let mut place = match (place, &only) {
            (Some(place), _) => Some(place),
            (None, Some(only)) => Some((only.clone(), 0)),
            (None, None) => self.chain_after(None).await?.map(|chain| (chain, 0)),
        };
        while let Some((chain, seq)) = place {
            let id = chain.id();
            let left = limit.saturating_sub(page.items.len());
            let found = entries_after(&*self.runner.store, &id, seq, left).await?;
            page.items.extend(found.entries);
            if page.items.len() >= limit {
                let is_last = !found.more && only.is_some();
                let last = page.items.last().filter(|_| !is_last);
                page.next = last.map(|sealed| chain.cursor(sealed.entry.seq));
                return Ok(page);
            }
            let next = if only.is_some() { None } else { self.chain_after(Some(&chain)).await? };
            place = next.map(|chain| (chain, 0));
        }
        Ok(page)
    }

    /// The chain that comes after another one.
    async fn chain_after(&self, chain: Option<&Chain>) -> Result<Option<Chain>, Problem> {
        let store = &self.runner.store;
        let user = match chain {
            Some(Chain::Account(user)) => Some(user.to_string()),
            Some(Chain::Run(_)) | None => {
                let run = match chain {
                    Some(Chain::Run(run)) => Some(run.to_string()),
                    Some(Chain::Account(_)) | None => None,
                };
                let query = Query::of(List::All.partition()).descending().after(run).limit(1);
                if let Some(item) = store.query(&query).await?.items.first() {
                    return Ok(Some(Chain::Run(records::read(item)?)));
                }
                None
            }
        };
        let page = store.query(&Query::of(records::ACCOUNTS).after(user).limit(1)).await?;
        let user = page.items.first().map(|item| UserId::parse(item.key.sk.clone()));
        Ok(user.and_then(Result::ok).map(Chain::Account))
    }
}

impl Chain {
    fn id(&self) -> RunId {
        match self {
            Self::Run(run) => run.clone(),
            Self::Account(user) => account_id(user),
        }
    }

    fn cursor(&self, seq: u64) -> String {
        match self {
            Self::Run(run) => format!("r.{seq}.{run}"),
            Self::Account(user) => format!("a.{seq}.{user}"),
        }
    }
}

fn parse(cursor: &str) -> Result<Place, Problem> {
    let mut parts = cursor.splitn(3, '.');
    let (kind, seq, name) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let seq = seq.and_then(|seq| seq.parse().ok()).ok_or_else(not_ours)?;
    let chain = match kind {
        Some("r") => RunId::parse(name).ok().map(Chain::Run),
        Some("a") => UserId::parse(name).ok().map(Chain::Account),
        Some(_) | None => None,
    };
    chain.map(|chain| (chain, seq)).ok_or_else(not_ours)
}

fn not_ours() -> Problem {
    Problem::field(
        "cursor",
        "it is not one of ours",
        "take `next` of the page before, or leave it out",
    )
}
