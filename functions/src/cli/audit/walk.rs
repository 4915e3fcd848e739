//! All chains of a store, one after the other, also while a server writes to it.

use std::collections::BTreeSet;

use countersign::desk::{Account, account_id};
use countersign::engine::records::{self, List};
use countersign::engine::{Run, SealedEntry};
use countersign::model::{RunId, UserId};
use countersign::store::{Item, Key, Query, ReadError, Store};

use super::super::exit::Failure;
use super::chain::{Chain, Found, Head, Lost};
use super::exact::read_exactly;
use crate::store::SqliteStore;

const ACCOUNTS: &str = "N#accounts";

/// So many are read at once.
const PAGE: usize = 500;

/// A chain that grows while it is read is read again, so often.
const LOOKS: usize = 20;

/// Gives each chain, or what is wrong with it, to `take`. The tree is read before: what comes into
/// it later, it does not miss.
pub(super) async fn walk(
    store: &SqliteStore,
    take: &mut impl FnMut(Found) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // First what should be there, then what is: what comes meanwhile is not missed.
    let mut listed = listed(store).await.map_err(|error| unreadable(&error))?;
    let mut after = None;
    loop {
        let partitions = store.partitions("R#", after, PAGE).await;
        let partitions = partitions.map_err(|error| unreadable(&error))?;
        for partition in &partitions {
            let name = partition.strip_prefix("R#").unwrap_or_default();
            let was_listed = listed.remove(name);
            let Ok(id) = RunId::parse(name) else {
                take(Err(nothing(format!("`{partition}` is the place of no run"))))?;
                continue;
            };
            match chain(store, &id).await {
                Ok(None) if was_listed => take(Err(gone(name)))?,
                Ok(None) => {}
                Ok(Some(chain)) => {
                    let is_listed = was_listed || is_listed(store, &chain.head).await?;
                    take(Ok(chain))?;
                    if !is_listed {
                        let why = format!("run {name} is there, but was struck off the list");
                        take(Err(nothing(why)))?;
                    }
                }
                Err(why) => take(Err(Lost { run: Some(id), why }))?,
            }
        }
        after = partitions.last().cloned();
        if partitions.len() < PAGE {
            break;
        }
    }
    listed.iter().try_for_each(|name| take(Err(gone(name))))
}

fn gone(name: &str) -> Lost {
    Lost { run: None, why: format!("run {name} is on the list, and nothing of it is there") }
}

/// What is wrong, and with no chain that could be read.
fn nothing(why: String) -> Lost {
    Lost { run: None, why }
}

fn unreadable(error: &ReadError) -> Failure {
    Failure::Error(error.to_string())
}

/// The chains that the store's own lists name.
async fn listed(store: &SqliteStore) -> Result<BTreeSet<String>, ReadError> {
    let mut names = BTreeSet::new();
    for list in [List::All.partition(), ACCOUNTS.to_owned()] {
        let is_accounts = list == ACCOUNTS;
        let mut query = Query::of(list).limit(PAGE);
        loop {
            let page = store.query(&query).await?;
            let last = page.items.last().map(|item| item.key.sk.clone());
            names.extend(page.items.into_iter().map(|item| match UserId::parse(&*item.key.sk) {
                Ok(user) if is_accounts => account_id(&user).to_string(),
                Ok(_) | Err(_) => item.key.sk,
            }));
            query = query.after(last);
            if !page.more {
                break;
            }
        }
    }
    Ok(names)
}

async fn is_listed(store: &SqliteStore, head: &Head) -> Result<bool, Failure> {
    let key = match head {
        Head::Run(run) => Key::new(List::All.partition(), run.id.as_str()),
        Head::Account(account) => Key::new(ACCOUNTS, account.user.as_str()),
    };
    Ok(store.get(&key).await.map_err(|error| unreadable(&error))?.is_some())
}

/// A chain as it stood at one moment; `None`: nothing has happened in it yet.
async fn chain(store: &SqliteStore, id: &RunId) -> Result<Option<Chain>, String> {
    let broken = |error: ReadError| format!("run {id}: {error}");
    let mut head = self::head(store, id).await.map_err(broken)?;
    for _ in 0..LOOKS {
        let entries = entries(store, id).await?;
        let again = self::head(store, id).await.map_err(broken)?;
        if version(head.as_ref()) != version(again.as_ref()) {
            head = again;
            continue;
        }
        return match &head {
            None if entries.is_empty() => Ok(None),
            None => Err(format!("run {id}: it has entries, and no head")),
            Some(item) => {
                let head = read_head(item).map_err(broken)?;
                if head.place().0 == *id {
                    Ok(Some(Chain { entries, head }))
                } else {
                    Err(format!("run {id}: its head is that of another"))
                }
            }
        };
    }
    Err(format!("run {id}: it changes too quickly to be read: try again"))
}

fn version(item: Option<&Item>) -> Option<(&str, u64)> {
    item.map(|item| (item.key.pk.as_str(), item.version))
}

async fn head(store: &SqliteStore, id: &RunId) -> Result<Option<Item>, ReadError> {
    let heads = store.get_many(&[records::head(id), records::account(id)]).await?;
    Ok(heads.into_iter().flatten().next())
}

fn read_head(item: &Item) -> Result<Head, ReadError> {
    if !item.key.pk.starts_with("R#") {
        let account: Account = records::read(item)?;
        return Ok(Head::Account(account));
    }
    let run: Run = records::read(item)?;
    Ok(Head::Run(Box::new(run)))
}

async fn entries(store: &SqliteStore, id: &RunId) -> Result<Vec<SealedEntry>, String> {
    let mut entries = Vec::new();
    let mut query = Query::of(records::partition(id)).prefix("E#").limit(PAGE);
    loop {
        let page = store.query(&query).await.map_err(|error| format!("run {id}: {error}"))?;
        for item in &page.items {
            let added: Vec<SealedEntry> = read_exactly(&item.body)
                .map_err(|error| format!("run {id}: `{}` was changed: {error}", item.key))?;
            entries.extend(added);
        }
        query = query.after(page.items.last().map(|item| item.key.sk.clone()));
        if !page.more {
            return Ok(entries);
        }
    }
}
