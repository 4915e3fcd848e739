//! Whole stories over the wire: what the endpoint hears, and what becomes of a run when it
//! misbehaves.

use std::sync::Arc;

use countersign::model::{Object, Outcome, Status, StrategyName, Target, TargetName};
use countersign::prelude::*;
use countersign::testing::{Mishap, TestApp, TestRun};

use super::endpoint::{Canned, Doors};
use super::{folder, open, settings};

mod doors {
    use countersign::prelude::*;

    flow!("doors", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        slack::channel("#gate")
    }
}

/// A system with an endpoint behind it.
struct Scene {
    app: TestApp,
    endpoint: Arc<Doors>,
    _folder: tempfile::TempDir,
}

fn scene() -> Scene {
    let (endpoint, folder) = (Arc::new(Doors::open()), folder());
    let app = app_over(&endpoint.url, &folder, true);
    Scene { app, endpoint, _folder: folder }
}

fn app_over(url: &str, folder: &tempfile::TempDir, can_look: bool) -> TestApp {
    let mut settings = settings(url);
    settings["can_look"] = json!(can_look);
    let http = open(&settings, folder.path()).unwrap();
    let mut of_lab = Object::new();
    of_lab.insert("door".into(), json!("lab"));
    TestApp::new(&doors::FLOW)
        .strategy("doors", Arc::new(http))
        .channel("#gate", ["bo@acme.test"])
        .put_target(Target {
            name: TargetName::parse("lab").unwrap(),
            kind: "door".into(),
            label: "Lab".into(),
            strategy: Some(StrategyName::parse("doors").unwrap()),
            settings: of_lab,
        })
}

impl Scene {
    /// Ada asks and Bo says yes.
    async fn granted(&self) -> TestRun<'_> {
        let run = self.app.person("ada@acme.test").asks("lab").duration("1h").await;
        self.app.person("bo@acme.test").approves(&run).await;
        run
    }

    /// What it heard of the actions that change something: action and id.
    fn changes(&self) -> Vec<(String, String)> {
        let heard = self.endpoint.heard().into_iter();
        let changes = heard.filter(|heard| heard.action.ends_with("escalate"));
        changes.map(|heard| (heard.action, heard.id)).collect()
    }
}

#[track_caller]
fn assert_story(run: &TestRun<'_>, expected: &str) {
    let story = format!("{:?}", run.entries());
    assert!(story.contains(expected), "nothing says `{expected}`: {story}");
}

#[tokio::test]
async fn access_is_given_seen_and_taken_away_with_what_giving_it_left() {
    let scene = scene();
    let run = scene.granted().await;
    run.assert_active();
    scene.app.advance("1h").await;
    run.assert_closed(Outcome::Ended);
    let heard = scene.endpoint.heard();
    let given = heard.iter().find(|heard| heard.action == "escalate").unwrap();
    assert_eq!(given.body["version"], 1);
    assert_eq!(given.body["run"], run.id.as_str());
    assert_eq!(given.body["idempotency_key"], given.id.as_str());
    assert_eq!(given.body["identity"], "badge ada@acme.test 李");
    assert_eq!(given.body["requester"]["email"], "ada@acme.test");
    assert_eq!(given.body["target"]["settings"]["door"], "lab");
    assert_eq!(given.body["duration"], "1h");
    let taken = heard.iter().find(|heard| heard.action == "deescalate").unwrap();
    assert!(taken.body["output"]["session"].is_string(), "{}", taken.body);
    let identities = heard.iter().filter(|heard| heard.action == "identity").count();
    assert_eq!(identities, 1);
}

#[tokio::test]
async fn what_is_repeated_has_the_same_id() {
    let scene = scene();
    scene.endpoint.next(Mishap::FailsAfterwards);
    let run = scene.granted().await;
    run.assert_status(Status::Granting);
    scene.app.advance("1m").await;
    run.assert_active();
    let changes = scene.changes();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0], changes[1]);
    scene.app.person("ada@acme.test").ends(&run).await;
    assert_ne!(scene.changes()[2].1, changes[0].1, "taking is something else than giving");
    assert_eq!(scene.app.error_channel().len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_given_up_and_asked_again() {
    let scene = scene();
    scene.endpoint.next(Mishap::Hangs);
    let run = scene.granted().await;
    run.assert_status(Status::Granting);
    scene.app.advance("1m").await;
    run.assert_active();
    assert_story(&run, "gave no answer in 1 s");
    let _ = scene.app.error_channel();
}

#[tokio::test]
async fn redirects_and_large_answers_are_refused() {
    let elsewhere = Doors::open();
    for (canned, expected) in [
        (Canned::new(307, "").with("location", &format!("{}escalate", elsewhere.url)), "307"),
        (Canned::new(200, "x".repeat(70_000)), "more than 65536 bytes"),
    ] {
        let scene = scene();
        // The identity is asked for first: it fails in the same way.
        scene.endpoint.answers("", canned);
        let run = scene.granted().await;
        scene.app.advance("10m").await;
        assert_ne!(run.status(), Status::Active);
        assert_story(&run, expected);
        scene.endpoint.answers_well();
        scene.app.advance("1h").await;
        run.assert_closed(Outcome::Failed);
        let _ = scene.app.error_channel();
    }
    assert!(elsewhere.heard().is_empty(), "a signed request went elsewhere");
}

#[tokio::test]
async fn an_endpoint_that_has_enough_says_when_to_come_again() {
    let scene = scene();
    scene.endpoint.answers("", Canned::new(429, "").with("retry-after", "7"));
    let run = scene.granted().await;
    run.assert_status(Status::Granting);
    scene.endpoint.answers_well();
    scene.app.advance("1m").await;
    run.assert_active();
    let _ = scene.app.error_channel();
}

#[tokio::test]
async fn a_refused_grant_fails_at_once_and_is_taken_back_in_any_case() {
    let scene = scene();
    let run = scene.granted().await;
    scene.app.advance("2h").await;
    run.assert_closed(Outcome::Ended);
    scene.endpoint.answers(
        "escalate",
        Canned::new(422, r#"{"body": null, "errors": ["the lab is on fire"]}"#),
    );
    let run = scene.granted().await;
    run.assert_closed(Outcome::Failed);
    assert!(run.standing().contains("the lab is on fire"), "{}", run.standing());
    assert_eq!(scene.changes().last().unwrap().0, "deescalate");
    let _ = scene.app.error_channel();
}

#[tokio::test]
async fn a_revoke_is_repeated_until_the_endpoint_does_it() {
    let scene = scene();
    let run = scene.granted().await;
    scene.endpoint.answers("", Canned::new(404, ""));
    scene.app.advance("1h30m").await;
    run.assert_status(Status::Revoking);
    scene.endpoint.answers_well();
    scene.app.advance("1m").await;
    run.assert_closed(Outcome::Ended);
    let _ = scene.app.error_channel();
}

#[tokio::test]
async fn a_user_whom_the_endpoint_does_not_know_leaves_nothing_behind() {
    let (endpoint, folder) = (Arc::new(Doors::open()), folder());
    let app = app_over(&endpoint.url, &folder, false);
    let run = app.person("stranger@acme.test").asks("lab").await;
    app.person("bo@acme.test").approves(&run).await;
    run.assert_closed(Outcome::Failed);
    let heard = endpoint.heard();
    assert!(heard.iter().all(|heard| heard.action != "escalate"));
    let taken = heard.iter().find(|heard| heard.action == "deescalate").unwrap();
    assert!(taken.body["identity"].is_null(), "{}", taken.body);
    let _ = app.error_channel();
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_grants_nothing() {
    let folder = folder();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let app = app_over(&closed, &folder, true);
    let run = app.person("ada@acme.test").asks("lab").await;
    app.person("bo@acme.test").approves(&run).await;
    run.assert_status(Status::Granting);
    assert_story(&run, "cannot be reached");
    std::mem::forget(app);
}
