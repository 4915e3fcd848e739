//! The world that is simulated: people, a system, workers, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::{MemoryStore, TestDirectory, TestHost, TestStrategy};
use super::checks;
use super::ports::{Deeds, Dice, SimHost, SimStore, SimStrategy, Weather};
use crate::engine::{
    Actor, Budgets, Command, CommandKind, Environment, FlowConfig, Host, Request, Run, Runner,
    StrategyConfig, records,
};
use crate::flow::FlowDescriptor;
use crate::model::{
    Channel, CommandId, Duration, FlowName, Integration, Object, RunId, Source, Srn, StrategyName,
    Target, TargetName, Timestamp, User, UserId,
};
use crate::store::{Commit, Store};

/// Where the first crash strikes: when the so many-eth call of a port is begun or ended.
pub type Crash = usize;

/// The engine in bad weather.
pub struct Simulation {
    pub(super) seed: u64,
    pub(super) dice: Dice,
    pub(super) weather: Arc<Weather>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) host: Arc<TestHost>,
    pub(super) strategy: Arc<TestStrategy>,
    pub(super) deeds: Deeds,
    pub(super) environment: Arc<Environment>,
    pub(super) runner: Runner,
    pub(super) standing: BTreeSet<(UserId, TargetName)>,
    pub(super) runs: Vec<RunId>,
    workers: Vec<Worker>,
    commands: u64,
    /// What was seen of each run: the version of its head.
    pub(super) seen: BTreeMap<RunId, u64>,
}

struct Worker {
    what: Option<RunId>,
    work: BoxFuture<'static, ()>,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("seed", &self.seed).finish_non_exhaustive()
    }
}

impl Simulation {
    /// A world with these flows, each of them for the targets `orders` and `ledger`. Ada and Eve
    /// ask, Bo, Cy and Dee decide as the flows say.
    #[must_use]
    pub fn new(flows: impl IntoIterator<Item = &'static FlowDescriptor>, seed: u64) -> Self {
        let weather = Arc::new(Weather::new(seed));
        let store = Arc::new(MemoryStore::new());
        let host = Arc::new(TestHost::new("2026-03-02T09:00:00Z".parse().unwrap(), seed));
        let strategy = Arc::new(TestStrategy::new(host.clone()));
        let deeds = Deeds::default();
        let of_world =
            SimStrategy { inner: strategy.clone(), weather: weather.clone(), deeds: deeds.clone() };
        let environment = Arc::new(environment(flows, of_world));
        let sim_store = Arc::new(SimStore::new(store.clone(), weather.clone()));
        let directory = Arc::new(TestDirectory::new(store.clone()));
        for name in ["ada", "eve", "bo", "cy", "dee"] {
            directory.put(User::new(user(name)));
        }
        directory.set("approvers", ["bo", "cy", "dee"].map(user));
        let runner = Runner {
            store: sim_store,
            services: directory,
            environment: environment.clone(),
            host: Arc::new(SimHost { inner: host.clone(), weather: weather.clone() }),
            budgets: Budgets::default(),
        };
        Self {
            seed,
            dice: Dice::new(seed ^ 0x5eed),
            weather,
            store,
            host,
            strategy,
            deeds,
            environment,
            runner,
            standing: BTreeSet::new(),
            runs: Vec::new(),
            workers: Vec::new(),
            commands: 0,
            seen: BTreeMap::new(),
        }
    }

    /// The system that access is given in, to look at it and to have it fail.
    #[must_use]
    pub fn system(&self) -> &TestStrategy {
        &self.strategy
    }

    /// Somebody had access all along.
    pub fn had(&mut self, name: &str, target: &str) {
        let held = (user(name), TargetName::parse(target).unwrap());
        self.strategy.set(&held.0, &held.1, true);
        self.standing.insert(held);
    }

    /// One call in so many goes wrong from now on; 0: none.
    pub fn odds(&self, odds: u64) {
        self.weather.set_odds(odds);
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// Time passes, and nobody does anything.
    pub fn wait(&self, seconds: u32) {
        self.host.set(self.now() + Duration::seconds(seconds));
    }

    /// How many calls of ports were begun or ended so far.
    #[must_use]
    pub fn pauses(&self) -> usize {
        self.weather.pauses()
    }

    /// Somebody asks. The request is recorded, and nothing more.
    pub fn asks(&mut self, name: &str, flow: &str, target: &str, duration: Duration) -> RunId {
        let target = self.environment.targets.get(&TargetName::parse(target).unwrap()).cloned();
        let request = Request {
            requester: user(name),
            filed_by: None,
            target,
            duration: Some(duration),
            reason: "because".to_owned(),
            fields: Object::new(),
            context: Value::Null,
            channel: Channel::from(Source::Api),
            parent: None,
            extends: None,
            starts: None,
        };
        let run = RunId::from_parts(records::millis(self.now()), self.host.entropy());
        let flow = FlowName::parse(flow).unwrap();
        self.runs.push(run.clone());
        self.record(&run, name, CommandKind::Request { flow, request: Box::new(request) });
        run
    }

    /// Somebody wants something of a run. It is recorded, and nothing more.
    pub fn record(&mut self, run: &RunId, name: &str, kind: CommandKind) {
        self.commands += 1;
        let command = Command {
            id: CommandId::parse(format!("c-{}", self.commands)).unwrap(),
            run: run.clone(),
            at: self.now(),
            by: Actor::local(user(name)),
            channel: Channel::from(Source::Api),
            kind,
        };
        let writes = records::transaction(vec![records::recorded(&command)]);
        assert_eq!(self.store.write(&writes).now_or_never(), Some(Commit::Committed));
    }

    /// A worker takes up a run.
    pub fn drive(&mut self, run: &RunId) {
        let (runner, id) = (self.runner.clone(), run.clone());
        let work = async move { drop(runner.drive(&id).await) }.boxed();
        self.workers.push(Worker { what: Some(run.clone()), work });
    }

    /// A worker looks for whatever is due.
    pub fn sweep(&mut self) {
        let runner = self.runner.clone();
        let work = async move { drop(runner.sweep().await) }.boxed();
        self.workers.push(Worker { what: None, work });
    }

    /// How many workers are under way.
    #[must_use]
    pub fn working(&self) -> usize {
        self.workers.len()
    }

    /// Whether a worker is at this run, or at all of them.
    #[must_use]
    pub fn is_taken_up(&self, run: &RunId) -> bool {
        self.workers.iter().any(|worker| worker.what.as_ref().is_none_or(|what| what == run))
    }

    /// One worker goes on to the next call of a port.
    pub fn step(&mut self, index: usize) {
        let Some(worker) = self.workers.get_mut(index) else { return };
        let mut cx = Context::from_waker(Waker::noop());
        if worker.work.as_mut().poll(&mut cx) == Poll::Ready(()) {
            drop(self.workers.remove(index));
        }
        if self.weather.take_changed() {
            checks::always(self);
        }
    }

    /// One worker is no more.
    pub fn crash(&mut self, index: usize) {
        if index < self.workers.len() {
            drop(self.workers.remove(index));
        }
    }

    /// All workers go on to their ends, unless a crash strikes first.
    pub fn finish(&mut self, crash: Option<Crash>) {
        for _ in 0..100_000 {
            if self.workers.is_empty() {
                return;
            }
            self.step(0);
            if crash.is_some_and(|crash| self.pauses() >= crash) {
                self.workers.clear();
            }
        }
        panic!("seed {}: a worker goes round in circles", self.seed);
    }

    /// The run as it is stored.
    #[must_use]
    pub fn run(&self, id: &RunId) -> Option<Run> {
        let item = self.store.get(&records::head(id)).now_or_never()?.unwrap();
        item.map(|item| records::read_run(&item).unwrap().0)
    }

    /// Good weather from now on: everything is looked for twice a minute, until nothing can happen
    /// any more. What has to happen in time is checked.
    pub fn heal(&mut self) {
        self.odds(0);
        self.workers.clear();
        let healed = self.now();
        for _ in 0..15 {
            self.sweep();
            self.finish(None);
            checks::in_time(self, healed);
            self.wait(20);
        }
        // Everything else has a time of its own.
        for _ in 0..200 {
            let Some(next) = next_ready(self.runner.next_due()) else { break };
            self.host.set(next.max(self.now() + Duration::seconds(1)));
            self.sweep();
            self.finish(None);
            checks::in_time(self, healed);
        }
        checks::at_rest(self);
    }

    /// How often each thing happened, by the word for it, and how things were reached.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<String, usize> {
        let mut tally = BTreeMap::new();
        for run in &self.runs {
            for sealed in checks::entries(self, run) {
                let what = serde_json::to_value(&sealed.entry.what).unwrap();
                let words = ["type", "reached", "found", "outcome"];
                let words = words.map(|key| what.get(key).and_then(Value::as_str));
                for word in words.into_iter().flatten() {
                    *tally.entry(word.to_owned()).or_insert(0) += 1;
                }
            }
        }
        tally
    }

    /// Some step of some of what may happen.
    pub fn anything(&mut self) {
        match self.dice.roll(100) {
            0..=1 => self.wait(1),
            2 => {
                let seconds = 1 + self.dice.roll(400);
                self.wait(u32::try_from(seconds).unwrap_or(1));
            }
            3 if !self.workers.is_empty() => {
                let index = self.dice.roll(self.workers.len() as u64);
                self.crash(usize::try_from(index).unwrap_or_default());
            }
            4 if self.working() < 2 => self.sweep(),
            5..=8 if self.working() < 2 => {
                if let Some(run) = self.any_run() {
                    self.drive(&run);
                }
            }
            9..=10 => self.anybody_does_anything(),
            _ if self.workers.is_empty() && self.dice.one_in(8) => self.anybody_does_anything(),
            _ => {
                let index = self.dice.roll(self.workers.len() as u64);
                self.step(usize::try_from(index).unwrap_or_default());
            }
        }
    }

    /// Any run, mostly one that is not over.
    fn any_run(&self) -> Option<RunId> {
        let is_over = |id: &&RunId| self.run(id).is_some_and(|run| run.outcome().is_some());
        let open: Vec<_> = self.runs.iter().filter(|id| !is_over(id)).cloned().collect();
        let all = if self.dice.one_in(10) { &self.runs } else { &open };
        let index = self.dice.roll(all.len() as u64);
        all.get(usize::try_from(index).ok()?).cloned()
    }

    fn pick<'a>(&self, all: &[&'a str]) -> &'a str {
        let index = self.dice.roll(all.len() as u64);
        all.get(usize::try_from(index).unwrap_or_default()).copied().unwrap_or_default()
    }

    fn anybody_does_anything(&mut self) {
        if self.runs.len() < 8 && self.dice.one_in(4) {
            let duration = Duration::seconds(u32::try_from(self.dice.roll(1200)).unwrap_or(1));
            let names: Vec<_> = self.environment.flows.keys().cloned().collect();
            let flows: Vec<_> = names.iter().map(FlowName::as_str).collect();
            let flow = self.pick(&flows).to_owned();
            let (name, target) = (self.pick(&["ada", "ada", "ada", "eve"]), "orders");
            let run = self.asks(name, &flow, target, duration);
            self.drive(&run);
            return;
        }
        let Some(run) = self.any_run() else { return };
        let (name, message) = (self.pick(&["ada", "eve", "bo", "bo", "cy", "cy", "dee"]), None);
        let kind = match self.dice.roll(10) {
            0 => CommandKind::Deny { message },
            1 => CommandKind::Cancel { message },
            2 | 3 => CommandKind::Revoke { message },
            _ => CommandKind::Approve { message, shown: None },
        };
        self.record(&run, name, kind);
        if !self.dice.one_in(5) && self.working() < 2 {
            self.drive(&run);
        }
    }
}

/// Answers of a world that does not really wait.
fn next_ready(
    next: impl Future<Output = Result<Option<Timestamp>, crate::store::ReadError>>,
) -> Option<Timestamp> {
    let mut next = Box::pin(next);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(next) = next.as_mut().poll(&mut cx) {
            return next.unwrap();
        }
    }
}

pub(super) fn user(name: &str) -> UserId {
    UserId::of_mail(&format!("{name}@acme.test")).unwrap()
}

fn environment(
    flows: impl IntoIterator<Item = &'static FlowDescriptor>,
    strategy: SimStrategy,
) -> Environment {
    let name = StrategyName::parse("test").unwrap();
    let target = |text: &str| {
        let target = Target {
            name: TargetName::parse(text).unwrap(),
            kind: "database".to_owned(),
            label: text.to_owned(),
            strategy: Some(name.clone()),
            settings: Object::new(),
        };
        (target.name.clone(), target)
    };
    let targets = BTreeMap::from([target("orders"), target("ledger")]);
    let flows = flows.into_iter().map(|flow| {
        let mut config = FlowConfig::new(flow);
        config.targets = targets.keys().cloned().collect();
        (FlowName::parse(flow.name).unwrap(), config)
    });
    let integration = Integration {
        name: "test".to_owned(),
        kind: "custom".to_owned(),
        external_id: "test".to_owned(),
        settings: Object::new(),
        srn: Srn::parse("acme:integration:custom:test:latest").unwrap(),
    };
    let config = StrategyConfig { strategy: Arc::new(strategy), integration };
    Environment {
        org: "acme".to_owned(),
        name: "simulation".to_owned(),
        version: "1".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        flows: flows.collect(),
        strategies: BTreeMap::from([(name.clone(), config)]),
        targets,
    }
}
