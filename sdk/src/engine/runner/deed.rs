//! One guarded call of a strategy: apart from everything else, under the name and for the target
//! that access was given for.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::entry::Failure;
use super::super::environment::StrategyConfig;
use super::super::records;
use super::super::state::{Run, State};
use super::Runner;
use super::identities::StoredIdentities;
use super::lease::{Held, Lease, failure};
use super::view::Origin;
use crate::context::{Call as Mode, Context};
use crate::flow::{Entry, HandlerError, IdentityQuery};
use crate::model::{Event, Identity, Step, Target, Timestamp, User};
use crate::store::{Expect, Key};
use crate::strategy::{IdentityStore, StrategyContext};

/// What a strategy is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Give,
    Take,
    Look,
}

impl Runner {
    pub(super) async fn look(
        &self,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<Option<bool>, Failure> {
        self.look_by_name(run, target, now).await.map(|(seen, _)| seen)
    }

    /// Whether the access is there, and under which name it was looked for.
    pub(super) async fn look_by_name(
        &self,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<(Option<bool>, Option<String>), Failure> {
        match self.ask_strategy(Deed::Look, run, target, now).await? {
            (Said::Seen(seen), name) => Ok((seen, name)),
            (Said::Output(_), name) => Ok((None, name)),
        }
    }

    /// One guarded call of the strategy: what it said, and what the user was called in it.
    pub(super) async fn ask_strategy(
        &self,
        deed: Deed,
        run: &Run,
        target: &Target,
        now: Timestamp,
    ) -> Result<(Said, Option<String>), Failure> {
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
            name: Arc::default(),
        };
        let name = identities.name.clone();
        let call = StrategyCall { deed, config, target: target.clone(), event, key, identities };
        let get_identity = self.environment.flow(&run.flow).map(|flow| flow.table);
        let get_identity = get_identity.and_then(|table| table.reducers.get_identity.as_ref());
        // A flow's own function may be asked for the name.
        let is_ours = call.config.strategy.never_blocks() && get_identity.is_none();
        let work = self.strategy_work(call, get_identity, now, left.clone());
        let budget = self.budgets.strategy;
        if is_ours {
            self.host.guard_here(work, budget).await?;
        } else {
            self.host.guard(work, budget).await?;
        }
        let left = left.lock().unwrap_or_else(PoisonError::into_inner).take();
        match left {
            Some(result) => {
                let name = name.lock().unwrap_or_else(PoisonError::into_inner).take();
                result.map(|said| (said, name)).map_err(Failure::from)
            }
            None => Err(failure("Strategy:NO_ANSWER", "the strategy left no answer", false)),
        }
    }

    fn strategy_work(
        &self,
        call: StrategyCall,
        get_identity: Option<&'static Entry<Option<String>, IdentityQuery>>,
        now: Timestamp,
        left: Arc<Mutex<Option<Result<Said, HandlerError>>>>,
    ) -> BoxFuture<'static, ()> {
        let runner = self.clone();
        Box::pin(async move {
            let StrategyCall { deed, config, target, event, key, identities } = call;
            let zone = runner.environment.zone.clone();
            let cx = Context::new(runner.services.clone(), zone, now, key, Mode::Deciding);
            let strategy_cx = StrategyContext {
                cx: &cx,
                event: &event,
                strategy: &*config.strategy,
                integration: &config.integration,
                identities: &identities,
                get_identity,
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
    name: Arc<Mutex<Option<String>>>,
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
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.to_owned());
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
pub(super) enum Said {
    Output(Option<Value>),
    Seen(Option<bool>),
}
