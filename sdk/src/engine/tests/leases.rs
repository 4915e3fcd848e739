//! Who holds what: access that several runs share, that was there before, that lands late.

use crate::engine::CommandKind;
use crate::model::{Duration, Outcome};
use crate::testing::simulation::Simulation;
use crate::testing::{Mishap, Person, TestApp, TestRun};

mod one {
    use crate::prelude::*;

    flow!("one", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("approvers")
    }
}

mod two {
    use crate::prelude::*;

    flow!("two", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("approvers")
    }
}

fn app() -> TestApp {
    TestApp::with([&one::FLOW, &two::FLOW])
        .target("orders", "database")
        .group("approvers", ["bo@acme.test"])
}

/// Asks, and is approved.
async fn gets<'a>(ada: &Person<'a>, flow: &str, duration: &str, bo: &Person<'a>) -> TestRun<'a> {
    let run = ada.asks("orders").of(flow).duration(duration).await;
    bo.approves(&run).await;
    run
}

#[tokio::test]
async fn the_last_one_out_takes_access_away_and_no_other() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let first = gets(&ada, "one", "1h", &bo).await;
    let second = gets(&ada, "two", "2h", &bo).await;
    app.advance("1h").await;
    first.assert_closed(Outcome::Ended);
    assert!(ada.has("orders"));
    app.advance("1h").await;
    second.assert_closed(Outcome::Ended);
    assert!(!ada.has("orders"));
}

#[tokio::test]
async fn access_that_was_there_before_is_looked_for_each_time_anew() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    ada.had("orders");
    gets(&ada, "one", "1h", &bo).await;
    app.advance("2h").await;
    assert!(ada.has("orders"));
    app.system().set(ada.id(), &"orders".parse().unwrap(), false);
    let second = gets(&ada, "one", "1h", &bo).await;
    second.assert_active();
    assert!(ada.has("orders"), "active, and nothing is there");
    app.advance("1h").await;
    assert!(!ada.has("orders"));
}

#[tokio::test]
async fn a_grant_that_lands_after_the_end_is_taken_away_and_is_nobody_s_standing_access() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    app.system().giving([Mishap::LandsLate(Duration::minutes(3)), Mishap::FailsForGood]);
    let run = gets(&ada, "one", "1h", &bo).await;
    app.advance("10s").await;
    run.assert_closed(Outcome::Failed);
    app.advance("3m").await;
    assert!(ada.has("orders"), "it has landed");
    let second = gets(&ada, "two", "1m", &bo).await;
    second.assert_active();
    app.advance("30m").await;
    assert!(!ada.has("orders"));
    assert!(!app.error_channel().is_empty());
}

#[tokio::test]
async fn an_earlier_run_s_last_look_does_not_forget_the_later_one_s_late_grant() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    gets(&ada, "one", "1m", &bo).await;
    app.advance("16m").await;
    // It ends at +18m or so, and lands at +22m; the first run looks for the last time at +21m.
    app.system().giving([Mishap::LandsLate(Duration::minutes(6)), Mishap::FailsForGood]);
    let second = gets(&ada, "two", "1h", &bo).await;
    app.advance("1m").await;
    second.assert_closed(Outcome::Failed);
    app.advance("5m").await;
    assert!(ada.has("orders"), "it has landed");
    app.advance("30m").await;
    assert!(!ada.has("orders"), "it was never found");
    let _ = app.error_channel();
}

#[tokio::test]
async fn what_was_given_late_leaves_no_trace_that_protects_it_later() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    app.system().giving([Mishap::LandsLate(Duration::minutes(19)), Mishap::FailsForGood]);
    gets(&ada, "one", "1h", &bo).await;
    app.advance("1h").await;
    assert!(!ada.has("orders"));
    ada.had("orders");
    gets(&ada, "one", "1h", &bo).await;
    app.advance("2h").await;
    assert!(ada.has("orders"), "it was there before");
    let _ = app.error_channel();
}

#[test]
fn a_worker_that_was_overtaken_gives_nothing_for_a_run_that_is_over() {
    for overtaken_after in 1..150 {
        let mut world = Simulation::new([&one::FLOW], 0);
        let run = world.asks("ada", "one", "orders", Duration::HOUR);
        world.record(&run, "bo", CommandKind::Approve { message: None, shown: None });
        world.drive(&run);
        for _ in 0..overtaken_after {
            world.step(0);
        }
        if world.working() == 0 {
            return;
        }
        for kind in [CommandKind::Wake, CommandKind::Revoke { message: None }] {
            world.record(&run, "ada", kind);
            world.drive(&run);
            while world.working() > 1 {
                world.step(1);
            }
        }
        world.finish(None);
        world.heal();
    }
    panic!("the worker never came to its end");
}

#[test]
fn a_crash_while_what_came_back_is_taken_away_keeps_nobody_from_joining() {
    for crash_after in 1..100 {
        let mut world = Simulation::new([&one::FLOW, &two::FLOW], 0);
        let approve = || CommandKind::Approve { message: None, shown: None };
        let first = world.asks("ada", "one", "orders", Duration::HOUR);
        let revoke = CommandKind::Revoke { message: None };
        for (name, kind) in [("bo", approve()), ("ada", revoke)] {
            world.record(&first, name, kind);
            world.drive(&first);
            world.finish(None);
        }
        world.wait(60);
        let ada = "ada@acme.test".parse().unwrap();
        world.system().set(&ada, &"orders".parse().unwrap(), true);
        world.drive(&first);
        for _ in 0..crash_after {
            world.step(0);
        }
        let through = world.working() == 0;
        world.crash(0);
        let second = world.asks("ada", "two", "orders", Duration::HOUR);
        world.record(&second, "bo", approve());
        for _ in 0..5 {
            world.sweep();
            world.finish(None);
            world.wait(25);
        }
        let status = world.run(&second).map(|run| run.status());
        assert_eq!(status, Some(crate::model::Status::Active), "{crash_after}");
        world.heal();
        if through {
            return;
        }
    }
    panic!("the worker never came to its end");
}

/// Doors, opened to names.
#[derive(Debug, Default)]
struct Doors(std::sync::Mutex<std::collections::BTreeSet<String>>);

impl Doors {
    fn open_to(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().cloned().collect()
    }
}

#[async_trait::async_trait]
impl crate::strategy::Strategy for Doors {
    async fn escalate(
        &self,
        _: &crate::model::Target,
        _: &crate::model::Event,
        cx: &crate::strategy::StrategyContext<'_>,
    ) -> Result<Option<serde_json::Value>, crate::flow::HandlerError> {
        let name = cx.get_requester_identity().await?;
        self.0.lock().unwrap().insert(name);
        Ok(None)
    }

    async fn deescalate(
        &self,
        _: &crate::model::Target,
        _: &crate::model::Event,
        cx: &crate::strategy::StrategyContext<'_>,
    ) -> Result<Option<serde_json::Value>, crate::flow::HandlerError> {
        let name = cx.get_requester_identity().await?;
        self.0.lock().unwrap().remove(&name);
        Ok(None)
    }
}

fn with_doors() -> (TestApp, std::sync::Arc<Doors>) {
    let doors = std::sync::Arc::new(Doors::default());
    let target = crate::model::Target {
        name: crate::model::TargetName::parse("door").unwrap(),
        kind: "door".into(),
        label: "The door".into(),
        strategy: Some(crate::model::StrategyName::parse("doors").unwrap()),
        settings: crate::model::Object::new(),
    };
    let app = TestApp::with([&one::FLOW])
        .strategy("doors", doors.clone())
        .put_target(target)
        .user("ada@acme.test")
        .group("approvers", ["bo@acme.test"]);
    (app, doors)
}

fn named(user: &mut crate::model::User, value: &str) {
    let (kind, external_id) = ("custom".into(), "doors".into());
    user.identities = vec![crate::model::Identity { kind, external_id, value: value.into() }];
}

#[tokio::test]
async fn access_is_taken_from_the_name_that_it_was_given_to() {
    let (app, doors) = with_doors();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    ada.become_(|user| named(user, "4711"));
    let run = ada.asks("door").duration("1h").await;
    bo.approves(&run).await;
    assert_eq!(doors.open_to(), ["4711"]);
    ada.become_(|user| named(user, "4712"));
    app.advance("1h").await;
    run.assert_closed(Outcome::Ended);
    assert!(doors.open_to().is_empty(), "{:?}", doors.open_to());
    app.advance("1h").await;
}

#[tokio::test]
async fn where_nobody_knows_a_name_nothing_was_given_and_nothing_is_taken() {
    let (app, doors) = with_doors();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("door").duration("1h").await;
    bo.approves(&run).await;
    run.assert_closed(Outcome::Failed);
    assert!(doors.open_to().is_empty());
    let _ = app.error_channel();
    app.advance("1h").await;
    let _ = app.error_channel();
}
