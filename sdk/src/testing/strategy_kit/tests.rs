//! The kit passes the strategies that everybody has, and finds what is wrong with others.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::Value;

use super::{StrategyKit, System, Verdict};
use crate::flow::HandlerError;
use crate::model::{Event, Target};
use crate::strategy::{ApprovalOnly, DirectoryGroup, Groups, Strategy, StrategyContext};
use crate::testing::Mishap;

/// Groups in memory, whose next change may go wrong.
#[derive(Debug, Default)]
struct Rooms {
    members: Mutex<BTreeSet<(String, String)>>,
    mishap: Mutex<Option<Mishap>>,
    /// People and groups that were deleted.
    gone: Mutex<BTreeSet<String>>,
}

impl Rooms {
    fn change(&self, group: &str, member: &str, is_member: bool) -> Result<(), HandlerError> {
        if let Some(gone) =
            [group, member].into_iter().find(|it| self.gone.lock().unwrap().contains(*it))
        {
            let error = HandlerError::new("Test:GONE", format!("there is no `{gone}`"));
            return if is_member { Err(error.final_()) } else { Ok(()) };
        }
        let mishap = self.mishap.lock().unwrap().take();
        if !matches!(mishap, Some(Mishap::Fails | Mishap::Busy)) {
            let mut members = self.members.lock().unwrap();
            let pair = (group.to_owned(), member.to_owned());
            if is_member {
                members.insert(pair)
            } else {
                members.remove(&pair)
            };
        }
        mishap.map_or(Ok(()), |_| Err(HandlerError::new("Test:FAILED", "as asked")))
    }
}

#[async_trait]
impl Groups for Rooms {
    async fn add(&self, group: &str, member: &str) -> Result<(), HandlerError> {
        self.change(group, member, true)
    }

    async fn remove(&self, group: &str, member: &str) -> Result<(), HandlerError> {
        self.change(group, member, false)
    }

    async fn contains(&self, group: &str, member: &str) -> Result<bool, HandlerError> {
        Ok(self.members.lock().unwrap().contains(&(group.to_owned(), member.to_owned())))
    }
}

#[async_trait]
impl System for Rooms {
    async fn has(&self, who: &str, target: &Target) -> Option<bool> {
        self.contains(target.name(), who).await.ok()
    }

    async fn set(&self, who: &str, target: &Target, has: bool) -> bool {
        self.change(target.name(), who, has).is_ok()
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        if mishap == Mishap::Hangs {
            return false;
        }
        *self.mishap.lock().unwrap() = Some(mishap);
        true
    }

    async fn forget(&self, who: &str) -> bool {
        self.members.lock().unwrap().retain(|(_, member)| member != who);
        self.gone.lock().unwrap().insert(who.to_owned())
    }

    async fn delete(&self, target: &Target) -> bool {
        self.members.lock().unwrap().retain(|(group, _)| group != target.name());
        self.gone.lock().unwrap().insert(target.name().to_owned())
    }
}

fn rooms() -> (DirectoryGroup, Arc<Rooms>) {
    let rooms = Arc::new(Rooms::default());
    (DirectoryGroup::new(rooms.clone()), rooms)
}

#[tokio::test]
async fn membership_in_a_group_keeps_the_contract() {
    let findings = StrategyKit::new(rooms).findings().await;
    let broken: Vec<_> =
        findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Breaks(_))).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let skipped =
        findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Skipped(_))).count();
    assert_eq!(
        skipped, 3,
        "nobody is unknown, memory does not hang and is in no account: {findings:#?}"
    );
}

#[tokio::test]
async fn whoever_says_to_be_unsure_about_what_is_deleted_has_to_be() {
    let findings = StrategyKit::new(rooms).unsure_what_is_deleted().findings().await;
    assert_found(&findings, "what is deleted is given to nobody, and nobody has it");
}

#[tokio::test]
async fn a_group_may_have_any_name() {
    StrategyKit::new(|| (DirectoryGroup::new(Arc::new(Rooms::default())), ()))
        .target_settings(&serde_json::json!({ "group": "Störung & \"Betrieb\" 🚒" }))
        .run()
        .await;
}

#[tokio::test]
async fn an_approval_alone_keeps_the_contract() {
    StrategyKit::new(|| (ApprovalOnly, ())).run().await;
}

/// Does all of it wrong in one way.
#[derive(Debug)]
struct Wrong {
    rooms: DirectoryGroup,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    GivesEverybodyIn,
    TakesByOutputOnly,
    SwallowsErrors,
    FailsOnTheSecondTaking,
    FetchesEachTime,
    GivesNothing,
    GivesToWhatIsGone,
}

impl Wrong {
    fn new(how: How) -> (Self, Arc<Rooms>) {
        let (strategy, system) = rooms();
        (Self { rooms: strategy, how }, system)
    }

    async fn swallow(
        &self,
        done: impl Future<Output = Result<Option<Value>, HandlerError>> + Send,
    ) -> Result<Option<Value>, HandlerError> {
        let done = done.await;
        if self.how == How::SwallowsErrors { Ok(done.unwrap_or(None)) } else { done }
    }
}

#[async_trait]
impl Strategy for Wrong {
    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        match self.how {
            How::GivesNothing => return Ok(None),
            How::FetchesEachTime => drop(cx.strategy.fetch_remote_identity(event.user()).await?),
            How::GivesEverybodyIn
            | How::TakesByOutputOnly
            | How::SwallowsErrors
            | How::FailsOnTheSecondTaking => {}
            How::GivesToWhatIsGone => {
                let given = self.rooms.escalate(target, event, cx).await;
                return given
                    .or_else(|error| if error.is_terminal() { Ok(None) } else { Err(error) });
            }
        }
        self.swallow(self.rooms.escalate(target, event, cx)).await
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let output: Option<Value> = event.run().step_output(crate::model::Step::Escalate)?;
        if self.how == How::TakesByOutputOnly && output.is_none() {
            return Ok(None);
        }
        let there = self.rooms.is_granted(target, event, cx).await?;
        if self.how == How::FailsOnTheSecondTaking && there == Some(false) {
            return Err(HandlerError::new("Test:GONE", "nothing to take"));
        }
        self.swallow(self.rooms.deescalate(target, event, cx)).await
    }

    async fn fetch_remote_identity(
        &self,
        user: &crate::model::User,
    ) -> Result<Option<String>, HandlerError> {
        let shared = (self.how == How::GivesEverybodyIn).then(|| "everybody".to_owned());
        Ok(Some(shared.unwrap_or_else(|| user.id.to_string())))
    }

    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        self.rooms.is_granted(target, event, cx).await
    }
}

#[track_caller]
fn assert_found(found: &[super::Finding], case: &str) {
    let is_found = |finding: &&super::Finding| matches!(finding.verdict, Verdict::Breaks(_));
    let broken: Vec<_> = found.iter().filter(is_found).map(|finding| finding.case).collect();
    assert!(broken.contains(&case), "the kit misses `{case}`, it found {broken:#?}");
}

#[tokio::test]
async fn what_is_wrong_is_found() {
    for (how, case) in [
        (How::GivesEverybodyIn, "two users do not affect each other"),
        (How::TakesByOutputOnly, "it is taken also when what giving left is lost"),
        (How::SwallowsErrors, "a failure is an error and changes nothing"),
        (How::SwallowsErrors, "half a change is an error, and repeating it mends it"),
        (How::FailsOnTheSecondTaking, "taking twice is taking once"),
        (How::FailsOnTheSecondTaking, "taking what was never given is no error"),
        (How::FetchesEachTime, "a user's name in the system is asked for once"),
        (How::GivesToWhatIsGone, "whoever is deleted is given nothing"),
        (How::GivesToWhatIsGone, "what is deleted is given to nobody, and nobody has it"),
        (How::GivesNothing, "what is given is there, and gone when it is taken"),
    ] {
        assert_found(&StrategyKit::new(|| Wrong::new(how)).findings().await, case);
    }
}

#[tokio::test]
#[should_panic(expected = "the strategy breaks its contract:\n  what is given is there")]
async fn what_is_wrong_fails_the_test_with_a_sentence() {
    StrategyKit::new(|| Wrong::new(How::GivesNothing)).run().await;
}
