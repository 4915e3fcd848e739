//! Whoever wanted something that is refused is told so: once, and nobody else is.

use countersign::engine::CommandKind;
use countersign_vendors::Trouble;

use super::rig::Rig;

const WHY: &str = "Nobody decides about their own request.";

/// Ada presses *Approve* of her own request, in #ops.
async fn refused(rig: &Rig) {
    let run = rig.asks("r").await;
    rig.all_is_said().await;
    let approve = CommandKind::Approve { message: None, shown: None };
    rig.clicks(&rig.ada, &rig.ops, &run, approve).await;
    rig.all_is_said().await;
    let others = [&rig.bo, &rig.cy].map(|user| rig.workspace.ephemerals(user).len());
    assert_eq!(others, [0, 0]);
    assert_eq!(rig.thread(&rig.card()), [""; 0], "nobody else is told");
}

/// What Ada was told of it: where she did it, and directly.
fn told(rig: &Rig) -> (Vec<String>, Vec<String>) {
    let there = rig.workspace.ephemerals(&rig.ada);
    let there = there.iter().map(|message| {
        assert_eq!(message.channel, rig.ops);
        message.seen()
    });
    let direct = rig.read_by(&rig.ada).into_iter().filter(|text| text.starts_with(":no_entry:"));
    (there.collect(), direct.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_refused_is_told_where_they_did_it() {
    let rig = Rig::new().await;
    refused(&rig).await;
    let (there, direct) = told(&rig);
    assert_eq!((there.len(), direct.len()), (1, 0), "{there:?} {direct:?}");
    assert!(there[0].starts_with(":no_entry: *<https://countersign.acme.test/runs/"), "{there:?}");
    assert!(there[0].ends_with(WHY), "{there:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_told_there_is_told_directly() {
    for leaves in ["bot", "ada"] {
        let rig = Rig::new().await;
        let run = rig.asks("r").await;
        rig.all_is_said().await;
        let bot = rig.workspace.bot();
        rig.workspace.leave(&rig.ops, if leaves == "bot" { &bot } else { &rig.ada });
        let approve = CommandKind::Approve { message: None, shown: None };
        rig.clicks(&rig.ada, &rig.ops, &run, approve).await;
        rig.all_is_said().await;
        let (there, direct) = told(&rig);
        assert_eq!((there.len(), direct.len()), (0, 1), "{leaves}: {there:?} {direct:?}");
        assert!(direct[0].ends_with(WHY), "{direct:?}");
    }
}

/// What only one person sees cannot be looked for afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_have_been_told_is_told_directly_and_once() {
    let rig = Rig::new().await;
    rig.house().expect("/api/chat.postEphemeral", Trouble::Answers(500, String::new()));
    let run = rig.asks("r").await;
    rig.all_is_said().await;
    for _ in 0..3 {
        rig.house().expect("/api/chat.postMessage", Trouble::DoneButFails);
    }
    let approve = CommandKind::Approve { message: None, shown: None };
    rig.clicks(&rig.ada, &rig.ops, &run, approve).await;
    rig.all_is_said().await;
    let (there, direct) = told(&rig);
    assert_eq!((there.len(), direct.len()), (0, 1), "{there:?} {direct:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_to_wait_tells_it_there_later() {
    let rig = Rig::new().await;
    rig.house().expect("/api/chat.postEphemeral", Trouble::Busy(0));
    refused(&rig).await;
    let (there, direct) = told(&rig);
    assert_eq!((there.len(), direct.len()), (1, 0), "{there:?} {direct:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_was_left_when_the_server_was_killed_is_told_by_the_next_one() {
    let mut rig = Rig::new().await;
    let run = rig.asks("r").await;
    rig.all_is_said().await;
    rig.house().expect("/api/chat.postEphemeral", Trouble::Hangs);
    let approve = CommandKind::Approve { message: None, shown: None };
    rig.clicks(&rig.ada, &rig.ops, &run, approve).await;
    let asked = |rig: &Rig| (rig.house().times("/api/chat.postEphemeral") == 1).then_some(());
    rig.in_the_end(asked).await;
    rig.restart().await;
    rig.all_is_said().await;
    let (there, direct) = told(&rig);
    assert_eq!((there.len(), direct.len()), (0, 1), "{there:?} {direct:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_refused_elsewhere_is_answered_there() {
    let rig = Rig::new().await;
    let run = rig.asks("r").await;
    let (caller, desk) = (super::rig::caller("ada"), &rig.local.desk);
    let approve = CommandKind::Approve { message: None, shown: None };
    let accepted = desk.command(&caller, &run, approve, None).await.unwrap();
    desk.settled(&caller, &accepted, super::rig::PATIENCE).await.unwrap_err();
    rig.all_is_said().await;
    let (there, direct) = told(&rig);
    assert_eq!((there.len(), direct.len()), (0, 0), "{there:?} {direct:?}");
}
