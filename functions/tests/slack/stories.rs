//! Whole conversations: what is asked, posted, pressed and told.

use countersign::model::Status;
use countersign_vendors::slack::Message;

use crate::rig::Office;

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
