//! A strategy of one's own: somebody has access to a door when their badge opens it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use countersign::async_trait;
use countersign::model::Target;
use countersign::prelude::*;
use countersign::serde::{Deserialize, Serialize};
use countersign::serde_json::{self, Value};
use countersign::strategy::{Setup, Strategy, StrategyContext, StrategyType};

use crate::controller::Controller;

/// Access is a badge that opens a door.
#[derive(Debug)]
pub(crate) struct Badge {
    controller: Controller,
    badges: BTreeMap<UserId, String>,
}

/// The settings of the strategy.
#[derive(Deserialize)]
#[serde(crate = "countersign::serde", deny_unknown_fields)]
struct BadgeSettings {
    /// Where the controller keeps its doors.
    file: PathBuf,
}

/// The settings of its integration.
#[derive(Deserialize)]
#[serde(crate = "countersign::serde", deny_unknown_fields)]
struct Desk {
    /// The badges that were handed out, by mail address.
    #[serde(default)]
    badges: BTreeMap<UserId, String>,
}

/// What `escalate` leaves for `deescalate`.
#[derive(Serialize, Deserialize)]
#[serde(crate = "countersign::serde")]
struct Opened {
    session: u64,
}

impl StrategyType for Badge {
    const TYPE: &'static str = "badge";

    fn open(setup: &Setup) -> Result<Self> {
        let settings: BadgeSettings = serde_json::from_value(setup.settings.clone().into())?;
        let desk: Desk = serde_json::from_value(setup.integration.settings.clone().into())?;
        Ok(Self { controller: Controller::new(&settings.file), badges: desk.badges })
    }
}

#[async_trait]
impl Strategy for Badge {
    async fn escalate(
        &self,
        target: &Target,
        _: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>> {
        let badge = cx.get_requester_identity().await?;
        let session = self.controller.open(door(target), &badge)?;
        Ok(Some(serde_json::to_value(Opened { session })?))
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>> {
        // What was opened is closed, even if the badge has been replaced since.
        if let Some(Opened { session }) = event.run().step_output(Step::Escalate)? {
            self.controller.close(session)?;
        }
        // And so is what nobody wrote down: after a crash, or for another run of the same user.
        let badge = cx.get_requester_identity().await?;
        if let Some(session) = self.controller.session(door(target), &badge)? {
            self.controller.close(session)?;
        }
        Ok(None)
    }

    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>> {
        Ok(self.badges.get(&user.id).cloned())
    }

    async fn is_granted(
        &self,
        target: &Target,
        _: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>> {
        let badge = cx.get_requester_identity().await?;
        Ok(Some(self.controller.session(door(target), &badge)?.is_some()))
    }

    fn ends_sessions(&self) -> Option<&'static str> {
        Some("the door stays shut from then on; whoever is inside stays inside")
    }
}

/// The door that a target stands for: its setting `door`, or its own name.
fn door(target: &Target) -> &str {
    target.settings.get("door").and_then(Value::as_str).unwrap_or_else(|| target.name())
}

#[cfg(test)]
pub(crate) mod tests;
