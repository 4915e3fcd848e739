//! What happened, as it stands in the audit chain; and what has to be done because of it.

use std::collections::BTreeSet;

use countersign_policy::Explanation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::Actor;
use super::rules::{Request, Rules};
use super::state::{Decider, Due};
use crate::approvers::Approvers;
use crate::context::NewRun;
use crate::flow::TemplateKind;
use crate::model::{
    Channel, CommandId, Duration, FlowName, Hash, Object, Outcome, RunId, Step, Target, Timestamp,
    UserId,
};

/// One thing that happened in a run. A run is the fold of its entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of this form; see [`SCHEMA`](super::SCHEMA).
    pub v: u16,
    /// In which run.
    pub run: RunId,
    /// 1 for the first, and one more for each.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who caused it, and how we know.
    pub actor: Actor,
    /// Where.
    pub channel: Channel,
    /// By which command, timer or effect.
    pub cause: Cause,
    /// What happened.
    pub what: What,
    /// What has to be done because of it, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// What the flow's functions and the directories answered for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Noted>,
}

/// What caused an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A command.
    Command {
        /// Which.
        id: CommandId,
        /// When it was recorded.
        recorded: Timestamp,
    },
    /// A time that came.
    Due {
        /// What was due.
        due: Due,
    },
    /// An effect that was carried out, or tried.
    Effect {
        /// Which.
        id: EffectId,
    },
}

/// What a function of the flow, or a directory, answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// The question: `on_request`, `get_approver`, `members of Okta group data-security`.
    pub question: String,
    /// The function that answered, as `module::name`; `None` for a directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// Its `file:line`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The answer; `null` where it failed.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub answer: Value,
    /// How it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What the policies that the function asked said, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Explanation>,
}

/// A failure, as it is shown and recorded: no secrets, no internals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable code such as `Identity:NOT_FOUND`.
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether trying again is of no use.
    #[serde(default, rename = "final", skip_serializing_if = "std::ops::Not::not")]
    pub is_final: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum What {
    /// The run was begun.
    Requested {
        /// By which flow.
        flow: FlowName,
        /// In which version.
        flow_version: String,
        /// Of which template.
        template: TemplateKind,
        /// What is asked for.
        request: Box<Request>,
        /// Under which rules.
        rules: Rules,
        /// The steps after which the flow has a function.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        acts: BTreeSet<Step>,
    },
    /// A hook changed what is asked for, before anybody was asked.
    Changed {
        /// The new duration.
        duration: Option<Duration>,
        /// The new target.
        target: Option<Target>,
        /// The new answers.
        fields: Object,
        /// Which hook.
        by: Step,
        /// Who has to approve besides those whom the flow asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        also: Option<Box<Override>>,
    },
    /// Approvers are asked.
    Asked(Box<Ask>),
    /// The ones before did not do.
    Forwarded {
        /// Why.
        why: Why,
    },
    /// Somebody, or the flow, said yes.
    Approved {
        /// Who.
        by: Decider,
        /// With what remark.
        message: Option<String>,
        /// The hash of what they were shown.
        binding: Hash,
        /// In which stage.
        stage: usize,
    },
    /// Somebody, or the flow, said no.
    Denied {
        /// Who.
        by: Decider,
        /// Why.
        message: Option<String>,
    },
    /// A command was refused. Nothing changed.
    Refused {
        /// Which.
        command: String,
        /// A stable code.
        code: String,
        /// Why, for whoever gave the command.
        message: String,
    },
    /// Access is going to be given.
    Granting {
        /// Until when; `None`: until somebody ends it.
        until: Option<Timestamp>,
    },
    /// Access is there.
    Granted {
        /// What the strategy left for later.
        output: Option<Value>,
        /// How it was seen.
        reached: ReachedBy,
    },
    /// Giving access failed.
    GrantFailed {
        /// How.
        failure: Failure,
        /// When it is tried again; `None`: it is not.
        again: Option<Timestamp>,
    },
    /// Access is going to be taken away.
    Ending {
        /// Why.
        why: EndedBy,
        /// With what remark.
        message: Option<String>,
        /// How the run will end.
        outcome: Outcome,
    },
    /// Access is gone.
    Revoked {
        /// What the strategy left.
        output: Option<Value>,
        /// How it was seen.
        reached: ReachedBy,
    },
    /// Taking access away failed. It is tried again.
    RevokeFailed {
        /// How.
        failure: Failure,
        /// When it is tried again.
        again: Timestamp,
        /// Whether an alarm is raised: it has lasted for two minutes.
        alarm: bool,
    },
    /// The run is over.
    Closed {
        /// How.
        outcome: Outcome,
        /// Why.
        message: Option<String>,
    },
    /// Those who are waited for were reminded.
    Reminded {
        /// Who may decide now.
        asked: Vec<UserId>,
        /// When they are reminded next.
        next: Option<Timestamp>,
    },
    /// The requester was told that access ends soon.
    Warned,
    /// After the end, the target was looked at again.
    Rechecked {
        /// What was seen.
        found: Found,
        /// The look could not be made, and will be repeated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
    /// A follow-up's questions were answered.
    Answers {
        /// The answers.
        fields: Object,
    },
    /// Something about users, tokens or the system itself, outside of any run.
    Noted {
        /// What, such as `user` or `token`.
        about: String,
        /// The particulars, without secrets.
        details: Value,
    },
    /// Effects were carried out.
    Done {
        /// Which.
        effects: Vec<EffectId>,
    },
}

pub use crate::flow::Override;

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The whole plan.
    pub plan: Approvers,
    /// Which stage of it, from 0.
    pub stage: usize,
    /// Who may decide, as far as could be found out.
    pub asked: Vec<UserId>,
    /// When their time is up.
    pub deadline: Option<Timestamp>,
    /// When they are reminded.
    pub remind: Option<Timestamp>,
}

/// Why a request goes to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Their time was up.
    TimedOut,
    /// Nobody, or too few of them, could be asked.
    NobodyReached,
}

/// What ended access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// Its time was up.
    TimeUp,
    /// Somebody ended it.
    Revoked,
    /// The requester took the request back while access was being given.
    Cancelled,
    /// It could not be given.
    Failed,
    /// Whoever held it has left.
    Left,
}

/// How a grant or a revoke is known to have worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachedBy {
    /// The target was looked at, and it was so.
    Seen,
    /// The strategy said so, and cannot look.
    Said,
    /// Another run of the same person holds the same access: nothing had to be done.
    Shared,
    /// The person had the access before Countersign gave any: it is not touched.
    Standing,
    /// Nothing had been given.
    Nothing,
}

/// What a look at a target after the end showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// No access.
    Gone,
    /// Access had come back, as when a grant lands late. It was taken away again.
    TakenAgain,
    /// It was not looked at: another run holds it, it was there before, or the strategy cannot look.
    NotLooked,
    /// The look failed.
    Unknown,
}

/// What has to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Effect {
    /// Have somebody wake the run at a time.
    Arm {
        /// For what.
        due: Due,
        /// When.
        at: Timestamp,
    },
    /// Give access.
    Grant,
    /// Take access away.
    Revoke,
    /// Tell those who may decide.
    Ask,
    /// Tell somebody.
    Notify {
        /// What.
        notice: Notice,
    },
    /// Call the flow's `after_` function.
    Act {
        /// After which step.
        step: Step,
    },
    /// Start another run.
    Start {
        /// What.
        run: Box<NewRun>,
    },
}

impl Effect {
    /// Whether the access itself is touched.
    #[must_use]
    pub const fn touches_target(&self) -> bool {
        matches!(self, Self::Grant | Self::Revoke)
    }

    /// Whether it is a function of the flow that is called after a step.
    #[must_use]
    pub const fn is_act(&self) -> bool {
        matches!(self, Self::Act { .. })
    }

    /// The message that it is, if it is one: what it tells; without a notice, whoever may decide is
    /// asked. Messages are committed with what they tell of, and are not outstanding after it.
    #[must_use]
    pub const fn message(&self) -> Option<Option<Notice>> {
        match self {
            Self::Ask => Some(None),
            Self::Notify { notice } => Some(Some(*notice)),
            Self::Arm { .. }
            | Self::Grant
            | Self::Revoke
            | Self::Act { .. }
            | Self::Start { .. } => None,
        }
    }
}

/// Names an effect for good: the entry that called for it, and which of its effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId {
    /// The entry.
    pub seq: u64,
    /// Which of its effects, from 0.
    pub index: usize,
}

/// What somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// To the requester and the thread: where the run stands now.
    Standing,
    /// To those who were asked: again.
    Reminder,
    /// To the requester: access ends soon.
    EndsSoon,
    /// To those who approved: no answer came to the follow-up.
    Overdue,
    /// To the error channel: a function failed, or access cannot be taken away.
    Trouble,
}
