//! The flow, told as stories.

use std::sync::Arc;

use countersign::model::{Object, Outcome, StrategyName, Target, TargetName};
use countersign::prelude::*;
use countersign::testing::TestApp;

use super::FLOW;
use crate::badge::tests::open;
use crate::controller::Controller;

fn room(name: &str, kind: &str) -> Target {
    Target {
        name: TargetName::parse(name).unwrap(),
        kind: kind.into(),
        label: name.into(),
        strategy: Some(StrategyName::parse("doors").unwrap()),
        settings: Object::new(),
    }
}

/// The flow with its doors, and the controller to look at.
fn app() -> (TestApp, Controller, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("doors.json");
    let app = TestApp::new(&FLOW)
        .vars(&json!({ "gate": "#gate", "escorts": ["Gus", "Gil"] }))
        .strategy("doors", Arc::new(open(&file)))
        .put_target(room("office", "office"))
        .put_target(room("machines", "machine-room"))
        .channel("#gate", ["gus@acme.test"])
        .group("security", ["sam@acme.test", "sue@acme.test"]);
    (app, Controller::new(&file), folder)
}

#[tokio::test]
async fn two_of_security_let_somebody_into_the_machine_room() {
    let (app, doors, _folder) = app();
    let [ada, sam, sue] =
        ["ada", "sam", "sue"].map(|name| app.person(&format!("{name}@acme.test")));
    let run = ada.asks("machines").field("purpose", "maintenance").duration("30m").await;
    sam.approves(&run).await;
    assert_eq!(doors.session("machines", "1001").unwrap(), None);
    sue.approves(&run).await;
    run.assert_active();
    assert!(doors.session("machines", "1001").unwrap().is_some());
    app.advance("30m").await;
    run.assert_closed(Outcome::Ended);
    assert_eq!(doors.session("machines", "1001").unwrap(), None);
}

#[tokio::test]
async fn the_guards_decide_when_security_does_not_answer() {
    let (app, ..) = app();
    let run = app.person("ada@acme.test").asks("machines").field("purpose", "inspection").await;
    run.assert_waits_for(["sam@acme.test", "sue@acme.test"]);
    app.advance("15m").await;
    run.assert_waits_for(["gus@acme.test"]);
}

#[tokio::test]
async fn a_visitor_goes_in_with_an_escort_by_the_badge_of_the_reception() {
    let (app, doors, _folder) = app();
    let visitor = app.person("2001@visitors.acme.test");
    let alone = visitor.asks("office").field("purpose", "delivery").await;
    alone.assert_closed(Outcome::Denied);
    let run = visitor.asks("office").field("purpose", "delivery").field("escort", "Gus").await;
    app.person("gus@acme.test").approves(&run).await;
    run.assert_active();
    assert!(doors.session("office", "2001").unwrap().is_some());
    app.person("gus@acme.test").ends(&run).await;
    assert_eq!(doors.session("office", "2001").unwrap(), None);
}

#[tokio::test]
async fn somebody_without_a_badge_does_not_get_in_and_is_told_why() {
    let (app, ..) = app();
    let run = app.person("new@acme.test").asks("office").field("purpose", "delivery").await;
    app.person("gus@acme.test").approves(&run).await;
    assert!(
        run.standing().contains("nobody knows what new@acme.test is called"),
        "{}",
        run.standing()
    );
    let _ = app.error_channel();
}
