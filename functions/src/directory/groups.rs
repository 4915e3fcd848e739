//! The directory's own groups: membership that is access.

use async_trait::async_trait;
use countersign::engine::records;
use countersign::flow::HandlerError;
use countersign::store::{Commit, Expect, Item, Key, Query, ReadError, Write, write_surely};
use countersign::strategy::Groups;

use super::LocalDirectory;

impl LocalDirectory {
    /// The members of a group that access is given by.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn group_members(&self, group: &str) -> Result<Vec<String>, ReadError> {
        let page = self.store.query(&Query::of(group_partition(group)).limit(1_000)).await?;
        Ok(page.items.into_iter().map(|item| item.key.sk).collect())
    }

    async fn put_once(&self, key: Key, body: String) -> Result<(), String> {
        let writes = vec![Write::Put { key, body, expect: Expect::Absent }];
        match write_surely(&*self.store, &records::transaction(writes)).await {
            Commit::Committed | Commit::Conflict(_) => Ok(()),
            Commit::Throttled => Err("it is throttled".to_owned()),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
        }
    }
}

#[async_trait]
impl Groups for LocalDirectory {
    async fn add(&self, group: &str, member: &str) -> Result<(), HandlerError> {
        let key = Key::new(group_partition(group), member);
        self.put_once(key, "{}".to_owned())
            .await
            .map_err(|why| HandlerError::new("Directory:UNAVAILABLE", why))
    }

    async fn remove(&self, group: &str, member: &str) -> Result<(), HandlerError> {
        let key = Key::new(group_partition(group), member);
        let writes = vec![Write::Delete { key, expect: Expect::Anything }];
        match write_surely(&*self.store, &records::transaction(writes)).await {
            Commit::Committed => Ok(()),
            Commit::Conflict(_) | Commit::Throttled => {
                Err(HandlerError::new("Directory:BUSY", "it is busy"))
            }
            Commit::Unknown(why) | Commit::Invalid(why) => {
                Err(HandlerError::new("Directory:UNAVAILABLE", why))
            }
        }
    }

    async fn contains(&self, group: &str, member: &str) -> Result<bool, HandlerError> {
        let item: Option<Item> = self.store.get(&Key::new(group_partition(group), member)).await?;
        Ok(item.is_some())
    }
}

fn group_partition(group: &str) -> String {
    format!("Y#{group}")
}
