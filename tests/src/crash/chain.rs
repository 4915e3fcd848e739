//! What must hold of one run's chain.

use std::collections::BTreeSet;

use countersign::engine::{Cause, Decider, Due, Effect, Run, SealedEntry, What, verify};
use countersign::model::{RunId, Timestamp};

use super::settings;
use super::shelf::FOLLOW_UP;

/// One run's chain while it is looked through.
pub(super) struct Chain<'a> {
    pub(super) run: &'a Run,
    pub(super) entries: &'a [SealedEntry],
    pub(super) broken: Vec<String>,
}

impl Chain<'_> {
    /// Looks through all of it.
    pub(super) fn check(&mut self) {
        self.is_sound();
        self.grants_are_approved();
        self.ends_after_no();
        self.effects_happen_once();
        self.commands_happen_once();
    }

    fn broke(&mut self, what: &str) {
        self.broken.push(format!("run {}: {what}", self.run.id));
    }

    /// The chain verifies, and its entries make the run that is stored.
    fn is_sound(&mut self) {
        match verify(&self.run.id, self.entries) {
            Ok(hash) if hash != self.run.chain => self.broke("the chain does not end at its head"),
            Ok(_) => {}
            Err(broken) => self.broken.push(broken.to_string()),
        }
        if u64::try_from(self.entries.len()) != Ok(self.run.seq) {
            self.broke("the head counts another number of entries");
        }
        if Run::replay(self.entries).as_ref() != Some(self.run) {
            self.broke("its entries do not make the run that is stored");
        }
    }

    /// No access without an earlier approval of somebody who may give it, of what is given, and
    /// not without a timer.
    fn grants_are_approved(&mut self) {
        let (mut approved, mut granting) = (false, false);
        for sealed in self.entries {
            match &sealed.entry.what {
                What::Approved { by, binding, .. } => {
                    if *binding != self.run.binding() {
                        self.broke("something else was approved");
                    }
                    approved |= self.may_approve(by);
                }
                What::Granting { until } => {
                    granting = true;
                    let armed = sealed.entry.effects.iter().position(
                        |effect| matches!(effect, Effect::Arm { due: Due::End, at } if Some(*at) == *until),
                    );
                    let given =
                        sealed.entry.effects.iter().position(|effect| *effect == Effect::Grant);
                    if !approved {
                        self.broke("access is given without an approval");
                    }
                    if until.is_none() || armed.is_none() || armed >= given {
                        self.broke("access is given before its end is armed");
                    }
                }
                What::Granted { .. } if !granting => self.broke("access was given unasked"),
                _ => {}
            }
        }
    }

    fn may_approve(&mut self, by: &Decider) -> bool {
        let requester = self.run.request.requester.as_str();
        let number = requester.trim_start_matches('p').split('@').next();
        let number: Option<usize> = number.and_then(|number| number.parse().ok());
        let kind = self.run.request.target.as_ref().map_or("", |target| target.kind());
        let may = match by {
            Decider::User { id, .. } => {
                id.as_str() != requester && settings::approvers(kind).contains(&id.as_str())
            }
            Decider::Flow { .. } => number.is_some_and(|number| {
                settings::is_on_call(number) && !settings::is_contractor(number)
            }),
            Decider::Engine => false,
        };
        if !may {
            self.broke(&format!("it was approved by {by:?}"));
        }
        may
    }

    /// After no, nothing is given; what was given is taken away.
    fn ends_after_no(&mut self) {
        let (mut over, mut given) = (false, 0_i32);
        for sealed in self.entries {
            match &sealed.entry.what {
                What::Denied { .. } | What::Ending { .. } | What::Closed { .. } => over = true,
                What::Granting { .. } | What::Granted { .. } if over => {
                    self.broke("access is given after the end");
                }
                What::Granted { .. } => given += 1,
                What::Revoked { .. } => given = 0,
                _ => {}
            }
        }
        if given != 0 {
            self.broke("access was given and never taken away");
        }
    }

    fn effects_happen_once(&mut self) {
        let mut done = BTreeSet::new();
        for sealed in self.entries {
            let ids = match (&sealed.entry.what, &sealed.entry.cause) {
                (What::Done { effects }, _) => effects.clone(),
                (What::Granted { .. } | What::Revoked { .. }, Cause::Effect { id }) => vec![*id],
                _ => Vec::new(),
            };
            for id in ids {
                if !done.insert(id) {
                    self.broke(&format!("the effect {id:?} has two outcomes"));
                }
            }
        }
        let is_follow_up = self.run.flow.as_str() == FOLLOW_UP;
        if !self.run.outstanding.is_empty() && !is_follow_up {
            self.broke(&format!("it rests with something to do: {:?}", self.run.outstanding));
        }
    }

    /// All entries of one command stand together: it was handled once.
    fn commands_happen_once(&mut self) {
        let mut last = None;
        let mut seen = BTreeSet::new();
        for sealed in self.entries {
            let id = match &sealed.entry.cause {
                Cause::Command { id, .. } => Some(id.to_string()),
                Cause::Due { .. } | Cause::Effect { .. } => None,
            };
            if let Some(id) = &id
                && last.as_ref() != Some(id)
                && !seen.insert(id.clone())
            {
                self.broke(&format!("the command {id} was handled twice"));
            }
            last = id;
        }
    }

    /// When access was to end, and when it was gone.
    pub(super) fn ended(&self) -> Option<(Timestamp, Timestamp)> {
        let until = self.run.until?;
        let gone = self
            .entries
            .iter()
            .rfind(|sealed| matches!(sealed.entry.what, What::Revoked { .. }))?;
        (gone.entry.at > until).then_some((until, gone.entry.at))
    }
}

/// What a command did, in the words of its entries.
pub(super) fn done_by(entries: &[SealedEntry], command: &str) -> Vec<&'static str> {
    let by = |sealed: &&SealedEntry| match &sealed.entry.cause {
        Cause::Command { id, .. } => id.as_str() == command,
        Cause::Due { .. } | Cause::Effect { .. } => false,
    };
    let word = |sealed: &SealedEntry| match &sealed.entry.what {
        What::Requested { .. } => "requested",
        What::Approved { .. } => "approved",
        What::Denied { .. } => "denied",
        What::Refused { .. } => "refused",
        What::Ending { .. } => "ending",
        What::Closed { .. } => "closed",
        _ => "other",
    };
    entries.iter().filter(by).map(word).collect()
}

/// Whether the run approved itself: then a follow-up belongs to it.
pub(super) fn approved_by_flow(run: &Run) -> bool {
    run.approvals.iter().any(|approval| matches!(approval.by, Decider::Flow { .. }))
}

/// The run that started a follow-up.
pub(super) fn parent(run: &Run) -> Option<&RunId> {
    run.request.parent.as_ref().filter(|_| run.flow.as_str() == FOLLOW_UP)
}
