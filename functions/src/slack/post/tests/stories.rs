//! What people read.

use countersign::model::Outcome;
use countersign_vendors::slack::Message;

use super::rig::Rig;

fn labels(card: &Message) -> Vec<String> {
    card.buttons().into_iter().map(|button| button.label).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_one_message_from_its_beginning_to_its_end() {
    let rig = Rig::new().await;
    let run = rig.asks("INC-42 rotate").await;
    rig.all_is_said().await;
    let card = rig.card();
    assert_eq!(
        card.first_line(),
        "*Waiting for 1 of 2 in Slack #ops: bo@acme.test or cy@acme.test*"
    );
    assert_eq!(labels(&card), ["Approve", "Deny", "Approve with a message"]);
    for button in card.buttons() {
        assert_eq!(button.value, run.as_str());
    }
    assert_eq!(rig.thread(&card), [""; 0]);
    let foot = card.seen().lines().last().unwrap().to_owned();
    let says = "May decide: Slack #ops, not the requester · ";
    assert!(foot.starts_with(says), "{foot}");
    assert!(foot.contains("what was opened before stays open"), "what becomes of sessions: {foot}");

    rig.approves("bo", &run).await;
    rig.all_is_said().await;
    let card = rig.card();
    assert!(
        card.first_line().starts_with("*Approved by bo@acme.test; active until <!date^"),
        "{}",
        card.first_line()
    );
    assert_eq!(labels(&card), ["Extend", "End access"]);
    let thread = rig.thread(&card);
    assert_eq!(thread.len(), 1);
    assert!(thread[0].starts_with("Approved by bo@acme.test; active until <!date^"), "{thread:?}");

    rig.ends("ada", &run).await;
    rig.all_is_said().await;
    let card = rig.card();
    assert_eq!(card.first_line(), "*Access has ended*");
    assert_eq!(labels(&card), [""; 0]);
    assert_eq!(rig.thread(&card)[1..], ["Access has ended"]);
    let read = rig.read_by(&rig.ada);
    let link = format!("*<https://countersign.acme.test/runs/{run}|Orders &amp; &lt;bills&gt;>*");
    assert_eq!(read.len(), 3);
    assert_eq!(
        read[0],
        format!("{link}: Waiting for 1 of 2 in Slack #ops: bo@acme.test or cy@acme.test")
    );
    assert_eq!(read[2], format!("{link}: Access has ended"));
    assert_eq!(rig.workspace.refused_for_rate(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_commands_nothing() {
    let rig = Rig::new().await;
    let reason = "<!channel> *bold* <https://evil.test|bank> & more";
    let run = rig.asks(reason).await;
    rig.denies("bo", &run, "no <!here> & <@U1>\n*Approved*").await;
    rig.all_is_said().await;
    let card = rig.card();
    assert_eq!(card.first_line(), "*Denied*");
    let plain = |text: &str| {
        card.blocks
            .iter()
            .any(|block| block["text"]["type"] == "plain_text" && block["text"]["text"] == text)
    };
    assert!(plain("<!channel> *bold* <https://evil.test|bank> & more"), "{:#?}", card.blocks);
    assert!(plain("no <!here> & <@U1>\n*Approved*"));
    let markup: Vec<String> = rig
        .workspace
        .channel("#ops")
        .all()
        .into_iter()
        .chain(rig.workspace.direct(&rig.ada).all())
        .flat_map(|message| {
            let texts = message.blocks.iter().flat_map(markup).collect::<Vec<_>>();
            texts.into_iter().chain([message.text])
        })
        .collect();
    for text in markup {
        for command in ["<!channel", "<!here", "<@U1", "<https://evil"] {
            assert!(!text.contains(command), "{text}");
        }
    }
}

/// All text in which Slack looks for markup.
fn markup(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(object)
            if object.get("type").is_some_and(|it| it == "mrkdwn") =>
        {
            vec![object["text"].as_str().unwrap().to_owned()]
        }
        serde_json::Value::Object(object) => object.values().flat_map(markup).collect(),
        serde_json::Value::Array(values) => values.iter().flat_map(markup).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_reason_is_shown_whole() {
    let rig = Rig::new().await;
    let reason = "<&>ä".repeat(400);
    rig.asks(&reason).await;
    rig.all_is_said().await;
    let seen = rig.card().seen();
    assert!(seen.contains(&reason), "{seen}");
    assert!(!seen.contains("Cut short"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_flow_says_goes_where_it_says() {
    let rig = Rig::new().await;
    rig.asks("say").await;
    rig.in_the_end(|rig| (rig.read_by(&rig.ada).len() == 2).then_some(())).await;
    rig.all_is_said().await;
    let mut ops = rig.cards("#ops");
    let announced = ops.pop().unwrap();
    assert_eq!(announced.seen(), "&lt;!channel&gt; an announcement");
    assert_eq!(rig.thread(&ops[0]), ["a reply of the flow's"]);
    assert_eq!(rig.read_by(&rig.ada)[1], "a word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_stage_in_the_same_channel_is_asked_anew() {
    let rig = Rig::new().await;
    let run = rig.asks("two stages").await;
    rig.approves("bo", &run).await;
    rig.all_is_said().await;
    let cards = rig.cards("#ops");
    assert_eq!(cards.len(), 2);
    assert_eq!(labels(&cards[0]), [""; 0]);
    assert_eq!(labels(&cards[1]), ["Approve", "Deny", "Approve with a message"]);
    rig.approves("cy", &run).await;
    rig.all_is_said().await;
    for card in rig.cards("#ops") {
        assert!(
            card.first_line().starts_with("*Approved by bo@acme.test, cy@acme.test; active until"),
            "{}",
            card.first_line()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_somebody_deleted_stays_deleted_and_nothing_else_fails() {
    let rig = Rig::new().await;
    let run = rig.asks("r").await;
    rig.all_is_said().await;
    rig.workspace.delete_message(&rig.card());
    rig.approves("bo", &run).await;
    rig.all_is_said().await;
    rig.ends("ada", &run).await;
    rig.all_is_said().await;
    assert_eq!(rig.cards("#ops"), []);
    assert_eq!(rig.run(&run).await.outcome(), Some(Outcome::Ended));
    assert_eq!(rig.read_by(&rig.ada).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_still_shows_what_was_said() {
    let rig = Rig::new().await;
    rig.asks("r").await;
    rig.all_is_said().await;
    let messages = rig.local.directory.messages(false, 10).await.unwrap();
    assert_eq!(messages.len(), 3);
}
