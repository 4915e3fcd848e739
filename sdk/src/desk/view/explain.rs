//! Why a run stands where it does: built once, shown everywhere.

use countersign_policy::Explanation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::{Caller, Desk};
use crate::engine::{
    Decider, Failure, Illegal, Noted, Run, SealedEntry, State, may_decide, notices,
};
use crate::flow::TemplateKind;
use crate::model::{Role, Timestamp, UserId};

/// Why one may or may not, who may decide and why each, which rule fired, when it ends and what
/// ends it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explain {
    /// Where the run stands, in one line.
    pub standing: String,
    /// What it still takes, while somebody has to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Needs>,
    /// Who decided, and why they might.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided: Vec<String>,
    /// When access ends, and what ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
    /// Which of the flow's functions and directories answered what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleView>,
    /// What the caller may do now, or why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub you: Vec<MayDo>,
}

/// What it takes for a stage to be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Needs {
    /// Who may decide.
    pub who: String,
    /// Where they are asked, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_in: Option<String>,
    /// How many approvals it takes.
    pub quorum: u32,
    /// How many there are.
    pub given: usize,
    /// Which stage, from 1.
    pub stage: usize,
    /// Of how many.
    pub stages: usize,
    /// Who was asked.
    pub people: Vec<UserId>,
    /// When their time is up.
    pub deadline: Option<Timestamp>,
    /// Who is asked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or_else: Option<String>,
}

/// What a function of the flow, or a directory, answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleView {
    /// The question.
    pub question: String,
    /// The function, as `module::name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// Its `file:line`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its answer.
    pub answer: Value,
    /// How it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::model::Object>"))]
    pub error: Option<Failure>,
    /// What the policies that the function asked said, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::model::Object>"))]
    pub policies: Vec<Explanation>,
    /// When.
    pub at: Timestamp,
}

/// Whether the caller may do something now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MayDo {
    /// What: `approve`, `deny`, `cancel`, `revoke`, `extend` or `answer`.
    pub action: String,
    /// Whether they may.
    pub allowed: bool,
    /// Why, or why not.
    pub why: String,
}

/// What can be said from the run alone.
pub(super) fn briefly(run: &Run) -> Explain {
    Explain {
        standing: notices::standing(run),
        needs: needs(run),
        decided: run.approvals.iter().map(|approval| decided(&approval.by)).collect(),
        ends: ends(run),
        rules: Vec::new(),
        you: Vec::new(),
    }
}

/// Everything, for this caller.
pub(super) async fn fully(
    desk: &Desk,
    caller: &Caller,
    run: &Run,
    entries: &[SealedEntry],
) -> Explain {
    Explain { you: may_do(desk, caller, run).await, ..without_caller(run, entries) }
}

/// Everything but what a caller may do.
pub(super) fn without_caller(run: &Run, entries: &[SealedEntry]) -> Explain {
    let rules = |sealed: &SealedEntry| {
        let at = sealed.entry.at;
        sealed.entry.notes.iter().map(move |note| rule(note, at)).collect::<Vec<_>>()
    };
    Explain { rules: entries.iter().flat_map(rules).collect(), ..briefly(run) }
}

fn rule(note: &Noted, at: Timestamp) -> RuleView {
    RuleView {
        question: note.question.clone(),
        handler: note.handler.clone(),
        location: note.location.clone(),
        answer: note.answer.clone(),
        error: note.error.clone(),
        policies: note.policies.clone(),
        at,
    }
}

fn needs(run: &Run) -> Option<Needs> {
    let (State::Pending(pending), Some(stage)) = (&run.state, run.stage()) else { return None };
    Some(Needs {
        who: stage.who.to_string(),
        asked_in: stage.notify.as_ref().map(ToString::to_string),
        quorum: stage.quorum,
        given: run.approvals.iter().filter(|approval| approval.stage == pending.stage).count(),
        stage: pending.stage.saturating_add(1),
        stages: pending.plan.stages().len(),
        people: pending.asked.clone(),
        deadline: pending.deadline,
        or_else: stage
            .or_else
            .as_ref()
            .and_then(|next| Some(next.stages().first()?.who.to_string())),
    })
}

fn decided(by: &Decider) -> String {
    match by {
        Decider::User { id, because, .. } => format!("{id} {because}"),
        Decider::Flow { hook } => format!("the flow's `on_{hook}` approved it"),
        Decider::Engine => "the engine decided".to_owned(),
    }
}

fn ends(run: &Run) -> Option<String> {
    let sooner = if run.rules.allow_revoke {
        "the requester, whoever approved, or an administrator may end it sooner"
    } else {
        "only an administrator may end it sooner"
    };
    match &run.state {
        State::Granting { until: Some(until), .. } | State::Active { until: Some(until), .. } => {
            Some(format!("at {until}, when its time is up; {sooner}"))
        }
        State::Granting { until: None, .. } | State::Active { until: None, .. } => {
            Some(format!("when somebody ends it; {sooner}"))
        }
        State::Prompted { .. }
        | State::Pending(_)
        | State::Revoking { .. }
        | State::Closed { .. } => None,
    }
}

async fn may_do(desk: &Desk, caller: &Caller, run: &Run) -> Vec<MayDo> {
    let mine = run.request.requester == caller.user.id
        || run.request.filed_by.as_ref() == Some(&caller.user.id);
    let is_admin = caller.user.role == Role::Admin;
    let mut all = Vec::new();
    let mut say = |action: &str, allowed: bool, why: &str| {
        all.push(MayDo { action: action.to_owned(), allowed, why: why.to_owned() });
    };
    match &run.state {
        State::Pending(_) if run.template == TemplateKind::FollowUp => {
            let theirs = run.request.requester == caller.user.id;
            say("answer", theirs, if theirs { "you are asked" } else { "somebody else is asked" });
        }
        State::Pending(_) => {
            let (allowed, why) = match may_decide_now(desk, caller, run).await {
                Ok(why) => (true, why),
                Err(illegal) => (false, illegal.message),
            };
            say("approve", allowed, &why);
            say("deny", allowed, &why);
            let cancel = if mine {
                "it is your request"
            } else {
                "only the requester, or an administrator, cancels"
            };
            say("cancel", mine || is_admin, cancel);
        }
        State::Prompted { .. } => say("cancel", mine || is_admin, "it has not begun"),
        State::Granting { .. } | State::Active { .. } => {
            let approved = run.approvals.iter().any(
                |approval| matches!(&approval.by, Decider::User { id, .. } if *id == caller.user.id),
            );
            let allowed = is_admin || ((mine || approved) && run.rules.allow_revoke);
            let why = if allowed { "it is yours to end" } else { "it is not yours to end" };
            say("revoke", allowed, why);
            let left =
                run.rules.max_extensions > run.request.extends.as_ref().map_or(0, |it| it.nth);
            let extend = run.request.requester == caller.user.id && left && run.until.is_some();
            say(
                "extend",
                extend,
                if extend { "it is yours" } else { "it is not yours, or cannot be extended" },
            );
        }
        State::Revoking { .. } | State::Closed { .. } => {}
    }
    all
}

/// The same function as when somebody clicks, with the same fresh membership.
async fn may_decide_now(desk: &Desk, caller: &Caller, run: &Run) -> Result<String, Illegal> {
    let Some(stage) = run.stage() else {
        return Err(Illegal::new("not_begun", "nobody is asked now"));
    };
    let is_member = desk.runner.services.is_member(&stage.who, &caller.user.id).await;
    let is_member = is_member.map_err(|error| Illegal::new("unavailable", error.to_string()))?;
    let because = may_decide(run, stage, &caller.user, is_member)?;
    Ok(decided(&because.decider(caller.user.id.clone())))
}
