//! Whole conversations: what is asked, posted, pressed and told.

use countersign::context::{About, Destination, Message as Kept};
use countersign::model::{Status, UserId};
use countersign_vendors::slack::{Ended, Message, seen};

use crate::rig::{GO, Office};

/// Waits for a message of the app to somebody, in their direct messages, that has this button.
async fn message(office: &Office, user: &str, button: &str) -> Message {
    let what = format!("{user} is sent a message with the button {button}");
    let look = || {
        let all = office.workspace.direct(user).messages();
        all.into_iter().rfind(|message| message.button(button).is_some())
    };
    office.workspace.house().until(&what, look).await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_line_in_slack_to_the_end_of_access() {
    let office = Office::open().await;
    let (ada, bo) = (office.ada(), office.bo());

    ada.types("/access access orders 1h INC-42 rotate the key").await;
    ada.is_told("You asked for Orders. Waiting for bo@acme.test").await;

    let card = message(&office, &office.bo, "Approve").await;
    assert!(card.seen().contains("INC-42 rotate the key"), "{}", card.seen());
    bo.clicks_in(&card, "Approve").await;

    let told = message(&office, &office.ada, "End access").await;
    assert!(told.seen().contains("Orders"), "{}", told.seen());
    let run = office.runs_of("ada@acme.test").await[0].id.clone();
    office.comes_to(&run, Status::Active).await;

    ada.clicks_in(&told, "End access").await;
    office.comes_to(&run, Status::Closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_too_late_is_told_so() {
    let office = Office::open().await;
    let (ada, bo) = (office.ada(), office.bo());
    ada.types("/access access orders 1h INC-42").await;
    let card = message(&office, &office.bo, "Approve").await;
    let run = office.runs_of("ada@acme.test").await[0].id.clone();
    ada.clicks_in(&office.card(&office.ada, &run), "Cancel").await;
    office.comes_to(&run, Status::Closed).await;
    // The card that bo looks at is as it was a moment ago.
    bo.clicks_in(&card, "Approve").await;
    bo.is_told(":no_entry:").await;
    assert_eq!(office.approvals(&run).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_may_say_something_and_the_requester_reads_it() {
    let office = Office::open().await;
    let (ada, bo) = (office.ada(), office.bo());
    ada.types("/access access orders 1h INC-42").await;
    let card = message(&office, &office.bo, "Approve with a message").await;
    bo.clicks_in(&card, "Approve with a message").await;
    bo.sees_modal("ada@acme.test asks for *Orders*.").await;
    bo.fills("Anything to add?", "only <!here> & now").await;
    assert_eq!(bo.submits().await, Ended::Goes);
    let told = message(&office, &office.ada, "End access").await;
    let remark = &told.blocks[2]["text"];
    assert_eq!(remark["type"], "plain_text", "Slack finds no commands in it: {told:#?}");
    assert_eq!(remark["text"], "only <!here> & now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_reaches_the_requester_with_its_reason() {
    let office = Office::open().await;
    let (ada, bo) = (office.ada(), office.bo());
    ada.types("/access access orders 1h INC-42").await;
    bo.clicks_in(&message(&office, &office.bo, "Deny").await, "Deny").await;
    bo.sees_modal("Why not?").await;
    bo.fills("Why not?", "the freeze is on").await;
    assert_eq!(bo.submits().await, Ended::Goes);
    let look = || {
        let read = office.workspace.direct(&office.ada).all();
        read.iter().any(|it| it.seen().ends_with("Denied: the freeze is on")).then_some(())
    };
    office.workspace.house().until("ada reads why it was denied", look).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_is_reminded_in_the_thread() {
    let office = Office::open().await;
    office.ada().types("/access nagging orders 1h INC-42").await;
    let card = message(&office, &office.bo, "Approve").await;
    let look = || {
        let thread = office.workspace.direct(&office.bo).replies(&card);
        thread.iter().any(|it| it.seen().starts_with("Still waiting.")).then_some(())
    };
    office.workspace.house().until("bo is reminded", look).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_access_is_asked_how_it_went_and_answers() {
    let office = Office::open().await;
    let (ada, bo) = (office.ada(), office.bo());
    ada.types("/access nagging orders 1h INC-42").await;
    bo.clicks_in(&message(&office, &office.bo, "Approve").await, "Approve").await;
    let asked = message(&office, &office.ada, "Answer").await;
    assert!(asked.seen().starts_with("How did it go"), "{}", asked.seen());
    ada.clicks_in(&asked, "Answer").await;
    let form = ada.sees_modal("A few questions").await;
    assert!(matches!(ada.submits().await, Ended::Incomplete(_)), "{}", seen(&form.view));
    ada.fills("What happened?", "A disk was full").await;
    ada.fills("What was changed?", "Made room").await;
    assert_eq!(ada.submits().await, Ended::Goes);
    ada.sees_modal("It has been passed on.").await;
    let look = || {
        let all = office.workspace.direct(&office.ada).messages();
        let of = all.into_iter().find(|it| it.ts == asked.ts)?;
        of.button("Answer").is_none().then_some(of)
    };
    let answered = office.workspace.house().until("the question is answered", look).await;
    assert!(answered.seen().ends_with("Answered"), "{}", answered.seen());
}

/// It is said ten minutes before the end: too long for a story.
#[tokio::test(flavor = "multi_thread")]
async fn shortly_before_the_end_access_is_extended_by_a_click() {
    let office = Office::open().await;
    let (ada, bo) = (office.ada(), office.bo());
    ada.types("/access access orders 1h INC-42").await;
    bo.clicks_in(&message(&office, &office.bo, "Approve").await, "Approve").await;
    message(&office, &office.ada, "End access").await;
    let run = office.runs_of("ada@acme.test").await[0].id.clone();
    let soon = Kept {
        key: format!("{run}/900/0/0"),
        to: Destination::User(UserId::parse("ada@acme.test").unwrap()),
        run: Some(run.clone()),
        about: About::EndsSoon,
        text: "Your access to Orders ends soon.".to_owned(),
        at: office.local.desk.runner.host.now(),
    };
    let runner = &office.local.desk.runner;
    runner.services.post(soon).await.unwrap();
    runner.host.wake(&run);
    let look = || {
        let all = office.workspace.direct(&office.ada).messages();
        all.into_iter().find(|it| it.seen().contains("your access ends <!date^"))
    };
    let warned = office.workspace.house().until("ada is warned", look).await;

    ada.clicks_in(&warned, "Extend").await;
    ada.sees_modal("You hold *Orders* until").await;
    ada.fills("How much longer", "30 minutes").await;
    assert_eq!(ada.submits().await, Ended::Goes);
    let look = || {
        let all = office.workspace.direct(&office.bo).messages();
        all.into_iter().find(|it| it.seen().contains("*Prolongs access that ends*"))
    };
    let asked = office.workspace.house().until("bo is asked to prolong it", look).await;
    bo.clicks_in(&asked, "Approve").await;
    let longer = office.runs_of("ada@acme.test").await[0].id.clone();
    office.comes_to(&longer, Status::Active).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_takes_its_time_opens_when_it_is_there() {
    let office = Office::open().await;
    office.ada().types("/access slow").await;
    office.ada().sees_modal("The form is being put together").await;
    GO.notify_one();
    office.ada().sees_modal("Cluster").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_after_an_answer_no_form_is_left_waiting() {
    let office = Office::open().await;
    let _function = office.as_a_function().await;
    let ada = office.ada();
    // The flow never says what can be chosen.
    ada.types("/access slow").await;
    let form = seen(&ada.modal().unwrap().view);
    assert!(form.contains("Cluster") && !form.contains("being"), "{form}");
    ada.fills("Reason", "INC-42").await;
    assert_eq!(ada.submits().await, Ended::Goes);
    let sent = seen(&ada.modal().unwrap().view);
    assert!(sent.contains("Your request has been sent."), "{sent}");
    message(&office, &office.bo, "Approve").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_after_an_answer_a_refusal_comes_by_itself() {
    let office = Office::open().await;
    let _function = office.as_a_function().await;
    let run = office.asked("ada@acme.test", "access").await;
    office.ada().clicks_in(&office.card(&office.ada, &run), "Approve").await;
    office.ada().is_told("Nobody decides about their own request.").await;
    assert_eq!(office.workspace.ephemerals(&office.ada).len(), 1);
}
