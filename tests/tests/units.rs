//! What the simplest story costs: the functions' own code in this process, on tables of an emulator.
//! It prints what each step costs, and fails if the whole costs more than it does now.
//!
//! `cargo test -p countersign-tests --test units -- --nocapture`

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

#[path = "dynamodb/place.rs"]
#[allow(dead_code, reason = "the tests of the store use more of it")]
mod place;

use std::time::Duration;

use countersign::desk::{Accepted, Ask, Caller};
use countersign::engine::{CommandKind, State};
use countersign::model::{RunId, Source, UserId};
use countersign_functions::app::App;
use countersign_functions::aws::config::{AuditPlaces, Config, Role, Schedules};
use countersign_functions::aws::system::Function;
use countersign_functions::aws::{Patience, worker};
use countersign_functions::store::dynamodb::Units;
use countersign_tests::simple::{self, access};
use place::Place;
use serde_json::json;

static APP: App = App { flows: &[&access::FLOW], strategies: &[], name: "test", version: "1" };

/// What the story may cost: what it does, and a little for another size of something.
const MOST: Units = Units { read: 48, write: 96 };

const GROUP: &str = "countersign-test";

/// Two functions, and what they have cost.
struct Story {
    api: Function,
    worker: Function,
    before: Units,
    invocations: usize,
    total: Units,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simplest_story_costs_no_more_than_it_did() {
    let Some(place) = Place::find().await else { return };
    let mut story = Story::over(&place).await;
    for who in ["ada@acme.test", "bo@acme.test"] {
        story.api.system().await.unwrap().desk.appear(&story.caller(who).await).await.unwrap();
    }
    story.worker.system().await.unwrap();
    story.before = story.units();
    println!("{:<22} {:>11} {:>10}", "the simplest story", "write units", "read units");
    let ask: Ask = serde_json::from_value(json!({
        "flow": "access", "target": "orders", "duration": "1h", "reason": "INC-42",
    }))
    .unwrap();
    let asked = story.asks("ada@acme.test", &ask).await;
    let approve = CommandKind::Approve { message: None, shown: None };
    story.says("bo@acme.test", "approve", &asked.id, approve).await;
    story.says("ada@acme.test", "revoke", &asked.id, CommandKind::Revoke { message: None }).await;
    println!("{:<22} {:>11} {:>10}", "all", story.total.write, story.total.read);
    println!("{} invocations, without who looks at it meanwhile", story.invocations);
    let (api, worker) = (story.api.store.reported_units(), story.worker.store.reported_units());
    println!("the emulator says so far: api {api:?}, worker {worker:?}");
    let runner = &story.api.system().await.unwrap().desk.runner;
    let run = runner.run(&asked.id).await.unwrap().unwrap();
    assert!(matches!(run.state, State::Closed { .. }), "{run:?}");
    let Units { read, write } = story.total;
    assert!(read <= MOST.read && write <= MOST.write, "{:?} is more than {MOST:?}", story.total);
    assert_eq!(story.invocations, 6);
}

impl Story {
    async fn over(place: &Place) -> Self {
        let scheduler = aws_sdk_scheduler::Client::new(&place.clients.config(Patience::Working));
        // With somebody else's emulator it may be there.
        let _ = scheduler.create_schedule_group().name(GROUP).send().await;
        let config = |role| Config {
            audit: AuditPlaces::default(),
            role,
            environment: "test".to_owned(),
            tables: place.tables.clone(),
            url: None,
            form: None,
            schedules: (role == Role::Worker).then(|| Schedules {
                group: GROUP.to_owned(),
                role_arn: "arn:aws:iam::000000000000:role/none".to_owned(),
                timer_arn: "arn:aws:lambda:us-east-1:000000000000:function:none".to_owned(),
                dead_letters_arn: None,
            }),
        };
        simple::put(&place.store(), "settings", &simple::SETTINGS).await.unwrap();
        let function = |role| Function::new(&APP, config(role), place.clients.clone());
        Self {
            api: function(Role::Api),
            worker: function(Role::Worker),
            before: Units::default(),
            invocations: 0,
            total: Units::default(),
        }
    }

    /// Somebody who was recognised, as the API recognises people.
    async fn caller(&self, email: &str) -> Caller {
        let desk = &self.api.system().await.unwrap().desk;
        let id = UserId::parse(email).unwrap();
        let user = desk.runner.services.user(&id).await.unwrap().unwrap();
        Caller::local(user, Source::Api)
    }

    async fn asks(&mut self, who: &str, ask: &Ask) -> Accepted {
        let caller = self.caller(who).await;
        let desk = &self.api.system().await.unwrap().desk;
        desk.appear(&caller).await.unwrap();
        let accepted = desk.request(&caller, ask, None).await.unwrap();
        self.note("request: api");
        self.works(&accepted.id, "request").await;
        accepted
    }

    async fn says(&mut self, who: &str, what: &str, run: &RunId, kind: CommandKind) {
        let caller = self.caller(who).await;
        let desk = &self.api.system().await.unwrap().desk;
        desk.appear(&caller).await.unwrap();
        desk.command(&caller, run, kind, None).await.unwrap();
        self.note(&format!("{what}: api"));
        self.works(run, what).await;
    }

    /// What the stream has the worker do.
    async fn works(&mut self, run: &RunId, what: &str) {
        let record = json!({ "dynamodb": {
            "Keys": { "pk": { "S": format!("J#{run}") }, "sk": { "S": "#" } },
            "SequenceNumber": "1",
        } });
        let batch = serde_json::from_value(json!({ "Records": [record] })).unwrap();
        let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
        let report = worker::handle(&self.worker, batch, deadline).await.unwrap();
        assert_eq!(report, worker::Report::default());
        self.note(&format!("{what}: worker"));
    }

    fn units(&self) -> Units {
        let (api, worker) = (self.api.store.units(), self.worker.store.units());
        Units { read: api.read + worker.read, write: api.write + worker.write }
    }

    /// Prints what was spent since the last time.
    fn note(&mut self, what: &str) {
        let now = self.units();
        let (read, write) = (now.read - self.before.read, now.write - self.before.write);
        println!("{what:<22} {write:>11} {read:>10}");
        self.before = now;
        self.invocations += 1;
        self.total.read += read;
        self.total.write += write;
    }
}
