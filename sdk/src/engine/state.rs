//! Where a run stands.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chain::genesis;
use super::entry::{Effect, EffectId};
use super::rules::{Request, Rules};
use crate::approvers::{Approvers, Stage};
use crate::flow::{Override, TemplateKind};
use crate::model::{Duration, FlowName, Hash, Outcome, RunId, Status, Step, Timestamp, UserId};

/// The version of what is stored of runs and entries.
pub const SCHEMA: u16 = 1;

/// A run: the fold of its entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The version of this form; see [`SCHEMA`].
    pub schema: u16,
    /// Which run.
    pub id: RunId,
    /// By which flow.
    pub flow: FlowName,
    /// In which version of the program it was begun.
    pub flow_version: String,
    /// Of which template.
    pub template: TemplateKind,
    /// When it was asked for.
    pub created: Timestamp,
    /// When its newest entry was written.
    pub touched: Timestamp,
    /// What is asked for.
    pub request: Request,
    /// Under which rules.
    pub rules: Rules,
    /// The steps after which the flow, as it was when the run was begun, has a function.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub acts: BTreeSet<Step>,
    /// Who has to approve besides those whom the flow asks, because a policy says no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Where it stands.
    pub state: State,
    /// The steps that it went through; of a repeated step, the last time.
    pub steps: BTreeMap<Step, Passed>,
    /// Everybody whose approval counts, in order.
    pub approvals: Vec<Approval>,
    /// When access was first there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The end that was set when access was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What is still to be done, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outstanding: Vec<Outstanding>,
    /// The number of its newest entry.
    pub seq: u64,
    /// The hash of its newest entry.
    pub chain: Hash,
}

/// How a run went through a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passed {
    /// In whose name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// What came with it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub context: Value,
    /// What it left behind.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// It waits for its beginning.
    Prompted {
        /// When that is.
        starts: Timestamp,
    },
    /// Somebody has to decide, or answer.
    Pending(Box<Pending>),
    /// Access is being given. Whatever happens, it ends at `until`.
    Granting {
        /// When it ends; `None`: when somebody ends it.
        until: Option<Timestamp>,
        /// How often giving it failed.
        attempts: u32,
    },
    /// Access is there.
    Active {
        /// When it ends; `None`: when somebody ends it.
        until: Option<Timestamp>,
        /// Whether the requester was told that it ends soon.
        warned: bool,
    },
    /// Access is being taken away.
    Revoking {
        /// How the run will end.
        outcome: Outcome,
        /// Why, for people.
        message: Option<String>,
        /// Since when.
        since: Timestamp,
        /// How often taking it away failed.
        attempts: u32,
    },
    /// It is over.
    Closed {
        /// How.
        outcome: Outcome,
        /// Why, for people.
        message: Option<String>,
        /// When.
        at: Timestamp,
        /// The target is still to be looked at again.
        recheck: Option<Recheck>,
    },
}

/// Somebody has to decide, or answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The whole plan.
    pub plan: Approvers,
    /// Which stage of it, from 0.
    pub stage: usize,
    /// Who may decide, as far as could be found out. For display: who decides is checked afresh.
    pub asked: Vec<UserId>,
    /// When their time is up.
    pub deadline: Option<Timestamp>,
    /// When they are reminded next.
    pub remind: Option<Timestamp>,
    /// How often they were.
    pub reminders: u32,
}

/// An approval that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whose.
    pub by: Decider,
    /// When.
    pub at: Timestamp,
    /// In which stage.
    pub stage: usize,
    /// With what remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The hash of what was shown.
    pub binding: Hash,
}

/// Who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// Somebody.
    User {
        /// Who.
        id: UserId,
        /// Why they may.
        because: String,
        /// Whether they decided as an administrator who was not asked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        overrides: bool,
    },
    /// A hook of the flow.
    Flow {
        /// Which.
        hook: Step,
    },
    /// The engine, for want of anybody else, as where a hook failed and the flow says "deny".
    Engine,
}

/// Looking again after the end: after one, five and twenty minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recheck {
    /// Which look is next, from 0.
    pub round: usize,
    /// When.
    pub at: Timestamp,
}

/// An effect that is still to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outstanding {
    /// Names it for good.
    pub id: EffectId,
    /// What is to be done.
    pub effect: Effect,
    /// Not before this time, as after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// Something that a time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// A scheduled run begins.
    Start,
    /// The time of those who are asked is up.
    Deadline,
    /// Those who are asked are reminded.
    Remind,
    /// The requester is told that access ends soon.
    Warn,
    /// Access ends.
    End,
    /// The target is looked at again.
    Recheck,
    /// An effect is tried again, or was left behind by somebody who crashed.
    Resume,
}

impl Due {
    /// The word for it in keys and names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Deadline => "deadline",
            Self::Remind => "remind",
            Self::Warn => "warn",
            Self::End => "end",
            Self::Recheck => "recheck",
            Self::Resume => "resume",
        }
    }
}

/// When the target is looked at again, counted from the end.
pub(super) const RECHECKS: [Duration; 3] =
    [Duration::minutes(1), Duration::minutes(5), Duration::minutes(20)];

/// How long before its end somebody is told.
pub(super) const WARNING: Duration = Duration::minutes(10);

/// How long an effect may be under way before another worker takes it over.
pub(super) const LEFT_BEHIND: Duration = Duration::seconds(60);

impl Run {
    /// Where it stands, in one word.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self.state {
            State::Prompted { .. } | State::Pending(_) => Status::Pending,
            State::Granting { .. } => Status::Granting,
            State::Active { .. } => Status::Active,
            State::Revoking { .. } => Status::Revoking,
            State::Closed { .. } => Status::Closed,
        }
    }

    /// How it ended, once it has.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Closed { outcome, .. } => Some(outcome),
            State::Prompted { .. }
            | State::Pending(_)
            | State::Granting { .. }
            | State::Active { .. }
            | State::Revoking { .. } => None,
        }
    }

    /// The stage that is asked now.
    #[must_use]
    pub fn stage(&self) -> Option<&Stage> {
        match &self.state {
            State::Pending(pending) => pending.plan.stages().get(pending.stage),
            State::Prompted { .. }
            | State::Granting { .. }
            | State::Active { .. }
            | State::Revoking { .. }
            | State::Closed { .. } => None,
        }
    }

    /// Whether there is anything to grant.
    #[must_use]
    pub fn grants(&self) -> bool {
        self.request.target.as_ref().is_some_and(|target| target.strategy.is_some())
    }

    /// The hash of all that an approver is shown.
    #[must_use]
    pub fn binding(&self) -> Hash {
        super::binding(&self.flow, &self.flow_version, &self.request)
    }

    /// Whether it may still move by itself. Whoever brings entries into the audit tree keeps an eye
    /// on it until then.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.status() != Status::Closed || !self.dues().is_empty()
    }

    /// Everything that a time brings, and when: a function of the state, so that none can be lost.
    #[must_use]
    pub fn dues(&self) -> Vec<(Timestamp, Due)> {
        let mut dues = Vec::new();
        match &self.state {
            State::Prompted { starts } => dues.push((*starts, Due::Start)),
            State::Pending(pending) => {
                dues.extend(pending.deadline.map(|at| (at, Due::Deadline)));
                dues.extend(pending.remind.map(|at| (at, Due::Remind)));
            }
            State::Granting { until, .. } => dues.extend(until.map(|at| (at, Due::End))),
            State::Active { until: Some(until), warned } => {
                dues.push((*until, Due::End));
                dues.extend(self.warning(*until, *warned).map(|at| (at, Due::Warn)));
            }
            State::Active { until: None, .. } | State::Revoking { .. } => {}
            State::Closed { recheck, .. } => {
                dues.extend(recheck.map(|recheck| (recheck.at, Due::Recheck)));
            }
        }
        let resume = self
            .outstanding
            .iter()
            .map(|left| left.not_before.unwrap_or(self.touched + LEFT_BEHIND));
        dues.extend(resume.min().map(|at| (at, Due::Resume)));
        dues
    }

    /// When the requester is told that access ends soon; not if it is short anyway.
    fn warning(&self, until: Timestamp, warned: bool) -> Option<Timestamp> {
        let ahead = jiff::SignedDuration::from_secs(i64::from(WARNING.as_seconds()));
        let at = until.checked_sub(ahead).ok()?;
        let since = self.since?;
        (!warned && at > since + WARNING).then_some(at)
    }

    /// The effects that may be carried out now, in order. A failed one holds up those behind it
    /// only where they touch the target too.
    #[must_use]
    pub fn ready(&self, now: Timestamp) -> Vec<Outstanding> {
        let waits = |left: &Outstanding| left.not_before.is_some_and(|at| at > now);
        let mut target_waits = false;
        let mut ready = Vec::new();
        for left in &self.outstanding {
            let touches = left.effect.touches_target();
            if waits(left) || (touches && target_waits) {
                target_waits |= touches;
            } else {
                ready.push(left.clone());
            }
        }
        ready
    }

    /// Whether it stands where it will stay before somebody does something or a time comes: what may
    /// be left are the functions after its steps.
    #[must_use]
    pub fn is_settled(&self, now: Timestamp) -> bool {
        self.ready(now).iter().all(|left| left.effect.is_act())
    }

    /// Whether nothing will happen before somebody does something or a time comes.
    #[must_use]
    pub fn rests(&self, now: Timestamp) -> bool {
        self.ready(now).is_empty()
    }

    /// What the chain's last link is for a run without entries.
    pub(super) fn first_link(run: &RunId) -> Hash {
        genesis(run)
    }
}
