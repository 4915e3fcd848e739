//! What people and programs see of runs: the same on every surface.

mod explain;
mod form;

use serde::{Deserialize, Serialize};

use super::{Caller, Desk, Problem, Scope};
use crate::context::Call as Mode;
use crate::engine::records;
use crate::engine::{Decider, Entries, Lease, Run, SealedEntry, State, entries_after, notices};
use crate::model::{
    Channel, Duration, FlowName, Hash, Object, Outcome, Role, RunId, Status, TargetName, Timestamp,
    UserId,
};

pub use explain::{Explain, MayDo, Needs, RuleView};
pub use form::{FormView, TargetView};

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunView {
    /// Which run.
    pub id: RunId,
    /// By which flow.
    pub flow: FlowName,
    /// Where it stands.
    pub status: Status,
    /// How it ended, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// For whom access is asked.
    pub requester: UserId,
    /// Who filed it, if somebody else did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_by: Option<UserId>,
    /// For what.
    pub target: Option<TargetName>,
    /// What pages call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_label: Option<String>,
    /// For how long.
    pub duration: Option<Duration>,
    /// Why.
    pub reason: String,
    /// The answers to the flow's own fields.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub fields: Object,
    /// When it was asked for.
    pub created: Timestamp,
    /// When access was first there.
    pub since: Option<Timestamp>,
    /// When access ends.
    pub until: Option<Timestamp>,
    /// Whose approval counts.
    pub approvals: Vec<ApprovalView>,
    /// Who has to do something.
    pub waiting_for: Vec<UserId>,
    /// The run that started this one, or that it prolongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// Where it came from.
    pub channel: Channel,
    /// A hash of all that an approver is shown; an approval may name it.
    pub binding: Hash,
    /// Why it stands where it does, and what may be done.
    pub explain: Explain,
    /// Where its page is.
    pub url: String,
}

/// An approval that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApprovalView {
    /// Who approved: a user, or `flow` and the hook.
    pub by: String,
    /// Why they might.
    pub because: String,
    /// When.
    pub at: Timestamp,
    /// In which stage, from 1.
    pub stage: usize,
    /// With what remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Somebody's hold on a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GrantView {
    /// By which run.
    pub run: RunId,
    /// Who.
    pub user: UserId,
    /// On what.
    pub target: TargetName,
    /// Since when; `null` while access is being given.
    pub since: Option<Timestamp>,
    /// Until when; `null`: until somebody ends it.
    pub until: Option<Timestamp>,
    /// Where the run stands.
    pub status: Status,
}

/// An entry of the audit chain.
pub type EntryView = SealedEntry;

impl Desk {
    /// A run with everything that can be said about it to this caller.
    ///
    /// # Errors
    ///
    /// If there is no such run, or it is not for the caller to see.
    pub async fn view(&self, caller: &Caller, id: &RunId) -> Result<RunView, Problem> {
        let run = self.readable(caller, id).await?;
        self.viewed(caller, &run).await
    }

    /// A run that this caller may see.
    pub(super) async fn viewed(&self, caller: &Caller, run: &Run) -> Result<RunView, Problem> {
        let entries = self.first_entries(&run.id).await?;
        let explain = explain::fully(self, caller, run, &entries).await;
        Ok(view(run, explain))
    }

    /// The run, if this caller may read it: with a token that is not good for that, only their own.
    async fn readable(&self, caller: &Caller, id: &RunId) -> Result<Run, Problem> {
        let run = self.seen(caller, id).await?;
        if !has_to_do_with(&run, &caller.user.id) {
            caller.needs(Scope::Read)?;
        }
        Ok(run)
    }

    /// The run, if this caller may see it.
    pub(super) async fn seen(&self, caller: &Caller, id: &RunId) -> Result<Run, Problem> {
        let run = self.runner.run(id).await?.ok_or_else(|| Problem::no_run(id))?;
        if self.may_see(caller, &run).await { Ok(run) } else { Err(Problem::no_run(id)) }
    }

    /// Whoever has to do with a run sees it, administrators and auditors see all; beyond that the
    /// flow's `get_viewer` decides, or any member sees it.
    pub(super) async fn may_see(&self, caller: &Caller, run: &Run) -> bool {
        let me = &caller.user.id;
        if caller.user.deactivated {
            return false;
        }
        if caller.reads_all() || has_to_do_with(run, me) {
            return true;
        }
        let table = self.runner.environment.flow(&run.flow).map(|flow| flow.table);
        let Some(entry) = table.and_then(|table| table.reducers.get_viewer) else {
            return caller.user.role >= Role::Member;
        };
        let now = self.runner.host.now();
        let event = self.runner.looking(run, now).await;
        let budget = self.runner.budgets.hook;
        let key = format!("{}/get_viewer", run.id);
        match self.runner.call(entry, event, (), Mode::Deciding, key, now, budget).await.0 {
            Ok(people) => self.runner.services.is_member(&people, me).await.unwrap_or(false),
            Err(_) => false,
        }
    }

    /// A run's entries, in order, a page at a time: those after `after`.
    ///
    /// # Errors
    ///
    /// If there is no such run, or it is not for the caller to see.
    pub async fn entries(
        &self,
        caller: &Caller,
        id: &RunId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<EntryView>, Option<u64>), Problem> {
        self.readable(caller, id).await?;
        let after = after.unwrap_or_default();
        let Entries { entries, more } =
            entries_after(&*self.runner.store, id, after, limit).await?;
        let next = entries.last().filter(|_| more).map(|sealed| sealed.entry.seq);
        Ok((entries, next))
    }

    async fn first_entries(&self, id: &RunId) -> Result<Vec<SealedEntry>, Problem> {
        Ok(entries_after(&*self.runner.store, id, 0, 200).await?.entries)
    }

    /// Everybody's hold on the target of a run, as it is counted.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn lease(&self, run: &Run) -> Result<Option<Lease>, Problem> {
        let Some(target) = &run.request.target else { return Ok(None) };
        let key = records::lease(&run.request.requester, &target.name);
        Ok(self.runner.store.get(&key).await?.as_ref().map(records::read).transpose()?)
    }
}

fn has_to_do_with(run: &Run, me: &UserId) -> bool {
    let decided = run.approvals.iter().any(|approval| match &approval.by {
        Decider::User { id, .. } => id == me,
        Decider::Flow { .. } | Decider::Engine => false,
    });
    let asked = match &run.state {
        State::Pending(pending) => pending.asked.contains(me),
        State::Prompted { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Revoking { .. }
        | State::Closed { .. } => false,
    };
    decided || asked || run.request.requester == *me || run.request.filed_by.as_ref() == Some(me)
}

/// Everything that can be said about a run without a caller.
pub(super) fn explained(run: &Run, entries: &[SealedEntry]) -> Explain {
    explain::without_caller(run, entries)
}

/// A run as lists show it: without what has to be looked up for each.
pub(super) fn brief(run: &Run) -> RunView {
    view(run, explain::briefly(run))
}

pub(super) fn view(run: &Run, explain: Explain) -> RunView {
    let request = &run.request;
    let waiting_for = match &run.state {
        State::Pending(pending) => pending.asked.clone(),
        State::Prompted { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Revoking { .. }
        | State::Closed { .. } => Vec::new(),
    };
    let approvals = run.approvals.iter().map(|approval| ApprovalView {
        by: notices::decider(&approval.by),
        because: because(&approval.by),
        at: approval.at,
        stage: approval.stage.saturating_add(1),
        message: approval.message.clone(),
    });
    RunView {
        id: run.id.clone(),
        flow: run.flow.clone(),
        status: run.status(),
        outcome: run.outcome(),
        requester: request.requester.clone(),
        filed_by: request.filed_by.clone(),
        target: request.target.as_ref().map(|target| target.name.clone()),
        target_label: request.target.as_ref().map(|target| target.label.clone()),
        duration: request.duration,
        reason: request.reason.clone(),
        fields: request.fields.clone(),
        created: run.created,
        since: run.since,
        until: run.until,
        approvals: approvals.collect(),
        waiting_for,
        parent: request.parent.clone(),
        channel: request.channel.clone(),
        binding: run.binding(),
        explain,
        url: format!("/runs/{}", run.id),
    }
}

fn because(by: &Decider) -> String {
    match by {
        Decider::User { because, .. } => because.clone(),
        Decider::Flow { hook } => format!("the flow's `on_{hook}` approved it"),
        Decider::Engine => "the engine".to_owned(),
    }
}
