//! Membership in a group of Countersign's own directory: real access that can be looked at, without
//! any other system.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Strategy, StrategyContext};
use crate::flow::HandlerError;
use crate::model::{Event, Target, User};

/// Where the members of the directory's own groups are kept.
#[async_trait]
pub trait Groups: std::fmt::Debug + Send + Sync {
    /// Makes somebody a member; one who is stays so.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    async fn add(&self, group: &str, member: &str) -> Result<(), HandlerError>;

    /// Makes somebody no member; one who is not stays so.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    async fn remove(&self, group: &str, member: &str) -> Result<(), HandlerError>;

    /// Whether somebody is a member.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    async fn contains(&self, group: &str, member: &str) -> Result<bool, HandlerError>;
}

/// Access as membership in a group of the directory: a target's setting `group` names it.
#[derive(Debug, Clone)]
pub struct DirectoryGroup {
    groups: Arc<dyn Groups>,
}

impl DirectoryGroup {
    /// Over these groups.
    #[must_use]
    pub fn new(groups: Arc<dyn Groups>) -> Self {
        Self { groups }
    }
}

#[async_trait]
impl Strategy for DirectoryGroup {
    fn never_blocks(&self) -> bool {
        true
    }

    async fn escalate(
        &self,
        target: &Target,
        _: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let (group, member) = (group(target)?, cx.get_requester_identity().await?);
        self.groups.add(group, &member).await?;
        Ok(Some(json!({ "group": group, "member": member })))
    }

    async fn deescalate(
        &self,
        target: &Target,
        _: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let (group, member) = (group(target)?, cx.get_requester_identity().await?);
        self.groups.remove(group, &member).await?;
        Ok(None)
    }

    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
        Ok(Some(user.id.to_string()))
    }

    async fn is_granted(
        &self,
        target: &Target,
        _: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        let (group, member) = (group(target)?, cx.get_requester_identity().await?);
        self.groups.contains(group, &member).await.map(Some)
    }

    fn ends_sessions(&self) -> Option<&'static str> {
        Some("membership ends at once; what was opened before stays open until it is closed")
    }
}

/// The group that a target stands for: its setting `group`, or its own name.
fn group(target: &Target) -> Result<&str, HandlerError> {
    match target.settings.get("group") {
        Some(Value::String(group)) => Ok(group),
        None => Ok(target.name()),
        Some(other) => Err(HandlerError::new(
            "Strategy:SETTINGS",
            format!(
                "the target `{}` has the setting group = {other}, which is no text",
                target.name()
            ),
        )
        .final_()),
    }
}
