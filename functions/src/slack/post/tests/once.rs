//! Nothing is lost, and nothing is said twice.

use std::collections::BTreeSet;

use countersign_vendors::Trouble;

use super::rig::Rig;

/// What is posted for a request and its approval, with or without faults.
async fn story(rig: &Rig) {
    let run = rig.asks("r").await;
    rig.approves("bo", &run).await;
    rig.all_is_said().await;
    let card = rig.card();
    assert!(card.first_line().starts_with("*Approved by bo@acme.test"));
    assert_eq!(rig.thread(&card).len(), 1);
    assert_eq!(rig.read_by(&rig.ada).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_posted_and_answered_with_500_is_not_posted_again() {
    let rig = Rig::new().await;
    for _ in 0..4 {
        rig.house().expect("/api/chat.postMessage", Trouble::DoneButFails);
    }
    story(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_cut_off_is_not_posted_again() {
    let rig = Rig::new().await;
    for _ in 0..4 {
        rig.house().expect("/api/chat.postMessage", Trouble::DoneButSilent);
    }
    story(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_not_posted_and_answered_with_500_is_posted() {
    let rig = Rig::new().await;
    for _ in 0..6 {
        rig.house().expect("/api/chat.postMessage", Trouble::Answers(500, String::new()));
    }
    story(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_answer_is_looked_into() {
    let rig = Rig::new().await;
    for body in [r#"{"ok":true}"#, "<html>", r#"{"ok":false,"error":"fatal_error"}"#] {
        rig.house().expect("/api/chat.postMessage", Trouble::Answers(200, body.to_owned()));
    }
    story(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_to_wait_waits() {
    let rig = Rig::new().await;
    for path in ["/api/chat.postMessage", "/api/chat.update", "/api/users.lookupByEmail"] {
        rig.house().expect(path, Trouble::Busy(0));
    }
    story(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_when_the_server_was_killed_is_said_by_the_next_one() {
    let mut rig = Rig::new().await;
    rig.house().expect("/api/chat.postMessage", Trouble::Hangs);
    let run = rig.asks("r").await;
    rig.in_the_end(|rig| (rig.house().times("/api/chat.postMessage") == 1).then_some(())).await;
    rig.restart().await;
    rig.all_is_said().await;
    assert_eq!(rig.card().buttons().len(), 3);
    rig.approves("bo", &run).await;
    rig.all_is_said().await;
    assert_eq!(rig.read_by(&rig.ada).len(), 2);
}

/// Whoever is not in a channel sees nothing of what is in it.
#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_not_known_whether_it_was_posted_the_app_joins_the_channel_and_looks() {
    let rig = Rig::new().await;
    rig.workspace.add_foreign_channel("#nowhere", &[&rig.bo]);
    for _ in 0..2 {
        rig.house().expect("/api/chat.postMessage", Trouble::DoneButFails);
    }
    rig.asks("nowhere at all").await;
    rig.all_is_said().await;
    assert_eq!(rig.cards("#nowhere").len(), 1);
    assert_eq!(rig.house().times("/api/conversations.join"), 1);
}

/// Nobody is told twice without need: a channel is joined only to look.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_scope_to_join_it_is_posted_again_rather_than_not_at_all() {
    let rig = Rig::new().await;
    rig.workspace.without_scopes(&["channels:join"]);
    rig.workspace.add_foreign_channel("#nowhere", &[&rig.bo]);
    rig.house().expect("/api/chat.postMessage", Trouble::Answers(500, String::new()));
    rig.asks("nowhere at all").await;
    rig.all_is_said().await;
    assert_eq!(rig.cards("#nowhere").len(), 1);
}

/// It had posted, and was killed before it could note that.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_posted_when_the_server_was_killed_is_found_by_the_next_one() {
    let mut rig = Rig::new().await;
    rig.house().expect("/api/chat.postMessage", Trouble::Hangs);
    let run = rig.asks("r").await;
    let heard = rig
        .in_the_end(|rig| {
            rig.house().heard().into_iter().find(|it| it.path == "/api/chat.postMessage")
        })
        .await;
    let posted = reqwest::Client::new()
        .post(format!("{}chat.postMessage", rig.workspace.url()))
        .headers(heard.headers)
        .body(heard.body)
        .send()
        .await
        .unwrap();
    assert!(posted.text().await.unwrap().contains(r#""ok":true"#));
    rig.restart().await;
    rig.all_is_said().await;
    rig.approves("bo", &run).await;
    rig.all_is_said().await;
    assert!(rig.card().first_line().starts_with("*Approved"), "the one, and kept up to date");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_slack_does_not_take_loses_nothing() {
    let mut rig = Rig::new().await;
    let token = rig.workspace.bot_token();
    rig.workspace.replace_bot_token("xoxb-another");
    rig.asks("r").await;
    rig.in_the_end(|rig| (!rig.house().heard().is_empty()).then_some(())).await;
    rig.workspace.replace_bot_token(&token);
    assert_eq!(rig.cards("#ops"), []);
    rig.restart().await;
    rig.all_is_said().await;
    assert_eq!(rig.card().buttons().len(), 3);
}

/// Thousand requests at once, in one channel. A second is eight milliseconds here.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_a_thousand_requests_is_said_once_each_and_never_too_fast() {
    let rig = Rig::new().await;
    for n in 0..1_000 {
        rig.workspace.person(&format!("u{n}@acme.test"));
    }
    let asked = (0..1_000).map(|n| {
        let rig = &rig;
        async move { rig.asks_as(&format!("u{n}"), "r").await }
    });
    let runs: BTreeSet<_> = futures_util::future::join_all(asked).await.into_iter().collect();
    assert_eq!(runs.len(), 1_000);
    rig.all_is_said().await;
    let cards = rig.cards("#ops");
    let of: BTreeSet<_> = cards.iter().map(|card| card.buttons()[0].value.clone()).collect();
    assert_eq!((cards.len(), of.len()), (1_000, 1_000));
    let posts = rig.house().times("/api/chat.postMessage");
    assert_eq!(posts, 2_000, "a card and a direct message each");
    assert_eq!(rig.workspace.refused_for_rate(), 0);
}
