//! What every strategy is tested by: the contract of [`Strategy`], case by case.
//!
//! ```
//! use std::sync::Arc;
//! use countersign::strategy::ApprovalOnly;
//! use countersign::testing::StrategyKit;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! StrategyKit::new(|| (ApprovalOnly, ())).run().await;
//! # });
//! ```

mod bench;
mod cases;
mod gone;

use std::time::Duration as Budget;

use async_trait::async_trait;
use serde_json::Value;

use super::Mishap;
use crate::model::{Integration, Object, Srn, StrategyName, Target, TargetName};
use crate::strategy::Strategy;

use bench::Bench;
use cases::CASES;

/// Longer than any case takes: whoever comes here waits for ever.
const LONGEST: Budget = Budget::from_mins(1);

/// The system that a strategy gives access in, as a test reaches it past the strategy. What a
/// system cannot do is left as it is; the cases that need it are skipped then.
///
/// `who` is what the strategy calls a user: their identity.
#[async_trait]
pub trait System: Send + Sync {
    /// Whether somebody has access; `None` where nobody can look.
    async fn has(&self, who: &str, target: &Target) -> Option<bool> {
        let _ = (who, target);
        None
    }

    /// Gives or takes access past the strategy. Returns whether it can.
    async fn set(&self, who: &str, target: &Target, has: bool) -> bool {
        let _ = (who, target, has);
        false
    }

    /// Has the next change go wrong: [`Mishap::Fails`], [`Mishap::FailsAfterwards`], [`Mishap::Busy`] or
    /// [`Mishap::Hangs`], which lasts until it is told [`Mishap::None`] where a change is tried again by
    /// itself. Returns whether it can go wrong so.
    async fn mishap(&self, mishap: Mishap) -> bool {
        let _ = mishap;
        false
    }

    /// Deletes somebody, as an administrator there would. Returns whether it can.
    async fn forget(&self, who: &str) -> bool {
        let _ = who;
        false
    }

    /// Deletes what a target stands for (a group, a role, a repository), as an administrator there
    /// would. Returns whether it can.
    async fn delete(&self, target: &Target) -> bool {
        let _ = target;
        false
    }

    /// Deletes the account, the organization or the like that all of it is in. Returns whether it can.
    async fn dissolve(&self) -> bool {
        false
    }
}

/// No system, or one that cannot be reached.
#[async_trait]
impl System for () {}

#[async_trait]
impl<S: System + ?Sized> System for std::sync::Arc<S> {
    async fn has(&self, who: &str, target: &Target) -> Option<bool> {
        (**self).has(who, target).await
    }

    async fn set(&self, who: &str, target: &Target, has: bool) -> bool {
        (**self).set(who, target, has).await
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        (**self).mishap(mishap).await
    }

    async fn forget(&self, who: &str) -> bool {
        (**self).forget(who).await
    }

    async fn delete(&self, target: &Target) -> bool {
        (**self).delete(target).await
    }

    async fn dissolve(&self) -> bool {
        (**self).dissolve().await
    }
}

/// Makes a strategy over a system in which nobody has anything.
type Fresh<'a> = dyn Fn() -> (Box<dyn Strategy>, Box<dyn System>) + Send + Sync + 'a;

/// Tests a strategy by its contract. See [`run`](Self::run).
pub struct StrategyKit<'a> {
    fresh: Box<Fresh<'a>>,
    target: Target,
    people: [String; 2],
    unknown: Option<String>,
    fields: Object,
    integration: Integration,
    is_unsure: bool,
}

impl std::fmt::Debug for StrategyKit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StrategyKit").field("target", &self.target).finish_non_exhaustive()
    }
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is expected, as a sentence.
    pub case: &'static str,
    /// Whether it is so.
    pub verdict: Verdict,
}

/// Whether it is as a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is so.
    Holds,
    /// Nobody could tell: the [`System`] lacks this.
    Skipped(&'static str),
    /// It is not so.
    Breaks(String),
}

impl<'a> StrategyKit<'a> {
    /// Tests the strategies that this makes. Each case is given one of its own, over a system in
    /// which nobody has anything.
    #[must_use]
    pub fn new<S: Strategy + 'static, Y: System + 'static>(
        fresh: impl Fn() -> (S, Y) + Send + Sync + 'a,
    ) -> Self {
        let srn = Srn::parse("acme:integration:custom:kit:latest").unwrap();
        let (kind, external_id) = ("custom".to_owned(), "kit".to_owned());
        Self {
            fresh: Box::new(move || {
                let (strategy, system) = fresh();
                (Box::new(strategy), Box::new(system))
            }),
            target: Target {
                name: TargetName::parse("kit-target").unwrap(),
                kind: "kit".to_owned(),
                label: "Kit".to_owned(),
                strategy: Some(StrategyName::parse("kit").unwrap()),
                settings: Object::new(),
            },
            people: ["ada@acme.test".to_owned(), "bo@acme.test".to_owned()],
            unknown: None,
            fields: Object::new(),
            integration: Integration {
                name: "kit".to_owned(),
                kind,
                external_id,
                settings: Object::new(),
                srn,
            },
            is_unsure: false,
        }
    }

    /// What is asked for, with the settings that the strategy needs.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// The settings of the target: a JSON object.
    #[must_use]
    pub fn target_settings(mut self, settings: &Value) -> Self {
        self.target.settings = object(settings);
        self
    }

    /// Two users whom the strategy can tell apart.
    #[must_use]
    pub fn people(mut self, one: &str, other: &str) -> Self {
        self.people = [one.to_owned(), other.to_owned()];
        self
    }

    /// A user whose name in the system nobody can find out.
    #[must_use]
    pub fn unknown(mut self, mail: &str) -> Self {
        self.unknown = Some(mail.to_owned());
        self
    }

    /// The answers to the form that the strategy reads: a JSON object.
    #[must_use]
    pub fn fields(mut self, fields: &Value) -> Self {
        self.fields = object(fields);
        self
    }

    /// The integration that the strategy is opened with.
    #[must_use]
    pub fn integration(mut self, integration: Integration) -> Self {
        self.integration = integration;
        self
    }

    /// Says that where what a target stands for is not found, the strategy cannot know whether it was
    /// deleted or is only hidden from it or called otherwise: the end of access stays open then, with an
    /// error, until somebody has looked.
    #[must_use]
    pub const fn unsure_what_is_deleted(mut self) -> Self {
        self.is_unsure = true;
        self
    }

    /// Runs all cases. The test fails if one of them does not hold, and says which.
    pub async fn run(&self) {
        let broken: Vec<_> = self
            .findings()
            .await
            .into_iter()
            .filter_map(|finding| match finding.verdict {
                Verdict::Breaks(why) => Some(format!("{}: {why}", finding.case)),
                Verdict::Holds | Verdict::Skipped(_) => None,
            })
            .collect();
        assert!(broken.is_empty(), "the strategy breaks its contract:\n  {}", broken.join("\n  "));
    }

    /// Runs all cases, and says what came of each.
    pub async fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (case, check) in CASES {
            let bench = Bench::new(self);
            let verdict = match tokio::time::timeout(LONGEST, check(&bench)).await {
                Ok(Ok(verdict)) => verdict,
                Ok(Err(why)) => Verdict::Breaks(why),
                Err(_) => Verdict::Breaks(format!("no answer in {} s", LONGEST.as_secs())),
            };
            findings.push(Finding { case, verdict });
        }
        findings
    }
}

fn object(value: &Value) -> Object {
    value.as_object().expect("this is a JSON object").clone()
}

#[cfg(test)]
mod tests;
