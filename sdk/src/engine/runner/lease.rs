//! Leases: who holds what, and how access is really given and taken away.
//!
//! One item per user and target counts the runs that hold access. A later grant joins, an earlier
//! end leaves, and only the last one out takes access away; access that was there before
//! Countersign gave any is never touched. Whoever takes access away marks the lease first, so that
//! nobody joins what is going. The item stays for a while after the end: what the target shows in
//! that time may be a late grant of ours, and is not taken for somebody's standing access.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::entry::{Failure, Found, ReachedBy};
use super::super::records;
use super::super::state::{RECHECKS, Run, State};
use super::Runner;
use super::deed::{Deed, Said};
use crate::model::{RunId, Target, Timestamp};
use crate::store::{Commit, Expect, Key, Write, write_surely};

/// Everybody's hold on a target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// The runs that hold access, and until when; `null`: until somebody ends it.
    pub holders: BTreeMap<RunId, Option<Timestamp>>,
    /// Whether the user had access before the first of them.
    pub standing: bool,
    /// The run that is taking access away right now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<RunId>,
    /// What the strategy left when it gave access.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// What the user is called where access was given: it is taken away from that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The target as it was when access was given: whatever the settings say by then, that is
    /// taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The run that was the last one out. Its last look at the target forgets the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<RunId>,
}

/// What came of giving or taking away access, with the writes that belong to it.
pub(super) struct Reached {
    pub(super) result: Result<(Option<Value>, ReachedBy), Failure>,
    pub(super) writes: Vec<Write>,
}

/// What came of looking again.
pub(super) struct Looked {
    pub(super) found: Found,
    pub(super) failure: Option<Failure>,
    pub(super) writes: Vec<Write>,
}

/// The lease of a run as it is stored.
pub(super) struct Held {
    pub(super) key: Key,
    pub(super) lease: Lease,
    pub(super) expect: Expect,
}

impl Held {
    pub(super) fn put(&self, lease: &Lease) -> Write {
        Write::Put { key: self.key.clone(), body: records::json(lease), expect: self.expect }
    }

    fn forget(&self) -> Write {
        Write::Delete { key: self.key.clone(), expect: self.expect }
    }
}

impl Runner {
    /// Gives access, and sees that it is there.
    pub(super) async fn give(
        &self,
        run: &Run,
        version: u64,
        target: &Target,
        now: Timestamp,
    ) -> Reached {
        match self.try_give(run, version, target, now).await {
            Ok((output, reached, writes)) => Reached { result: Ok((output, reached)), writes },
            Err(failure) => Reached { result: Err(failure), writes: Vec::new() },
        }
    }

    async fn try_give(
        &self,
        run: &Run,
        version: u64,
        target: &Target,
        now: Timestamp,
    ) -> Result<(Option<Value>, ReachedBy, Vec<Write>), Failure> {
        if run.until.is_some_and(|until| until < now + crate::model::Duration::seconds(5)) {
            return Err(failure("Lease:TOO_LATE", "too little time is left to give access", true));
        }
        let lease = self.join(run, version, target).await?;
        if lease.standing {
            if self.look(run, target, now).await? != Some(false) {
                return Ok((None, ReachedBy::Standing, Vec::new()));
            }
            // It was there before, and has gone meanwhile: now it is ours to give.
            let held = self.held(run, target).await?;
            let lease = Lease { standing: false, ..held.lease.clone() };
            self.write_lease(vec![held.put(&lease)]).await?;
        }
        let output = match self.ask_strategy(Deed::Give, run, target, now).await?.0 {
            Said::Output(output) => output,
            Said::Seen(_) => None,
        };
        let reached = match self.look(run, target, now).await? {
            Some(true) if lease.holders.len() > 1 => ReachedBy::Shared,
            Some(true) => ReachedBy::Seen,
            None => ReachedBy::Said,
            Some(false) => {
                return Err(failure(
                    "Strategy:NOT_SEEN",
                    "the target does not show the access yet",
                    false,
                ));
            }
        };
        let kept = self.keep_output(run, target, output.as_ref()).await?;
        Ok((output, reached, kept))
    }

    /// Puts the run among the holders, before anything is given; only while the run stands where
    /// it did, so that a worker that was overtaken cannot join for a run that is over.
    async fn join(&self, run: &Run, version: u64, target: &Target) -> Result<Lease, Failure> {
        let held = self.held(run, target).await?;
        if held.lease.leaving.as_ref().is_some_and(|leaving| *leaving != run.id) {
            return Err(leaving());
        }
        if held.lease.holders.contains_key(&run.id) {
            return Ok(held.lease);
        }
        let mut lease = held.lease.clone();
        if lease.holders.is_empty() {
            lease.identity = None;
            lease.target = Some(target.clone());
        }
        if held.expect == Expect::Absent {
            // Nobody has given this access for a while: what is there now, was there before.
            let (seen, name) = self.look_by_name(run, target, self.host.now()).await?;
            (lease.standing, lease.identity) = (seen == Some(true), name);
        }
        lease.holders.insert(run.id.clone(), run.until);
        let unmoved =
            Write::Check { key: records::head(&run.id), expect: Expect::Version(version) };
        self.write_lease(vec![held.put(&lease), unmoved]).await?;
        Ok(lease)
    }

    /// What the strategy left is kept with the lease too, for whoever is the last one out.
    async fn keep_output(
        &self,
        run: &Run,
        target: &Target,
        output: Option<&Value>,
    ) -> Result<Vec<Write>, Failure> {
        let Some(output) = output else { return Ok(Vec::new()) };
        let held = self.held(run, target).await?;
        if held.lease.output == *output || !held.lease.holders.contains_key(&run.id) {
            return Ok(Vec::new());
        }
        Ok(vec![held.put(&Lease { output: output.clone(), ..held.lease.clone() })])
    }

    /// Takes access away, if the run is the last one to hold it, and sees that it is gone.
    pub(super) async fn take(&self, run: &Run, target: &Target, now: Timestamp) -> Reached {
        match self.try_take(run, target, now).await {
            Ok((output, reached, writes)) => Reached { result: Ok((output, reached)), writes },
            Err(failure) => Reached { result: Err(failure), writes: Vec::new() },
        }
    }

    async fn try_take(
        &self,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<(Option<Value>, ReachedBy, Vec<Write>), Failure> {
        let held = self.held(run, target).await?;
        if !held.lease.holders.contains_key(&run.id) {
            return Ok((None, ReachedBy::Nothing, Vec::new()));
        }
        let mut left = held.lease.clone();
        left.holders.remove(&run.id);
        if !left.holders.is_empty() {
            return Ok((None, ReachedBy::Shared, vec![held.put(&left)]));
        }
        if left.standing {
            // Whether it is still so will be looked at by whoever comes next.
            return Ok((None, ReachedBy::Standing, vec![held.forget()]));
        }
        let lease = Lease { leaving: Some(run.id.clone()), ..held.lease.clone() };
        if lease != held.lease {
            self.write_lease(vec![held.put(&lease)]).await?;
        }
        let taken = self.take_now(run, target, now).await;
        let held = self.held(run, target).await?;
        let (output, reached) = match taken {
            // Nobody ever knew a name to give it to, so nothing was given.
            Err(failure)
                if failure.code == "Identity:NOT_FOUND" && held.lease.identity.is_none() =>
            {
                (None, ReachedBy::Nothing)
            }
            taken => taken?,
        };
        let gone = Lease {
            last: Some(run.id.clone()),
            identity: held.lease.identity.clone(),
            target: held.lease.target.clone(),
            ..Lease::default()
        };
        Ok((output, reached, vec![held.put(&gone)]))
    }

    async fn take_now(
        &self,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<(Option<Value>, ReachedBy), Failure> {
        let output = match self.ask_strategy(Deed::Take, run, target, now).await?.0 {
            Said::Output(output) => output,
            Said::Seen(_) => None,
        };
        match self.look(run, target, now).await? {
            Some(false) => Ok((output, ReachedBy::Seen)),
            None => Ok((output, ReachedBy::Said)),
            Some(true) => {
                Err(failure("Strategy:STILL_THERE", "the target still shows the access", false))
            }
        }
    }

    /// After the end, looks at the target again: a grant that timed out can land late.
    pub(super) async fn recheck(&self, run: &Run, now: Timestamp) -> Looked {
        let Some(target) = &run.request.target else {
            return Looked { found: Found::NotLooked, failure: None, writes: Vec::new() };
        };
        match self.try_recheck(run, target, now).await {
            Ok((found, writes)) => Looked { found, failure: None, writes },
            Err(failure) => {
                Looked { found: Found::Unknown, failure: Some(failure), writes: Vec::new() }
            }
        }
    }

    async fn try_recheck(
        &self,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<(Found, Vec<Write>), Failure> {
        let held = self.held(run, target).await?;
        if !held.lease.holders.is_empty() || held.lease.standing || held.expect == Expect::Absent {
            return Ok((Found::NotLooked, Vec::new()));
        }
        if held.lease.leaving.as_ref().is_some_and(|leaving| *leaving != run.id) {
            return Err(leaving());
        }
        // Until the last one out has looked for the last time, a grant of ours may still land.
        let is_last = is_last_look(run) && held.lease.last.as_ref() == Some(&run.id);
        let free = |held: &Held| {
            if is_last {
                held.forget()
            } else {
                held.put(&Lease { leaving: None, ..held.lease.clone() })
            }
        };
        if self.look(run, target, now).await? == Some(false) {
            // An earlier attempt may have barred the way and crashed.
            let changes = is_last || held.lease.leaving.is_some();
            return Ok((Found::Gone, changes.then(|| free(&held)).into_iter().collect()));
        }
        // It is there again, or nobody can look: it is taken away once more, with nobody joining.
        let lease = Lease { leaving: Some(run.id.clone()), ..held.lease.clone() };
        if lease != held.lease {
            self.write_lease(vec![held.put(&lease)]).await?;
        }
        let (_, reached) = self.take_now(run, target, now).await?;
        let held = self.held(run, target).await?;
        let found = if reached == ReachedBy::Seen { Found::TakenAgain } else { Found::NotLooked };
        Ok((found, vec![free(&held)]))
    }

    pub(super) async fn held(&self, run: &Run, target: &Target) -> Result<Held, Failure> {
        let key = records::lease(&run.request.requester, &target.name);
        let unreadable = |error: crate::store::ReadError| {
            failure("Store:UNAVAILABLE", &error.to_string(), false)
        };
        let item = self.store.get(&key).await.map_err(unreadable)?;
        Ok(match item {
            Some(item) => {
                let lease = records::read(&item).map_err(unreadable)?;
                Held { key, lease, expect: Expect::Version(item.version) }
            }
            None => Held { key, lease: Lease::default(), expect: Expect::Absent },
        })
    }

    pub(super) async fn write_lease(&self, writes: Vec<Write>) -> Result<(), Failure> {
        match write_surely(&*self.store, &records::transaction(writes)).await {
            Commit::Committed => Ok(()),
            Commit::Conflict(_) => {
                Err(failure("Lease:BUSY", "another run changes the same lease", false))
            }
            Commit::Throttled => Err(failure("Store:UNAVAILABLE", "the store is throttled", false)),
            Commit::Unknown(why) | Commit::Invalid(why) => {
                Err(failure("Store:UNAVAILABLE", &why, false))
            }
        }
    }
}

fn is_last_look(run: &Run) -> bool {
    matches!(
        &run.state,
        State::Closed { recheck: Some(recheck), .. }
            if recheck.round.saturating_add(1) >= RECHECKS.len()
    )
}

fn leaving() -> Failure {
    failure("Lease:LEAVING", "the same access is being taken away right now", false)
}

pub(super) fn failure(code: &str, message: &str, is_final: bool) -> Failure {
    Failure { code: code.to_owned(), message: message.to_owned(), hint: None, is_final }
}
