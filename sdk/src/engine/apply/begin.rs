//! How a run begins: from the request to the first question to a person.

use std::collections::BTreeSet;

use super::super::entry::{Ask, Effect, Notice, What, Why};
use super::super::rules::{Fail, Request, Rules};
use super::super::state::{Decider, Due};
use super::draft::{Begin, Draft, Stop};
use super::{decide, follow_up};
use crate::approvers::{Approvers, admins};
use crate::flow::{Change, Decision, TemplateKind};
use crate::model::{FlowName, Outcome, Role, Step, TargetName, Timestamp, User, UserKind};

use super::super::deciders::eligible;

/// A request of a flow that this program does not have: it is recorded, and over.
pub(super) fn unknown(draft: &mut Draft<'_>, flow: &FlowName, request: &Request) {
    draft.happen(
        What::Requested {
            flow: flow.clone(),
            flow_version: String::new(),
            template: TemplateKind::Access,
            request: Box::new(request.clone()),
            rules: Rules::default(),
            acts: BTreeSet::new(),
        },
        Vec::new(),
    );
    let message = format!("this program has no flow `{flow}`");
    draft.close(Outcome::Failed, Some(message), None);
}

pub(super) fn request(
    draft: &mut Draft<'_>,
    begin: &Begin,
    flow: &FlowName,
    request: &Request,
) -> Result<(), Stop> {
    draft.happen(
        What::Requested {
            flow: flow.clone(),
            flow_version: begin.flow_version.clone(),
            template: begin.template,
            request: Box::new(request.clone()),
            rules: begin.rules.clone(),
            acts: begin.acts.clone(),
        },
        Vec::new(),
    );
    match begin.template {
        TemplateKind::FollowUp => follow_up::begin(draft),
        TemplateKind::Access => {
            if let Some(starts) = request.starts
                && starts > draft.now
            {
                return Ok(());
            }
            access(draft)
        }
    }
}

/// A request for access, now.
pub(super) fn access(draft: &mut Draft<'_>) -> Result<(), Stop> {
    let request = draft.run()?.request.clone();
    // The front desk has seen to what people ask for; not to what another run asks for.
    if let (Some(_), Some(target)) = (&request.parent, &request.target)
        && let Ok(None) = draft.target(&target.name)?
    {
        let message = format!("`{}` has no target `{}`", draft.run()?.flow, target.name);
        draft.close(Outcome::Failed, Some(message), None);
        return Ok(());
    }
    if is_under_way(draft)? {
        return Ok(());
    }
    match draft.user_now(&request.requester)? {
        Ok(Some(user)) => {
            if let Some(why) = may_not_ask(&user) {
                draft.deny(Decider::Engine, Some(why.to_owned()));
                return Ok(());
            }
        }
        Ok(None) => {
            draft.deny(Decider::Engine, Some("nobody knows who asks".to_owned()));
            return Ok(());
        }
        Err(_) => {}
    }
    if let Ok(false) = draft.may_ask()? {
        let message = format!("`{}` is not for you to ask for", draft.run()?.flow);
        draft.deny(Decider::Engine, Some(message));
        return Ok(());
    }
    for step in [Step::Prompt, Step::Request] {
        if let Ok(Some(decision)) = draft.decision(step)?
            && decided(draft, step, decision)?
        {
            return Ok(());
        }
    }
    if draft.something_failed() && draft.run()?.rules.fail == Fail::Deny {
        draft.deny(Decider::Engine, Some(FAILED.to_owned()));
        return Ok(());
    }
    first_stage(draft)
}

/// Whether the same request is under way already, so that this one is closed.
fn is_under_way(draft: &mut Draft<'_>) -> Result<bool, Stop> {
    let request = &draft.run()?.request;
    let target = request.target.as_ref().map(|target| target.name.clone());
    if request.extends.is_some() {
        return Ok(false);
    }
    let Ok(Some(twin)) = draft.twin(target)? else { return Ok(false) };
    let message = format!("the same request is under way already: {twin}");
    draft.close(Outcome::Ignored, Some(message), None);
    Ok(true)
}

/// What the requester reads where a function of the flow failed and the flow says "deny".
pub(super) const FAILED: &str =
    "the flow could not check the request, and denies what it cannot check";

/// Why this user may not ask for anything.
#[must_use]
pub fn may_not_ask(user: &User) -> Option<&'static str> {
    if user.deactivated {
        return Some("you have been deactivated: ask an administrator");
    }
    match (user.role, user.kind) {
        (Role::Guest, _) => {
            Some("guests do not ask for access: ask an administrator to make you a member")
        }
        (Role::Auditor, _) => Some("auditors may read everything and ask for nothing"),
        (Role::Member | Role::Admin, UserKind::Normal | UserKind::Bot) => None,
    }
}

/// Whether the hook's decision settles the request.
fn decided(draft: &mut Draft<'_>, step: Step, decision: Decision) -> Result<bool, Stop> {
    match decision {
        Decision::Approve { reason } => {
            if draft.something_failed() {
                return Ok(false);
            }
            decide::by_flow(draft, step, reason)
        }
        Decision::Deny { reason } => {
            draft.deny(Decider::Flow { hook: step }, Some(reason));
            Ok(true)
        }
        Decision::Ignore { message } => {
            draft.close(Outcome::Ignored, Some(message), None);
            Ok(true)
        }
        Decision::Change(change) => changed(draft, step, change),
    }
}

/// A hook changes what is asked for, before anybody is asked. It may shorten, never lengthen.
/// Whether the request is over because of it.
fn changed(draft: &mut Draft<'_>, by: Step, change: Change) -> Result<bool, Stop> {
    let request = &draft.run()?.request;
    let (mut duration, mut target, mut fields) =
        (request.duration, request.target.clone(), request.fields.clone());
    if let (Some(asked), Some(new)) = (duration, change.duration) {
        duration = Some(asked.min(new));
    }
    if let Some(name) = change.target {
        let new = match TargetName::parse(name.as_str()) {
            Ok(name) => draft.target(&name)?.ok().flatten(),
            Err(_) => None,
        };
        let Some(new) = new else {
            let message =
                format!("the flow changed the target to `{name}`, which it does not have");
            draft.deny(Decider::Engine, Some(message));
            return Ok(true);
        };
        target = Some(new);
    }
    fields.extend(change.fields);
    let elsewhere = target != draft.run()?.request.target;
    let also = change.also.map(Box::new);
    draft.happen(What::Changed { duration, target, fields, by, also }, Vec::new());
    if elsewhere { is_under_way(draft) } else { Ok(false) }
}

fn first_stage(draft: &mut Draft<'_>) -> Result<(), Stop> {
    // Where the reducer itself fails, nobody knows who decides but the administrators.
    let plan = match draft.approvers()? {
        Ok(plan) => plan,
        Err(_) if draft.run()?.rules.fail == Fail::Deny => {
            draft.deny(Decider::Engine, Some(FAILED.to_owned()));
            return Ok(());
        }
        Err(_) => admins(),
    };
    // Who may override a policy's no is asked first: without them, nobody else need be.
    let overrides = draft.run()?.overrides.clone();
    let plan = overrides.into_iter().rev().fold(plan, |plan, over| over.by.then(plan));
    ask(draft, plan, 0, Some(Step::Request))
}

/// Asks a stage, or whoever comes instead where nobody in it can be asked.
pub(super) fn ask(
    draft: &mut Draft<'_>,
    plan: Approvers,
    stage: usize,
    act: Option<Step>,
) -> Result<(), Stop> {
    let Some(asked_stage) = plan.stages().get(stage).cloned() else {
        return decide::expire(draft, Some("nobody is left to be asked".to_owned()));
    };
    let members = draft.members(&asked_stage.who)?;
    let unknown = members.is_err();
    let asked = eligible(draft.run()?, &plan, &asked_stage, &members.unwrap_or_default());
    let too_few = u32::try_from(asked.len()).unwrap_or(u32::MAX) < asked_stage.quorum;
    if !unknown && too_few && (asked_stage.or_else.is_some() || asked.is_empty()) {
        return decide::forward(draft, &plan, stage, Why::NobodyReached, act);
    }
    let deadline = asked_stage.timeout.map(|timeout| draft.now + timeout);
    let remind = if unknown {
        Some(draft.now + crate::model::Duration::MINUTE)
    } else {
        asked_stage.remind_every.map(|pause| draft.now + pause)
    };
    let arm = |at: Option<Timestamp>, due: Due| at.map(|at| Effect::Arm { due, at });
    let mut effects: Vec<_> =
        arm(deadline, Due::Deadline).into_iter().chain(arm(remind, Due::Remind)).collect();
    effects.push(Effect::Ask);
    effects.push(Effect::Notify { notice: Notice::Standing });
    effects.extend(act.map(|step| Effect::Act { step }));
    draft.happen(What::Asked(Box::new(Ask { plan, stage, asked, deadline, remind })), effects);
    Ok(())
}
