//! What the flow promises, as stories.

use countersign::model::{Outcome, Status, Step};
use countersign::testing::TestApp;

use crate::infra_access::FLOW;

fn acme() -> TestApp {
    TestApp::new(&FLOW)
        .target("prod-database", "database")
        .target("s3-customer-data", "s3")
        .user("ada@acme.test")
        .user("eve@acme.test")
        .group("data-security", ["bo@acme.test", "cy@acme.test"])
        .group("contractors", ["eve@acme.test"])
        .channel("#ops", ["ops@acme.test"])
        .on_call(["dee@acme.test"])
}

#[tokio::test]
async fn operators_decide_about_databases() {
    let app = acme();
    let (ada, bo, ops) =
        (app.person("ada@acme.test"), app.person("bo@acme.test"), app.person("ops@acme.test"));
    let run = ada.asks("prod-database").reason("INC-42").duration("1h").await;
    run.assert_waits_for(["ops@acme.test"]);
    bo.approves(&run).expect_refused("not_an_approver").await;
    ops.approves(&run).await;
    assert!(ada.has("prod-database"));
    app.advance("1h").await;
    run.assert_closed(Outcome::Ended);
    assert!(!ada.has("prod-database"));
}

#[tokio::test]
async fn data_security_decides_about_s3() {
    let app = acme();
    let run = app.person("ada@acme.test").asks("s3-customer-data").reason("INC-42").await;
    run.assert_waits_for(["bo@acme.test", "cy@acme.test"]);
    app.person("cy@acme.test").denies(&run).saying("not now").await;
    run.assert_closed(Outcome::Denied);
}

#[tokio::test]
async fn contractors_get_nothing() {
    let app = acme();
    let run = app.person("eve@acme.test").asks("prod-database").reason("INC-42").await;
    run.assert_closed(Outcome::Denied);
    assert_eq!(run.standing(), "Denied: contractors do not get access");
}

#[tokio::test]
async fn whoever_is_on_call_gets_in_at_once_and_is_asked_about_it_tomorrow() {
    let app = acme();
    let dee = app.person("dee@acme.test");
    let run = dee.asks("prod-database").reason("page").duration("1h").await;
    run.assert_active();
    assert!(run.state().steps[&Step::Approval].actor.is_none(), "the flow approved it");
    app.advance("2d").await;
    let follow_up =
        app.all_runs().into_iter().find(|run| run.state().flow.as_str() == "incident_follow_up");
    let follow_up = follow_up.expect("a follow-up");
    assert_eq!(follow_up.status(), Status::Pending);
    follow_up.assert_waits_for(["dee@acme.test"]);
}

#[tokio::test]
async fn whoever_is_on_call_cannot_let_others_in_by_asking_for_them() {
    let app = acme();
    let (ada, dee) = (app.person("ada@acme.test"), app.person("dee@acme.test"));
    let run = dee.asks("prod-database").on_behalf_of(&ada).reason("page").await;
    run.assert_waits_for(["ops@acme.test"]);
    assert!(!ada.has("prod-database"));
}

#[tokio::test]
async fn nobody_approves_what_they_asked_for() {
    let app = acme();
    let bo = app.person("bo@acme.test");
    let run = bo.asks("s3-customer-data").reason("INC-42").await;
    run.assert_waits_for(["cy@acme.test"]);
    bo.approves(&run).expect_refused("self_approval").await;
    run.assert_pending();
}
