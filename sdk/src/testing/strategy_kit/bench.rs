//! One case's strategy and system, and what a case does with them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::{StrategyKit, System, Verdict};
use crate::context::{Call as Mode, Context};
use crate::flow::HandlerError;
use crate::model::{
    Channel, Duration, Event, FlowInfo, FlowName, Identity, Object, RunId, RunInfo, Source, Step,
    Target, Timestamp, User, UserId,
};
use crate::strategy::{IdentityStore, Strategy, StrategyContext};
use crate::testing::{MemoryStore, Mishap, TestDirectory};

/// What a call of a strategy has.
pub(super) const BUDGET: std::time::Duration = std::time::Duration::from_secs(20);

/// What comes of a case; an error says how the contract is broken.
pub(super) type Check = Result<Verdict, String>;

/// One case's strategy and system.
pub(super) struct Bench<'k> {
    kit: &'k StrategyKit<'k>,
    strategy: Counting,
    system: Box<dyn System>,
    identities: Identities,
    services: Arc<TestDirectory>,
    runs: AtomicU32,
}

/// One run: somebody's, from its grant to its end.
pub(super) struct Run {
    user: User,
    id: RunId,
    pub(super) output: Option<Value>,
}

impl<'k> Bench<'k> {
    pub(super) fn new(kit: &'k StrategyKit<'k>) -> Self {
        let (strategy, system) = (kit.fresh)();
        Self {
            kit,
            strategy: Counting { strategy, fetched: AtomicU32::new(0) },
            system,
            identities: Identities::default(),
            services: Arc::new(TestDirectory::new(Arc::new(MemoryStore::new()))),
            runs: AtomicU32::new(0),
        }
    }

    /// A new run of the one user.
    pub(super) fn run(&self) -> Run {
        self.run_of(&self.kit.people[0])
    }

    /// A new run of the other user.
    pub(super) fn other_run(&self) -> Run {
        self.run_of(&self.kit.people[1])
    }

    /// A new run of the user whom nobody knows, if there is one.
    pub(super) fn unknown_run(&self) -> Option<Run> {
        self.kit.unknown.as_deref().map(|mail| self.run_of(mail))
    }

    fn run_of(&self, mail: &str) -> Run {
        let mut user = User::new(UserId::of_mail(mail).unwrap());
        user.name = String::from("Zoë \"李\" <O'Neil> 🚪");
        let nth = self.runs.fetch_add(1, Ordering::Relaxed);
        Run { user, id: RunId::from_parts(1_772_442_000_000, nth.into()), output: None }
    }

    pub(super) async fn give(&self, run: &mut Run) -> Result<(), HandlerError> {
        let (event, cx) = self.event(run, Step::Escalate);
        let cx = self.context(&event, &cx);
        run.output = self.strategy.escalate(&self.kit.target, &event, &cx).await?;
        Ok(())
    }

    pub(super) async fn take(&self, run: &Run) -> Result<(), HandlerError> {
        let (event, cx) = self.event(run, Step::Deescalate);
        let cx = self.context(&event, &cx);
        self.strategy.deescalate(&self.kit.target, &event, &cx).await.map(drop)
    }

    pub(super) async fn look(&self, run: &Run) -> Result<Option<bool>, HandlerError> {
        let (event, cx) = self.event(run, Step::Escalate);
        let cx = self.context(&event, &cx);
        self.strategy.is_granted(&self.kit.target, &event, &cx).await
    }

    /// Gives, which has to go well.
    pub(super) async fn give_well(&self, run: &mut Run, when: &str) -> Result<(), String> {
        self.give(run).await.map_err(|error| format!("`escalate` failed {when}: {error}"))
    }

    /// Takes, which has to go well.
    pub(super) async fn take_well(&self, run: &Run, when: &str) -> Result<(), String> {
        self.take(run).await.map_err(|error| format!("`deescalate` failed {when}: {error}"))
    }

    /// The user has, or has not, access now: by the strategy and by the system itself.
    pub(super) async fn expect(&self, run: &Run, has: bool, when: &str) -> Result<(), String> {
        let wrong = |who: &str| {
            let (is, should) = if has { ("no access", "access") } else { ("access", "none") };
            Err(format!("{who} shows {is} {when}, and there should be {should}"))
        };
        let said = self.look(run).await;
        let said = said.map_err(|error| format!("`is_granted` failed {when}: {error}"))?;
        if said.is_some_and(|said| said != has) {
            return wrong("`is_granted`");
        }
        let seen = self.system.has(&self.identity(run).await, &self.kit.target).await;
        if seen.is_some_and(|seen| seen != has) { wrong("the system") } else { Ok(()) }
    }

    /// Gives or takes past the strategy. Returns whether that can be done.
    pub(super) async fn set(&self, run: &Run, has: bool) -> bool {
        self.system.set(&self.identity(run).await, &self.kit.target, has).await
    }

    /// Has the next change go wrong. Returns whether that can be done.
    pub(super) async fn mishap(&self, mishap: Mishap) -> bool {
        self.system.mishap(mishap).await
    }

    /// Has the system behave again.
    pub(super) async fn mend(&self) {
        self.system.mishap(Mishap::None).await;
    }

    /// Deletes the user past the strategy. Returns whether that can be done.
    pub(super) async fn forget(&self, run: &Run) -> bool {
        self.system.forget(&self.identity(run).await).await
    }

    /// Deletes what the target stands for, past the strategy. Returns whether that can be done.
    pub(super) async fn delete(&self) -> bool {
        self.system.delete(&self.kit.target).await
    }

    /// Deletes the account that all is in, past the strategy. Returns whether that can be done.
    pub(super) async fn dissolve(&self) -> bool {
        self.system.dissolve().await
    }

    /// Whether the strategy says that it cannot know what became of what was deleted.
    pub(super) const fn is_unsure(&self) -> bool {
        self.kit.is_unsure
    }

    /// What an error may call the user by.
    pub(super) async fn names_of(&self, run: &Run) -> Vec<String> {
        vec![self.identity(run).await, run.user.id.to_string()]
    }

    /// What an error may call the target by.
    pub(super) fn names_of_target(&self) -> Vec<String> {
        let settings = self.kit.target.settings.values().filter_map(Value::as_str);
        settings.chain([self.kit.target.name()]).map(str::to_owned).collect()
    }

    /// How often a user's name was asked for in the system.
    pub(super) fn fetched(&self) -> u32 {
        self.strategy.fetched.load(Ordering::Relaxed)
    }

    /// What the strategy calls the user.
    async fn identity(&self, run: &Run) -> String {
        let (event, cx) = self.event(run, Step::Escalate);
        let cx = self.context(&event, &cx);
        cx.get_requester_identity().await.unwrap_or_else(|_| run.user.id.to_string())
    }

    fn event(&self, run: &Run, step: Step) -> (Event, Context) {
        let outputs: BTreeMap<_, _> =
            run.output.clone().map(|output| (Step::Escalate, output)).into_iter().collect();
        let at: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let event = Event {
            step,
            user: run.user.clone(),
            requester: run.user.clone(),
            target: Some(self.kit.target.clone()),
            duration: Some(Duration::HOUR),
            reason: "INC-42: für \"李\" <&> 🚪".to_owned(),
            fields: self.kit.fields.clone(),
            vars: Object::new(),
            flow: FlowInfo { name: FlowName::parse("kit").unwrap(), version: "1".to_owned() },
            run: RunInfo {
                id: run.id.clone(),
                created: at,
                parent: None,
                actors: BTreeMap::from([(Step::Request, run.user.clone())]),
                contexts: BTreeMap::new(),
                outputs,
            },
            channel: Channel::from(Source::Internal),
            at,
            message: None,
        };
        let key = format!("{}/{step:?}", run.id);
        let services = self.services.clone();
        (event, Context::new(services, jiff::tz::TimeZone::UTC, at, key, Mode::Deciding))
    }

    fn context<'a>(&'a self, event: &'a Event, cx: &'a Context) -> StrategyContext<'a> {
        StrategyContext {
            cx,
            event,
            strategy: &self.strategy,
            integration: &self.kit.integration,
            identities: &self.identities,
            get_identity: None,
        }
    }
}

/// A strategy, and how often it was asked for a user's name.
#[derive(Debug)]
struct Counting {
    strategy: Box<dyn Strategy>,
    fetched: AtomicU32,
}

#[async_trait]
impl Strategy for Counting {
    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.strategy.escalate(target, event, cx).await
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.strategy.deescalate(target, event, cx).await
    }

    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
        self.fetched.fetch_add(1, Ordering::Relaxed);
        self.strategy.fetch_remote_identity(user).await
    }

    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        self.strategy.is_granted(target, event, cx).await
    }

    fn ends_sessions(&self) -> Option<&'static str> {
        self.strategy.ends_sessions()
    }
}

/// Identities in memory.
#[derive(Debug, Default)]
struct Identities(Mutex<BTreeMap<(UserId, String, String), String>>);

#[async_trait]
impl IdentityStore for Identities {
    async fn stored(
        &self,
        user: &User,
        kind: &str,
        external_id: &str,
    ) -> Result<Option<String>, HandlerError> {
        let stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(stored.get(&(user.id.clone(), kind.to_owned(), external_id.to_owned())).cloned())
    }

    async fn persist(&self, user: &User, identity: Identity) -> Result<(), HandlerError> {
        let Identity { kind, external_id, value } = identity;
        let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((owner, ..)) =
            stored.iter().find(|(_, taken)| **taken == value).map(|(owner, _)| owner)
            && *owner != user.id
        {
            let message = format!("`{value}` is {owner} already, not {}", user.id);
            return Err(HandlerError::new("Identity:AMBIGUOUS", message).final_());
        }
        stored.insert((user.id.clone(), kind, external_id), value);
        Ok(())
    }
}
