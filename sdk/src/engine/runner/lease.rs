//! Leases: who holds what, and how access is really given and taken away.
//!
//! One item per user and target counts the runs that hold access. A later grant joins, an earlier
//! end leaves, and only the last one out takes access away; access that was there before
//! Countersign gave any is never touched. Whoever takes access away marks the lease first, so that
//! nobody joins what is going. The item stays for a while after the end: what the target shows in
//! that time may be a late grant of ours, and is not taken for somebody's standing access.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::entry::{Failure, Found, ReachedBy};
use super::super::environment::StrategyConfig;
use super::super::records;
use super::super::state::{Run, State};
use super::Runner;
use super::identities::StoredIdentities;
use super::view::Origin;
use crate::context::{Call as Mode, Context};
use crate::flow::HandlerError;
use crate::model::{Event, Identity, RunId, Step, Target, Timestamp, User};
use crate::store::{Commit, Expect, Key, Write, write_surely};
use crate::strategy::{IdentityStore, StrategyContext};

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
struct Held {
    key: Key,
    lease: Lease,
    expect: Expect,
}

impl Held {
    fn put(&self, lease: &Lease) -> Write {
        Write::Put { key: self.key.clone(), body: records::json(lease), expect: self.expect }
    }

    fn forget(&self) -> Write {
        Write::Delete { key: self.key.clone(), expect: self.expect }
    }
}

/// What a strategy is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Give,
    Take,
    Look,
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
            Ok(result) => Reached { result: Ok(result), writes: Vec::new() },
            Err(failure) => Reached { result: Err(failure), writes: Vec::new() },
        }
    }

    async fn try_give(
        &self,
        run: &Run,
        version: u64,
        target: &Target,
        now: Timestamp,
    ) -> Result<(Option<Value>, ReachedBy), Failure> {
        if run.until.is_some_and(|until| until < now + crate::model::Duration::seconds(5)) {
            return Err(failure("Lease:TOO_LATE", "too little time is left to give access", true));
        }
        let lease = self.join(run, version, target).await?;
        if lease.standing {
            if self.look(run, target, now).await? != Some(false) {
                return Ok((None, ReachedBy::Standing));
            }
            // It was there before, and has gone meanwhile: now it is ours to give.
            let held = self.held(run, target).await?;
            let lease = Lease { standing: false, ..held.lease.clone() };
            self.write_lease(vec![held.put(&lease)]).await?;
        }
        let output = match self.ask_strategy(Deed::Give, run, target, now).await? {
            Said::Output(output) => output,
            Said::Seen(_) => None,
        };
        self.remember_output(run, target, output.as_ref()).await?;
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
        Ok((output, reached))
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
            lease.standing = self.look(run, target, self.host.now()).await? == Some(true);
        }
        lease.holders.insert(run.id.clone(), run.until);
        let unmoved =
            Write::Check { key: records::head(&run.id), expect: Expect::Version(version) };
        self.write_lease(vec![held.put(&lease), unmoved]).await?;
        Ok(lease)
    }

    async fn remember_output(
        &self,
        run: &Run,
        target: &Target,
        output: Option<&Value>,
    ) -> Result<(), Failure> {
        let Some(output) = output else { return Ok(()) };
        let held = self.held(run, target).await?;
        if held.lease.output == *output || !held.lease.holders.contains_key(&run.id) {
            return Ok(());
        }
        let lease = Lease { output: output.clone(), ..held.lease.clone() };
        self.write_lease(vec![held.put(&lease)]).await
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
        let output = match self.ask_strategy(Deed::Take, run, target, now).await? {
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

    async fn held(&self, run: &Run, target: &Target) -> Result<Held, Failure> {
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

    async fn write_lease(&self, writes: Vec<Write>) -> Result<(), Failure> {
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

    async fn look(
        &self,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<Option<bool>, Failure> {
        match self.ask_strategy(Deed::Look, run, target, now).await? {
            Said::Seen(seen) => Ok(seen),
            Said::Output(_) => Ok(None),
        }
    }

    /// One guarded call of the strategy.
    async fn ask_strategy(
        &self,
        deed: Deed,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<Said, Failure> {
        let held = self.held(run, target).await?;
        let target = held.lease.target.as_ref().unwrap_or(target);
        let config =
            target.strategy.as_ref().and_then(|name| self.environment.strategies.get(name));
        let Some(config) = config.cloned() else {
            let name = target.strategy.as_ref().map(ToString::to_string).unwrap_or_default();
            let message = format!("there is no strategy `{name}` in the settings any more");
            return Err(failure("Strategy:MISSING", &message, false));
        };
        let step = if deed == Deed::Take { Step::Deescalate } else { Step::Escalate };
        let mut event = self.event(run, step, Origin::engine(), now).await;
        if !held.lease.output.is_null() {
            // Of a shared hold, what the run that was given it left.
            event.run.outputs.entry(Step::Escalate).or_insert_with(|| held.lease.output.clone());
        }
        let key = call_key(run, deed);
        let left = Arc::new(Mutex::new(None));
        let identities = HeldIdentities {
            runner: self.clone(),
            key: held.key.clone(),
            known: held.lease.identity.clone(),
            gives: deed == Deed::Give,
        };
        let call = StrategyCall { deed, config, target: target.clone(), event, key, identities };
        let work = self.strategy_work(call, now, left.clone());
        self.host.guard(work, self.budgets.strategy).await?;
        let left = left.lock().unwrap_or_else(PoisonError::into_inner).take();
        match left {
            Some(result) => result.map_err(Failure::from),
            None => Err(failure("Strategy:NO_ANSWER", "the strategy left no answer", false)),
        }
    }

    fn strategy_work(
        &self,
        call: StrategyCall,
        now: Timestamp,
        left: Arc<Mutex<Option<Result<Said, HandlerError>>>>,
    ) -> BoxFuture<'static, ()> {
        let runner = self.clone();
        Box::pin(async move {
            let StrategyCall { deed, config, target, event, key, identities } = call;
            let zone = runner.environment.zone.clone();
            let cx = Context::new(runner.services.clone(), zone, now, key, Mode::Deciding);
            let get_identity = runner.environment.flow(&event.flow().name).map(|flow| flow.table);
            let strategy_cx = StrategyContext {
                cx: &cx,
                event: &event,
                strategy: &*config.strategy,
                integration: &config.integration,
                identities: &identities,
                get_identity: get_identity.and_then(|table| table.reducers.get_identity.as_ref()),
            };
            let strategy = &*config.strategy;
            let result = match deed {
                Deed::Give => {
                    strategy.escalate(&target, &event, &strategy_cx).await.map(Said::Output)
                }
                Deed::Take => {
                    strategy.deescalate(&target, &event, &strategy_cx).await.map(Said::Output)
                }
                Deed::Look => {
                    strategy.is_granted(&target, &event, &strategy_cx).await.map(Said::Seen)
                }
            };
            *left.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        })
    }
}

/// One call of a strategy.
struct StrategyCall {
    deed: Deed,
    config: StrategyConfig,
    target: Target,
    event: Event,
    key: String,
    identities: HeldIdentities,
}

/// Names the call: the same when it is repeated after a crash, another one for each look after the
/// end.
fn call_key(run: &Run, deed: Deed) -> String {
    let step = if deed == Deed::Take { Step::Deescalate } else { Step::Escalate };
    match &run.state {
        State::Closed { recheck: Some(recheck), .. } => {
            format!("{}/{step:?}/{}", run.id, recheck.round.saturating_add(1))
        }
        State::Closed { recheck: None, .. }
        | State::Prompted { .. }
        | State::Pending(_)
        | State::Granting { .. }
        | State::Active { .. }
        | State::Revoking { .. } => format!("{}/{step:?}", run.id),
    }
}

/// The identities in the store, and over them the one that access was given under.
struct HeldIdentities {
    runner: Runner,
    key: Key,
    known: Option<String>,
    gives: bool,
}

#[async_trait]
impl IdentityStore for HeldIdentities {
    async fn stored(
        &self,
        user: &User,
        kind: &str,
        external_id: &str,
    ) -> Result<Option<String>, HandlerError> {
        match &self.known {
            Some(known) => Ok(Some(known.clone())),
            None => StoredIdentities(&*self.runner.store).stored(user, kind, external_id).await,
        }
    }

    async fn persist(&self, user: &User, identity: Identity) -> Result<(), HandlerError> {
        StoredIdentities(&*self.runner.store).persist(user, identity).await
    }

    async fn used(&self, value: &str) -> Result<(), HandlerError> {
        if !self.gives || self.known.is_some() {
            return Ok(());
        }
        let busy = || HandlerError::new("Lease:BUSY", "another run changes the same lease");
        let item = self.runner.store.get(&self.key).await?.ok_or_else(busy)?;
        let lease: Lease = records::read(&item)?;
        if lease.identity.as_deref() == Some(value) {
            return Ok(());
        }
        let held = Held { key: self.key.clone(), expect: Expect::Version(item.version), lease };
        let lease = Lease { identity: Some(value.to_owned()), ..held.lease.clone() };
        self.runner.write_lease(vec![held.put(&lease)]).await.map_err(|_| busy())
    }
}

/// What a strategy said.
enum Said {
    Output(Option<Value>),
    Seen(Option<bool>),
}

fn is_last_look(run: &Run) -> bool {
    matches!(
        &run.state,
        State::Closed { recheck: Some(recheck), .. }
            if recheck.round.saturating_add(1) >= super::super::state::RECHECKS.len()
    )
}

fn leaving() -> Failure {
    failure("Lease:LEAVING", "the same access is being taken away right now", false)
}

fn failure(code: &str, message: &str, is_final: bool) -> Failure {
    Failure { code: code.to_owned(), message: message.to_owned(), hint: None, is_final }
}
