//! Who it is: looked up afresh whenever somebody does something.

use countersign::model::Status;
use countersign_vendors::Trouble;
use countersign_vendors::slack::Kind;

use crate::rig::Office;

#[tokio::test(flavor = "multi_thread")]
async fn who_was_deactivated_a_moment_ago_is_not_heard() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    // Known from before.
    office.bo().types("/access mine").await;
    office.workspace.change(&office.bo, |user| user.deleted = true);
    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
    office.bo().is_told("Your Slack account has been deactivated.").await;
    // It may have expired meanwhile: whoever was to be asked is not there any more.
    assert_eq!(office.approvals(&run).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn outsiders_and_bots_are_not_heard() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    for (mail, kind, why) in [
        ("cy@acme.test", Kind::Outsider, "You belong to another workspace"),
        ("bot@acme.test", Kind::Bot, "Bots ask by the API"),
    ] {
        let id = office.workspace.somebody(mail, kind);
        let someone = office.workspace.someone(&id);
        someone.clicks_in(&office.card(&id, &run), "Approve").await;
        someone.is_told(why).await;
        someone.types("/access mine").await;
        someone.is_told(why).await;
    }
    assert_eq!(office.status(&run).await, Status::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_address_nobody_knows_who_it_is() {
    let office = Office::open().await;
    office.workspace.change(&office.ada, |user| user.email = None);
    office.ada().types("/access").await;
    office.ada().is_told("Slack tells no mail address of yours").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_stays_who_they_are_whatever_address_they_give_themselves_later() {
    let office = Office::open().await;
    office.ada().types("/access mine").await;
    let run = office.asked("cy@acme.test", "access").await;
    // Whoever may change their own address does not become somebody else by it.
    office.workspace.change(&office.ada, |user| user.email = Some("bo@acme.test".to_owned()));
    office.ada().clicks_in(&office.card(&office.ada, &run), "Approve").await;
    office.ada().is_told("may decide about this request.").await;
    assert_eq!(office.status(&run).await, Status::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_with_one_address_are_not_one_person() {
    let office = Office::open().await;
    office.bo().types("/access mine").await;
    let other = office.workspace.person("bo@acme.test");
    let someone = office.workspace.someone(&other);
    let run = office.asked("ada@acme.test", "access").await;
    someone.clicks_in(&office.card(&other, &run), "Approve").await;
    let told = someone.is_told("is bo@acme.test in slack already").await;
    assert!(told.text.contains("An administrator has to correct"), "{told:?}");
    assert_eq!(office.status(&run).await, Status::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_of_the_settings_counts_before_the_address() {
    let settings = "[[users]]\nemail = 'cy@acme.test'\n\
        identities = [{ type = 'slack', external_id = 'T0ACME0001', value = 'U000000001' }]\n";
    let office = Office::with("", settings).await;
    assert_eq!(office.ada, "U000000001");
    let run = office.asked("bo@acme.test", "access").await;
    office.ada().clicks_in(&office.card(&office.ada, &run), "Approve").await;
    office.comes_to(&run, Status::Active).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_slack_does_not_say_who_it_is_nothing_is_done() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    for _ in 0..4 {
        let trouble = Trouble::Answers(500, String::new());
        office.workspace.house().expect("/api/users.info", trouble);
    }
    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
    office.bo().is_told("Slack did not say who you are, so nothing was done.").await;
    assert_eq!(office.status(&run).await, Status::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_shape_lets_nobody_through() {
    let office = Office::open().await;
    let run = office.asked("ada@acme.test", "access").await;
    for body in [
        r#"{"ok":true}"#,
        r#"{"ok":true,"user":{}}"#,
        r#"{"ok":true,"user":{"id":"U1","team_id":"T0ACME0001","profile":{"email":"bo@acme.test"}}}"#,
        r#"{"ok":true,"user":null}"#,
        "not JSON",
    ] {
        let trouble = Trouble::Answers(200, body.to_owned());
        office.workspace.house().expect("/api/users.info", trouble);
        let told = office.workspace.ephemerals(&office.bo).len();
        office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
        let what = format!("bo is told about {body}");
        let look = || (office.workspace.ephemerals(&office.bo).len() > told).then_some(());
        office.workspace.house().until(&what, look).await;
    }
    assert_eq!(office.status(&run).await, Status::Pending);
}
