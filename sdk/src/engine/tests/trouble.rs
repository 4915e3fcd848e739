//! What fails holds up nothing else.

use crate::model::{Outcome, Status};
use crate::prelude::*;
use crate::store::{Commit, Expect, Key, Query, Store, Write};
use crate::testing::{Mishap, TestApp};

mod timed {
    use crate::prelude::*;

    flow!("timed", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("approvers").timeout(Duration::minutes(30))
    }
}

mod staged {
    use crate::prelude::*;

    flow!("staged", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("approvers").then(okta::group("approvers")).distinct()
    }
}

fn app() -> TestApp {
    TestApp::with([&timed::FLOW, &staged::FLOW])
        .target("orders", "database")
        .group("approvers", ["bo@acme.test", "cy@acme.test"])
}

#[tokio::test]
async fn without_timers_people_are_asked_and_may_deny_and_nothing_is_granted() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    app.host().break_timers(true);
    let denied = ada.asks("orders").of("timed").await;
    assert!(app.messages().iter().any(|message| message.text.contains("asks for orders")));
    bo.denies(&denied).await;
    denied.assert_closed(Outcome::Denied);
    let approved = ada.asks("orders").of("timed").await;
    bo.approves(&approved).await;
    approved.assert_status(Status::Granting);
    assert!(!ada.has("orders"));
    ada.cancels(&approved).await;
    approved.assert_closed(Outcome::Cancelled);
    app.host().break_timers(false);
    app.advance("30m").await;
    assert!(!ada.has("orders"));
}

#[tokio::test]
async fn access_ends_while_timers_are_broken() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("timed").duration("1h").await;
    bo.approves(&run).await;
    app.host().break_timers(true);
    app.advance("1h").await;
    run.assert_closed(Outcome::Ended);
    assert!(!ada.has("orders"));
}

#[tokio::test]
async fn damage_to_one_item_keeps_no_other_run_from_its_end() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("timed").duration("1h").await;
    bo.approves(&run).await;
    let damaged: Vec<_> = crate::engine::records::shards()
        .map(|shard| Write::Put {
            key: Key::new(shard, "000000000000001#damaged#end"),
            body: "{}".to_owned(),
            expect: Expect::Anything,
        })
        .collect();
    let damage = crate::engine::records::transaction(damaged);
    assert_eq!(app.store().write(&damage).await, Commit::Committed);
    app.host().set(app.now() + Duration::HOUR);
    assert!(app.runner().sweep().await.unwrap().is_empty());
    run.assert_closed(Outcome::Ended);
    assert!(!ada.has("orders"));
}

/// What was set aside, in the order in which it is kept.
async fn set_aside(app: &TestApp) -> Vec<serde_json::Value> {
    let page = app.store().query(&Query::of(crate::engine::records::ASIDE)).await.unwrap();
    page.items.iter().map(|item| serde_json::from_str(&item.body).unwrap()).collect()
}

#[tokio::test]
async fn a_command_that_cannot_be_read_is_set_aside_and_holds_up_no_end() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("timed").duration("1h").await;
    bo.approves(&run).await;
    let garbage = Write::Put {
        key: Key::new(
            crate::engine::records::commands(&run.id).pk,
            format!("{}#000000000000001#garbage", run.id),
        ),
        body: "{\"from\": \"tomorrow\"}".to_owned(),
        expect: Expect::Absent,
    };
    let written = app.store().write(&crate::engine::records::transaction(vec![garbage])).await;
    assert_eq!(written, Commit::Committed);
    ada.ends(&run).await;
    run.assert_closed(Outcome::Ended);
    assert!(!ada.has("orders"));
    let aside = set_aside(&app).await;
    assert_eq!(aside[0]["content"], "{\"from\": \"tomorrow\"}");
}

#[tokio::test]
async fn a_command_that_brings_its_handling_down_is_set_aside_and_refused() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("timed").duration("1h").await;
    app.directory().set_panics(true);
    bo.approves(&run).expect_refused("set_aside").await;
    app.directory().set_panics(false);
    assert_eq!(set_aside(&app).await[0]["why"], "the directory panics");
    bo.approves(&run).await;
    run.assert_active();
}

#[tokio::test]
async fn whoever_counts_in_no_further_stage_is_not_waited_for() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("staged").await;
    bo.approves(&run).await;
    run.assert_waits_for(["cy@acme.test"]);
    bo.approves(&run).expect_refused("not_distinct").await;
    app.person("cy@acme.test").approves(&run).await;
    run.assert_active();
}

#[tokio::test]
async fn a_stage_in_which_nobody_is_left_to_count_expires() {
    let app = app();
    app.set_members("approvers", ["bo@acme.test"]);
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("staged").await;
    bo.approves(&run).await;
    run.assert_closed(Outcome::Expired);
}

#[tokio::test]
async fn access_that_cannot_be_taken_away_raises_an_alarm_and_is_tried_until_it_can() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("timed").duration("1h").await;
    bo.approves(&run).await;
    app.system().taking([Mishap::Fails; 14]);
    app.advance("1h3m").await;
    run.assert_status(Status::Revoking);
    let alarms = |alarm: &crate::engine::SealedEntry| {
        matches!(alarm.entry.what, crate::engine::What::RevokeFailed { alarm: true, .. })
    };
    assert!(run.entries().iter().any(alarms));
    assert!(!app.error_channel().is_empty());
    app.advance("10m").await;
    run.assert_closed(Outcome::Ended);
    assert!(!ada.has("orders"));
    let _ = app.error_channel();
}

#[tokio::test]
async fn an_extension_begins_where_the_first_hold_ends() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let first = ada.asks("orders").of("timed").duration("1h").await;
    bo.approves(&first).await;
    app.advance("30m").await;
    let second = ada.extends(&first, "2h").await;
    bo.approves(&second).await;
    second.assert_active();
    assert_eq!(second.state().until, first.state().until.map(|until| until + Duration::hours(2)));
    app.advance("30m").await;
    first.assert_closed(Outcome::Ended);
    assert!(ada.has("orders"));
    app.advance("2h").await;
    second.assert_closed(Outcome::Ended);
    assert!(!ada.has("orders"));
}

#[tokio::test]
async fn an_extension_of_access_that_was_ended_gives_nothing() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let first = ada.asks("orders").of("timed").duration("1h").await;
    bo.approves(&first).await;
    let second = ada.extends(&first, "2h").await;
    ada.ends(&first).await;
    bo.approves(&second).await;
    second.assert_closed(Outcome::Failed);
    assert!(!ada.has("orders"));
    app.advance("1h").await;
}

#[tokio::test]
async fn extensions_never_go_beyond_the_maximum() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let first = ada.asks("orders").of("timed").duration("7h").await;
    bo.approves(&first).await;
    let since = first.state().since.unwrap();
    let second = ada.extends(&first, "4h").await;
    bo.approves(&second).await;
    assert_eq!(second.state().until, Some(since + Duration::hours(8)));
    app.advance("8h").await;
    assert!(!ada.has("orders"));
}

#[tokio::test]
async fn a_clock_that_goes_back_neither_loses_nor_lengthens_anything() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").of("timed").duration("1h").await;
    let until = app.now() + Duration::HOUR;
    app.host().set(app.now() - jiff::SignedDuration::from_mins(10));
    bo.approves(&run).await;
    run.assert_active();
    assert_eq!(run.state().until, Some(until));
    app.advance("1h10m").await;
    run.assert_closed(Outcome::Ended);
}

#[tokio::test]
async fn a_request_to_very_many_people_fits_into_the_store() {
    let people: Vec<_> = (0..500).map(|number| format!("p{number}@acme.test")).collect();
    let app = app().group("approvers", people.iter().map(String::as_str));
    let (ada, p7) = (app.person("ada@acme.test"), app.person("p7@acme.test"));
    let run = ada.asks("orders").of("timed").await;
    p7.approves(&run).await;
    run.assert_active();
    ada.ends(&run).await;
}
