//! How runs begin, and what their hooks may do to them.

use futures_util::FutureExt;

use crate::engine::{Actor, Command, CommandKind, Fail, What};
use crate::model::{Outcome, Status};
use crate::prelude::*;
use crate::testing::TestApp;

/// Says what its reason tells it to.
mod told {
    use crate::prelude::*;

    flow!("told", Access, fields = Ask);

    #[derive(Fields)]
    #[expect(dead_code, reason = "only its form is looked at")]
    pub(crate) struct Ask {
        /// How many rows
        pub(crate) rows: Option<i64>,
    }

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("approvers")
    }

    #[hook]
    fn on_prompt(event: &Event) -> Option<Decision> {
        match event.reason() {
            "elsewhere" => Some(Change::new().target("nowhere").into()),
            "change" => Some(Change::new().target("ledger").duration(Duration::hours(9)).into()),
            "rows" => Some(Change::new().field("rows", "many").into()),
            "more rows" => Some(Change::new().field("rows", 7).into()),
            _ => None,
        }
    }

    #[hook]
    fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
        match event.reason() {
            "elsewhere" => Ok(Some(Decision::approve("whatever"))),
            "nowhere" if event.run().parent.is_none() => {
                let target = Some("nowhere".parse()?);
                cx.schedule("in 1 hour", NewRun { target, ..NewRun::of("told")? })?;
                Ok(None)
            }
            "again" if event.run().parent.is_none() => {
                cx.schedule("in 1 hour", NewRun::of("told")?)?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    #[hook]
    fn on_approval(event: &Event, cx: &Context) -> Result<Option<Objection>> {
        match event.reason() {
            "object" => {
                cx.schedule("tomorrow", FollowUp::incident())?;
                Ok(Some(Objection::ignore("not so fast")))
            }
            _ => Ok(None),
        }
    }
}

fn app() -> TestApp {
    TestApp::new(&told::FLOW)
        .target("orders", "database")
        .target("ledger", "database")
        .group("approvers", ["bo@acme.test", "cy@acme.test"])
}

#[tokio::test]
async fn a_hook_that_names_an_unknown_target_denies_and_nothing_after_it_approves() {
    let app = app();
    let run = app.person("ada@acme.test").asks("orders").reason("elsewhere").await;
    run.assert_closed(Outcome::Denied);
    let approved = |what: &What| matches!(what, What::Approved { .. } | What::Granting { .. });
    assert!(!run.entries().iter().any(|sealed| approved(&sealed.entry.what)));
    assert!(!app.person("ada@acme.test").has("orders"));
}

#[tokio::test]
async fn after_a_denial_for_an_unknown_target_a_failure_does_not_deny_again() {
    let app = app().rules(|rules| rules.fail = Fail::Deny);
    app.directory().break_down("ada@acme.test");
    let run = app.person("ada@acme.test").asks("orders").reason("elsewhere").await;
    let closed = |what: &What| matches!(what, What::Closed { .. });
    let entries = run.entries();
    assert_eq!(entries.iter().filter(|sealed| closed(&sealed.entry.what)).count(), 1);
    let _ = app.error_channel();
}

#[tokio::test]
async fn a_hook_shortens_and_never_lengthens() {
    let app = app();
    let run = app.person("ada@acme.test").asks("orders").reason("change").duration("30m").await;
    let request = run.state().request;
    assert_eq!(request.duration, Some(Duration::minutes(30)));
    assert_eq!(request.target.map(|target| target.name.to_string()).as_deref(), Some("ledger"));
}

#[tokio::test]
async fn a_request_that_a_hook_turns_into_one_that_is_under_way_is_ignored() {
    let app = app();
    let ada = app.person("ada@acme.test");
    let first = ada.asks("ledger").await;
    let second = ada.asks("orders").reason("change").await;
    second.assert_closed(Outcome::Ignored);
    first.assert_pending();
}

#[tokio::test]
async fn the_same_request_twice_is_one() {
    let app = app();
    let ada = app.person("ada@acme.test");
    let first = ada.asks("orders").await;
    ada.asks("orders").await.assert_closed(Outcome::Ignored);
    ada.cancels(&first).await;
    ada.asks("orders").await.assert_pending();
}

#[tokio::test]
async fn a_flow_may_schedule_itself_for_the_same_target() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let first = ada.asks("orders").reason("again").duration("30m").await;
    let [_, second] = <[_; 2]>::try_from(app.all_runs()).unwrap();
    second.assert_pending();
    bo.approves(&second).expect_refused("not_begun").await;
    bo.approves(&first).await;
    app.advance("1h").await;
    first.assert_closed(Outcome::Ended);
    second.assert_waits_for(["bo@acme.test", "cy@acme.test"]);
}

#[tokio::test]
async fn a_scheduled_run_whose_like_is_under_way_is_ignored_at_its_time() {
    let app = app();
    let ada = app.person("ada@acme.test");
    ada.asks("orders").reason("again").await;
    app.advance("1h").await;
    let [_, second] = <[_; 2]>::try_from(app.all_runs()).unwrap();
    second.assert_closed(Outcome::Ignored);
}

#[tokio::test]
async fn a_scheduled_run_for_a_target_that_there_is_not_fails() {
    let app = app();
    app.person("ada@acme.test").asks("orders").reason("nowhere").await;
    app.advance("1h").await;
    let [_, second] = <[_; 2]>::try_from(app.all_runs()).unwrap();
    second.assert_closed(Outcome::Failed);
    assert!(second.standing().contains("nowhere"), "{}", second.standing());
}

#[tokio::test]
async fn what_a_refused_step_scheduled_is_not_started() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").reason("object").await;
    bo.approves(&run).expect_refused("ignored").await;
    assert_eq!(app.all_runs().len(), 1);
}

#[tokio::test]
async fn a_hook_s_answers_are_checked_as_the_requester_s_are() {
    let app = app();
    let ada = app.person("ada@acme.test");
    let good = ada.asks("orders").reason("more rows").await;
    assert_eq!(good.state().request.fields.get("rows"), Some(&json!(7)));
    let bad = ada.asks("ledger").reason("rows").await;
    assert_eq!(bad.state().request.fields.get("rows").and_then(|rows| rows.as_str()), None);
    bad.assert_pending();
    assert_eq!(app.error_channel().len(), 1);
}

#[tokio::test]
async fn a_request_of_an_unknown_flow_is_recorded_and_fails() {
    let app = app();
    let ada = app.person("ada@acme.test");
    let run = ada.asks("orders").unknown_flow("gone").await;
    run.assert_closed(Outcome::Failed);
    assert!(run.standing().contains("no flow `gone`"), "{}", run.standing());
}

#[tokio::test]
async fn whoever_has_left_since_gets_nothing() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").await;
    ada.become_(|user| user.deactivated = true);
    bo.approves(&run).await;
    run.assert_closed(Outcome::Failed);
    assert!(!ada.has("orders"));
}

#[tokio::test]
async fn a_cancellation_that_was_recorded_by_a_slow_clock_is_not_lost() {
    let app = app();
    let ada = app.person("ada@acme.test");
    let draft = ada.asks("orders").reason("INC-1").recorded_only().await;
    let at = app.now() - jiff::SignedDuration::from_secs(2);
    let cancel = Command {
        id: "cancel".parse().unwrap(),
        run: draft.id.clone(),
        at,
        by: Actor::local(ada.id().clone()),
        channel: crate::model::Source::Api.into(),
        kind: CommandKind::Cancel { message: None },
    };
    app.record(&cancel).now_or_never().unwrap();
    app.advance("1s").await;
    draft.assert_closed(Outcome::Cancelled);
}

#[tokio::test]
async fn reminders_to_nobody_known_are_not_sent() {
    let app = app();
    app.directory().break_down("approvers");
    let run = app.person("ada@acme.test").asks("orders").await;
    app.advance("3m30s").await;
    run.assert_status(Status::Pending);
    let reminders = |app: &TestApp| {
        app.messages().iter().filter(|message| message.text.starts_with("Still")).count()
    };
    assert_eq!(reminders(&app), 0);
    app.directory().restore("approvers");
    app.advance("5m").await;
    assert_eq!(reminders(&app), 1);
    run.assert_waits_for(["bo@acme.test", "cy@acme.test"]);
    let _ = app.error_channel();
}
