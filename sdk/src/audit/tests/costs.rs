//! What the tree costs.

use std::sync::Arc;

use super::world::{World, at_once, flow};
use crate::audit::collect;
use crate::engine::{Actor, Command, CommandKind, Request, Runner, records};
use crate::model::{Channel, CommandId, Duration, Object, RunId, Source, TargetName, UserId};
use crate::store::{Commit, Store};
use crate::testing::{Counts, FaultyStore, MemoryStore, TestApp};

#[tokio::test]
async fn a_run_that_rests_costs_half_a_write_unit_once_and_then_a_look_each_time() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.many(500);
    let store = FaultyStore::counting(world.store.clone());
    collect(&store, world.now()).await.unwrap();
    let first = store.take_counts();
    assert!(first.write_units <= 500 / 2, "{first:?}");
    assert!(first.read_units <= 2 * 500, "{first:?}");
    collect(&store, world.now()).await.unwrap();
    let idle = store.take_counts();
    assert_eq!(idle.write_units, 0);
    assert!(idle.read_units <= 2 * 500, "{idle:?}");
}

/// Simple runs, side by side, from the request to the last look after the end.
struct Runs {
    app: TestApp,
    runner: Runner,
    store: Arc<FaultyStore>,
    ids: Vec<RunId>,
}

impl Runs {
    fn new(number: u64) -> Self {
        let app = TestApp::new(flow()).group("owners", ["bo@acme.test"]);
        let app =
            (0..number).fold(app, |app, number| app.target(&format!("t{number}"), "database"));
        let store = Arc::new(FaultyStore::counting(Arc::new(MemoryStore::new())));
        let mut runner = app.runner();
        runner.store = store.clone();
        let ids = (0..number).map(|number| RunId::from_parts(number, 0)).collect();
        Self { app, runner, store, ids }
    }

    async fn command(&self, by: &str, kind: impl Fn(usize) -> CommandKind) {
        for (number, run) in self.ids.iter().enumerate() {
            let command = Command {
                id: CommandId::parse(format!("c{}", self.runner.host.entropy())).unwrap(),
                run: run.clone(),
                at: self.app.now(),
                by: Actor::local(UserId::parse(by).unwrap()),
                channel: Channel::from(Source::Api),
                kind: kind(number),
            };
            let recorded = records::transaction(vec![records::recorded(&command)]);
            assert_eq!(self.store.write(&recorded).await, Commit::Committed);
            self.runner.drive(run).await.unwrap();
        }
    }

    fn request(&self, number: usize) -> CommandKind {
        let name = TargetName::parse(format!("t{number}")).unwrap();
        let request = Request {
            requester: UserId::parse("ada@acme.test").unwrap(),
            filed_by: None,
            target: self.runner.environment.targets.get(&name).cloned(),
            duration: Some(Duration::minutes(60)),
            reason: "INC-42".to_owned(),
            fields: Object::new(),
            context: serde_json::Value::Null,
            channel: Channel::from(Source::Api),
            parent: None,
            extends: None,
            starts: None,
        };
        let flow = crate::model::FlowName::parse(flow().name).unwrap();
        CommandKind::Request { flow, request: Box::new(request) }
    }

    /// What the tree cost in between: nobody else counts.
    async fn collected(&self, sum: &mut Counts) -> u64 {
        let before = self.store.counts().write_units;
        collect(&*self.store, self.app.now()).await.unwrap();
        let units = self.store.counts().write_units - before;
        sum.write_units += units;
        units
    }

    async fn advance(&self, minutes: i64) {
        let until = self.app.now() + jiff::SignedDuration::from_mins(minutes);
        while let Some(at) = at_once(self.runner.next_due()).unwrap().filter(|at| *at <= until) {
            self.app.host().set(at.max(self.app.now()));
            assert!(self.runner.sweep().await.unwrap().is_empty());
        }
        self.app.host().set(until);
    }
}

#[tokio::test]
async fn a_whole_story_costs_the_tree_five_write_units() {
    const RUNS: u64 = 50;
    let runs = Runs::new(RUNS);
    let mut tree = Counts::default();
    runs.command("ada@acme.test", |number| runs.request(number)).await;
    runs.collected(&mut tree).await;
    runs.command("bo@acme.test", |_| CommandKind::Approve { message: None, shown: None }).await;
    runs.collected(&mut tree).await;
    for minutes in [60, 5, 5, 5, 5, 5] {
        runs.advance(minutes).await;
        runs.collected(&mut tree).await;
    }
    for run in &runs.ids {
        assert!(!runs.runner.run(run).await.unwrap().unwrap().is_watched());
    }
    let all = runs.store.counts().write_units;
    let each = (all - tree.write_units).div_ceil(RUNS);
    let share = tree.write_units.div_ceil(RUNS);
    println!("write units of a run: {each}, and of the tree {share}");
    assert!(share <= 5, "{share}");
}
