//! Who is asked where, and what becomes of it where nobody can be.

use countersign::model::Outcome;

use super::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_up_to_seven_is_asked_in_one_group_message() {
    let rig = Rig::new().await;
    let run = rig.asks("group").await;
    rig.all_is_said().await;
    let group = rig.workspace.group(&[&rig.bo, &rig.cy]);
    let cards = group.messages();
    assert_eq!(cards.len(), 1);
    assert!(cards[0].button("Approve").is_some());
    // Slack tells them, since they are mentioned.
    let named = format!("May decide: Okta group security: <@{}>, <@{}>", rig.bo, rig.cy);
    assert!(cards[0].seen().contains(&named), "{}", cards[0].seen());
    rig.approves("cy", &run).await;
    rig.all_is_said().await;
    let approved = format!("*Approved by <@{}>", rig.cy);
    let line = group.messages()[0].first_line();
    assert!(line.starts_with(&approved), "{line}");
    assert_eq!(group.replies(&group.messages()[0]).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_decide_is_mentioned_where_somebody_else_reads_it_too() {
    let rig = Rig::new().await;
    rig.workspace.add_group("on-call", &[&rig.bo, &rig.cy]);
    rig.asks_as("ada", "elsewhere").await;
    rig.asks_as("root", "user group").await;
    rig.all_is_said().await;
    let seen = |card: &countersign_vendors::slack::Message| card.seen();
    let cards: Vec<_> = rig.cards("#ops").iter().map(seen).collect();
    let people = format!("<@{}>, <@{}>", rig.bo, rig.cy);
    assert!(cards.iter().any(|card| card.contains(&people)), "{cards:#?}");
    assert!(cards.iter().any(|card| card.contains("May decide: <!subteam^S0")), "{cards:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_seven_are_asked_one_by_one_and_all_see_what_became_of_it() {
    let rig = Rig::new().await;
    let ids: Vec<String> =
        (0..8).map(|n| rig.workspace.person(&format!("p{n}@acme.test"))).collect();
    let run = rig.asks("many").await;
    rig.all_is_said().await;
    rig.approves("p3", &run).await;
    rig.all_is_said().await;
    for id in &ids {
        let messages = rig.workspace.direct(id).all();
        assert_eq!(messages.len(), 1, "a message, and no thread");
        assert!(messages[0].first_line().starts_with("*Approved by p3@acme.test"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_channel_is_none_whoever_comes_instead_is_asked() {
    let rig = Rig::new().await;
    for reason in ["nowhere", "without account"] {
        let run = rig.asks(reason).await;
        let card = rig.in_the_end(|rig| rig.cards("#ops").pop()).await;
        rig.all_is_said().await;
        assert!(card.button("Approve").is_some());
        rig.denies("bo", &run, "no").await;
        rig.all_is_said().await;
        assert_eq!(rig.run(&run).await.outcome(), Some(Outcome::Denied));
        for card in rig.cards("#ops") {
            rig.workspace.delete_message(&card);
        }
    }
    let errors: Vec<_> =
        rig.cards("#errors").iter().map(countersign_vendors::slack::Message::seen).collect();
    // The first is of the engine, which could not ask who is in it.
    let errors: Vec<_> = errors.iter().filter(|it| it.starts_with("Slack: ")).collect();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(
        errors[0].contains("there is no channel `#nowhere` that the app can see"),
        "{errors:#?}"
    );
    assert!(errors[1].contains("eve@acme.test has no Slack account in use"), "{errors:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_be_reached_the_request_expires_and_says_why() {
    let rig = Rig::new().await;
    let run = rig.asks("nowhere at all").await;
    rig.in_the_end(|rig| (rig.read_by(&rig.ada).len() == 2).then_some(())).await;
    rig.all_is_said().await;
    let run = rig.run(&run).await;
    assert_eq!(run.outcome(), Some(Outcome::Expired));
    let read = rig.read_by(&rig.ada).pop().unwrap();
    assert!(read.contains("Expired: nobody of Slack #nowhere could be reached: #nowhere: slack: there is no channel"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_the_app_is_posted_in_where_the_scope_allows_it() {
    let rig = Rig::new().await;
    rig.workspace.add_foreign_channel("#nowhere", &[&rig.bo]);
    rig.asks("nowhere at all").await;
    rig.all_is_said().await;
    assert_eq!(rig.cards("#nowhere").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_complaint_is_made_once() {
    let rig = Rig::new().await;
    for name in ["ada", "bo", "cy"] {
        rig.asks_as(name, "nowhere at all").await;
        rig.all_is_said().await;
    }
    rig.all_is_said().await;
    let said = rig.cards("#errors");
    let said = said.iter().filter(|it| it.seen().starts_with("Slack: "));
    assert_eq!(said.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_named_in_the_error_channel() {
    let rig = Rig::new().await;
    rig.workspace.without_scopes(&["users:read.email"]);
    let run = rig.asks("group").await;
    rig.in_the_end(|rig| rig.cards("#errors").pop()).await;
    rig.all_is_said().await;
    let said = rig.cards("#errors")[0].seen();
    assert!(said.contains("add the scope `users:read.email`"), "{said}");
    assert_eq!(rig.run(&run).await.outcome(), Some(Outcome::Expired));
}
