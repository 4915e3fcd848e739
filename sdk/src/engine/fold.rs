//! How entries make a run. Every entry holds all that it changes, so a run can be rebuilt from its
//! chain alone.

use std::collections::BTreeMap;

use serde_json::Value;

use super::chain::SealedEntry;
use super::entry::{Ask, Effect, Entry, What};
use super::state::{
    Approval, Decider, Outstanding, Passed, Pending, RECHECKS, Recheck, Run, SCHEMA, State,
};
use crate::model::{Hash, Outcome, Step, Timestamp, UserId};

impl Run {
    /// The run that these entries make; `None` if they do not begin with a request.
    #[must_use]
    pub fn replay(entries: &[SealedEntry]) -> Option<Self> {
        let (first, rest) = entries.split_first()?;
        let mut run = Self::begin(&first.entry, first.hash.clone())?;
        for sealed in rest {
            run.evolve(&sealed.entry, sealed.hash.clone());
        }
        Some(run)
    }

    /// A run begins with its request.
    pub(super) fn begin(entry: &Entry, hash: Hash) -> Option<Self> {
        let What::Requested { flow, flow_version, template, request, rules, acts } = &entry.what
        else {
            return None;
        };
        let mut run = Self {
            schema: SCHEMA,
            id: entry.run.clone(),
            flow: flow.clone(),
            flow_version: flow_version.clone(),
            template: *template,
            created: entry.at,
            touched: entry.at,
            request: (**request).clone(),
            rules: rules.clone(),
            acts: acts.clone(),
            overrides: Vec::new(),
            state: State::Prompted { starts: request.starts.unwrap_or(entry.at) },
            steps: BTreeMap::new(),
            approvals: Vec::new(),
            since: None,
            until: None,
            outstanding: Vec::new(),
            seq: 0,
            chain: Self::first_link(&entry.run),
        };
        run.pass(Step::Request, entry, Some(request.requester.clone()), None);
        if let Some(step) = run.steps.get_mut(&Step::Request) {
            step.context = request.context.clone();
        }
        run.follow(entry, hash);
        Some(run)
    }

    /// The run, one entry later.
    pub(super) fn evolve(&mut self, entry: &Entry, hash: Hash) {
        self.take_in(entry);
        self.follow(entry, hash);
    }

    fn take_in(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.what {
            What::Requested { .. } | What::Refused { .. } | What::Noted { .. } => {}
            What::Changed { duration, target, fields, by: _, also } => {
                self.request.duration = *duration;
                self.request.target.clone_from(target);
                self.request.fields.clone_from(fields);
                self.overrides.extend(also.as_deref().cloned());
            }
            What::Asked(ask) => {
                if self.template == crate::flow::TemplateKind::FollowUp {
                    self.pass(Step::Prompt, entry, entry.actor.user.clone(), None);
                }
                self.state = State::Pending(Box::new(pending(ask)));
            }
            What::Forwarded { .. } => self.pass(Step::Forward, entry, None, None),
            What::Approved { by, message, binding, stage } => {
                let message = message.clone();
                self.pass(Step::Approval, entry, decider(by), message.clone());
                let binding = binding.clone();
                self.approvals.push(Approval {
                    by: by.clone(),
                    at,
                    stage: *stage,
                    message,
                    binding,
                });
            }
            What::Denied { by, message } => {
                self.pass(Step::Denial, entry, decider(by), message.clone());
            }
            What::Granting { until } => {
                self.until = *until;
                self.state = State::Granting { until: *until, attempts: 0 };
            }
            What::Granted { output, .. } => self.granted(entry, output.as_ref()),
            What::GrantFailed { again, .. } => {
                if let State::Granting { attempts, .. } = &mut self.state {
                    *attempts = attempts.saturating_add(1);
                }
                self.postpone(entry, *again);
            }
            What::Ending { message, outcome, .. } => {
                // What was on its way to the target is not worth finishing any more.
                self.outstanding.retain(|left| !left.effect.touches_target());
                let (outcome, message) = (*outcome, message.clone());
                self.state = State::Revoking { outcome, message, since: at, attempts: 0 };
            }
            What::Revoked { output, .. } => {
                let actor = self.steps.get(&Step::Escalate).and_then(|step| step.actor.clone());
                self.pass(Step::Deescalate, entry, actor, None);
                self.keep(Step::Deescalate, output.as_ref());
            }
            What::RevokeFailed { again, .. } => {
                if let State::Revoking { attempts, .. } = &mut self.state {
                    *attempts = attempts.saturating_add(1);
                }
                self.postpone(entry, Some(*again));
            }
            What::Closed { outcome, message } => self.close(at, *outcome, message.clone(), entry),
            What::Reminded { asked, next } => {
                if let State::Pending(pending) = &mut self.state {
                    pending.asked.clone_from(asked);
                    pending.remind = *next;
                    pending.reminders = pending.reminders.saturating_add(1);
                }
            }
            What::Warned => {
                if let State::Active { warned, .. } = &mut self.state {
                    *warned = true;
                }
            }
            What::Rechecked { failure, .. } => self.rechecked(at, failure.is_some()),
            What::Answers { fields } => {
                self.request.fields.clone_from(fields);
                self.pass(Step::Request, entry, entry.actor.user.clone(), None);
            }
            What::Done { effects } => self.outstanding.retain(|left| !effects.contains(&left.id)),
        }
    }

    /// The entry's own effects, and its place in the chain.
    fn follow(&mut self, entry: &Entry, hash: Hash) {
        if let super::entry::Cause::Effect { id } = entry.cause
            && !matches!(entry.what, What::GrantFailed { .. } | What::RevokeFailed { .. })
        {
            self.outstanding.retain(|left| left.id != id);
        }
        let left = |(_, effect): &(usize, &Effect)| effect.message().is_none();
        for (index, effect) in entry.effects.iter().enumerate().filter(left) {
            let id = super::entry::EffectId { seq: entry.seq, index };
            self.outstanding.push(Outstanding { id, effect: effect.clone(), not_before: None });
        }
        self.seq = entry.seq;
        self.chain = hash;
        self.touched = entry.at;
    }

    fn pass(&mut self, step: Step, entry: &Entry, actor: Option<UserId>, message: Option<String>) {
        let passed =
            Passed { actor, at: entry.at, context: Value::Null, output: Value::Null, message };
        self.steps.insert(step, passed);
    }

    fn keep(&mut self, step: Step, output: Option<&Value>) {
        if let (Some(passed), Some(output)) = (self.steps.get_mut(&step), output) {
            passed.output = output.clone();
        }
    }

    fn granted(&mut self, entry: &Entry, output: Option<&Value>) {
        let actor = self.steps.get(&Step::Approval).and_then(|step| step.actor.clone());
        self.pass(Step::Escalate, entry, actor, None);
        self.keep(Step::Escalate, output);
        self.since = Some(entry.at);
        self.state = State::Active { until: self.until, warned: false };
    }

    fn postpone(&mut self, entry: &Entry, again: Option<Timestamp>) {
        let super::entry::Cause::Effect { id } = entry.cause else { return };
        match again {
            Some(_) => {
                for left in self.outstanding.iter_mut().filter(|left| left.id == id) {
                    left.not_before = again;
                }
            }
            None => self.outstanding.retain(|left| left.id != id),
        }
    }

    fn close(&mut self, at: Timestamp, outcome: Outcome, message: Option<String>, entry: &Entry) {
        if outcome == Outcome::Expired {
            self.pass(Step::Expiry, entry, None, message.clone());
        }
        // Looked at again only where access was, or may have been, given.
        let touched = matches!(self.state, State::Revoking { .. });
        let first = RECHECKS.first().map(|pause| Recheck { round: 0, at: at + *pause });
        let recheck = touched.then_some(first).flatten();
        self.state = State::Closed { outcome, message, at, recheck };
    }

    fn rechecked(&mut self, now: Timestamp, failed: bool) {
        let State::Closed { at, recheck: recheck @ Some(_), .. } = &mut self.state else { return };
        let Some(Recheck { round, .. }) = *recheck else { return };
        *recheck = if failed {
            Some(Recheck { round, at: now + crate::model::Duration::MINUTE })
        } else {
            let round = round.saturating_add(1);
            RECHECKS.get(round).map(|pause| Recheck { round, at: *at + *pause })
        };
    }
}

fn pending(ask: &Ask) -> Pending {
    Pending {
        plan: ask.plan.clone(),
        stage: ask.stage,
        asked: ask.asked.clone(),
        deadline: ask.deadline,
        remind: ask.remind,
        reminders: 0,
    }
}

fn decider(by: &Decider) -> Option<UserId> {
    match by {
        Decider::User { id, .. } => Some(id.clone()),
        Decider::Flow { .. } | Decider::Engine => None,
    }
}
