//! Stories, told with what authors have.

use crate::model::{Outcome, Status};
use crate::prelude::*;
use crate::testing::{Mishap, TestApp};

mod plain {
    use crate::prelude::*;

    flow!("plain", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("data-security").timeout(Duration::minutes(30)).or_else(slack::channel("#ops"))
    }

    #[hook]
    async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
        if cx.pagerduty().is_on_call(event.user()).await? {
            cx.schedule("tomorrow", FollowUp::incident())?;
            return Ok(Some(Decision::approve("on call")));
        }
        match event.reason() {
            "hang" => std::future::pending().await,
            "panic" => panic!("as asked"),
            _ => Ok(None),
        }
    }

    #[action]
    async fn after_approval(event: &Event, cx: &Context) -> Result {
        cx.slack().reply(format!("approved by {}", event.user().username())).await?;
        Ok(())
    }
}

fn app() -> TestApp {
    TestApp::new(&plain::FLOW)
        .target("orders", "database")
        .group("data-security", ["bo@acme.test", "cy@acme.test"])
        .channel("#ops", ["ops@acme.test"])
        .on_call(["dee@acme.test"])
}

#[tokio::test]
async fn somebody_asks_somebody_approves_and_access_ends_by_itself() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    let run = ada.asks("orders").reason("INC-42").duration("1h").await;
    run.assert_pending();
    run.assert_waits_for(["bo@acme.test", "cy@acme.test"]);
    ada.approves(&run).expect_refused("self_approval").await;
    bo.approves(&run).saying("go").await;
    run.assert_active();
    assert!(ada.has("orders"));
    app.advance("59m59s").await;
    assert!(ada.has("orders"));
    app.advance("1s").await;
    run.assert_closed(Outcome::Ended);
    assert!(!ada.has("orders"));
    let said: Vec<_> = app.messages().into_iter().map(|message| message.text).collect();
    assert!(said.contains(&"approved by bo@acme.test".to_owned()), "{said:#?}");
    app.advance("1h").await;
}

#[tokio::test]
async fn whoever_is_on_call_is_let_in_and_asked_about_it_tomorrow() {
    let app = app();
    let dee = app.person("dee@acme.test");
    let run = dee.asks("orders").await;
    run.assert_active();
    app.advance("23h59m").await;
    let follow_up = app.all_runs().pop().unwrap();
    follow_up.assert_pending();
    app.advance("1h").await;
    dee.answers(&follow_up, &json!({"what_happened": "disk", "is_ticket_filed": false})).await;
    follow_up.assert_closed(Outcome::Ended);
}

#[tokio::test]
async fn nobody_answers_so_others_are_asked_and_then_it_expires() {
    let app = app();
    let (ada, ops) = (app.person("ada@acme.test"), app.person("ops@acme.test"));
    let run = ada.asks("orders").await;
    ops.approves(&run).expect_refused("not_an_approver").await;
    app.advance("30m").await;
    run.assert_waits_for(["ops@acme.test"]);
    ops.denies(&run).saying("not today").await;
    run.assert_closed(Outcome::Denied);
    assert_eq!(run.standing(), "Denied: not today");
}

#[tokio::test]
async fn a_hook_that_hangs_or_panics_grants_nothing_and_is_reported() {
    let app = app();
    let ada = app.person("ada@acme.test");
    for reason in ["hang", "panic"] {
        let run = ada.asks("orders").reason(reason).await;
        run.assert_pending();
        ada.cancels(&run).await;
    }
    assert_eq!(app.error_channel().len(), 2);
}

#[tokio::test]
async fn access_that_somebody_had_before_is_left_alone() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    ada.had("orders");
    let run = ada.asks("orders").await;
    bo.approves(&run).await;
    ada.ends(&run).await;
    run.assert_closed(Outcome::Ended);
    app.advance("1d").await;
    assert!(ada.has("orders"));
}

#[tokio::test]
async fn a_grant_that_fails_is_tried_again() {
    let app = app();
    let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
    app.system().giving([Mishap::Fails, Mishap::Hangs, Mishap::FailsAfterwards]);
    let run = ada.asks("orders").await;
    bo.approves(&run).await;
    run.assert_status(Status::Granting);
    app.advance("1m").await;
    run.assert_active();
    assert_eq!(app.error_channel().len(), 3);
}

#[tokio::test]
#[should_panic(expected = "something is left over")]
async fn what_is_left_in_the_error_channel_fails_the_test() {
    let app = app();
    app.person("ada@acme.test").asks("orders").reason("panic").await;
}

#[tokio::test]
#[should_panic(expected = "has to do: Grant")]
async fn what_is_left_to_be_done_fails_the_test() {
    let app = app();
    app.system().giving([Mishap::Fails]);
    let run = app.person("dee@acme.test").asks("orders").await;
    run.assert_status(Status::Granting);
    let _ = app.error_channel();
}

mod ticketed {
    use crate::prelude::*;

    flow!("ticketed", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        anyone()
    }

    #[hook]
    async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
        if event.reason() == "comment early" {
            cx.jira().comment("OPS-1", "too early").await?;
        }
        if !cx.knowbe4().has_done(event.requester(), "Security").await? {
            return Ok(Some(Decision::deny("do the training first")));
        }
        let open = cx.jira().search("project = OPS AND statusCategory != Done").await?;
        Ok(open.first().map(|issue| Decision::approve(format!("for {}", issue.key))))
    }

    #[action]
    async fn after_approval(cx: &Context) -> Result {
        let key =
            cx.jira().create(&NewIssue::new("OPS", "Task", "Look at it").label("access")).await?;
        cx.jira().comment(&key, "done").await?;
        Ok(cx.jira().comment(&key, "done").await?)
    }
}

fn ticketed() -> TestApp {
    let issue = json!({ "key": "OPS-7", "summary": "Slow", "status": "Open", "is_done": false });
    let training =
        json!({ "module": "Security", "status": "Passed", "completed": "2026-01-01T00:00:00Z" });
    TestApp::new(&ticketed::FLOW)
        .target("orders", "database")
        .user("bo@acme.test")
        .answers("jira", "search", json!([issue]))
        .answers("jira", "create", json!({ "key": "OPS-8" }))
        .answers("jira", "comment", json!(null))
        .answers("knowbe4", "enrollments", json!([training]))
}

#[tokio::test]
async fn a_flow_asks_other_systems_and_has_each_thing_done_once() {
    let app = ticketed();
    let run = app.person("ada@acme.test").asks("orders").reason("INC-42").duration("1h").await;
    run.assert_active();
    let calls = app.calls("jira");
    let operations: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, ["search", "create", "comment"]);
    assert_eq!(calls[2].input, json!({ "key": "OPS-8", "text": "done" }));
    app.advance("1h").await;
}

#[tokio::test]
async fn hooks_change_nothing_elsewhere_and_a_system_that_is_down_grants_nothing() {
    let app = ticketed();
    let ada = app.person("ada@acme.test");
    ada.asks("orders").reason("comment early").duration("1h").await.assert_pending();
    assert!(app.error_channel()[0].contains("hooks and reducers do not comment"));
    app.directory().break_down("knowbe4");
    let cy = app.person("cy@acme.test");
    cy.asks("orders").reason("INC-43").duration("2h").await.assert_pending();
    assert!(app.error_channel().iter().any(|text| text.contains("knowbe4")));
}
