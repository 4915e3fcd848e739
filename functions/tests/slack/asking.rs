//! Asking: by a line, by a form, by the shortcut.

use countersign::model::Status;
use countersign_vendors::Trouble;
use countersign_vendors::slack::{Ended, seen};
use serde_json::json;

use crate::rig::{GO, Office};

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_chosen_and_its_form_is_sent() {
    let office = Office::open().await;
    let ada = office.ada();
    ada.types("/access").await;
    ada.sees_modal("What do you need?").await;
    ada.chooses("What do you need?", "Access").await;
    ada.sees_modal("Who will be asked: bo@acme.test or cy@acme.test").await;

    ada.fills("Access to", "Bills & <more>").await;
    ada.sees_modal("15 minutes").await;
    ada.fills("For how long", "1 hour").await;
    ada.fills("Reason", "INC-42").await;
    assert_eq!(ada.submits().await, Ended::Goes);
    ada.sees_modal("You asked for Bills &amp; &lt;more&gt;. Waiting for").await;

    let runs = office.runs_of("ada@acme.test").await;
    let run = &runs[0];
    assert_eq!(run.status, Status::Pending);
    assert_eq!(json!(run.target), "bills");
    assert_eq!(json!(run.duration), "1h");
    assert_eq!(run.reason, "INC-42");
    assert_eq!(json!(run.channel)["type"], "slack");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_request_is_a_line() {
    let office = Office::open().await;
    let ops = office.workspace.add_channel("#ops", &[&office.ada]);
    office.ada().in_channel(&ops).types("/access access orders 1h INC-42 rotate the key").await;
    office.ada().is_told("You asked for Orders. Waiting for").await;
    let runs = office.runs_of("ada@acme.test").await;
    assert_eq!(runs[0].reason, "INC-42 rotate the key");
    assert_eq!(json!(runs[0].channel), json!({ "type": "slack", "identifier": ops }));
    assert_eq!(office.ada().modal().map(|view| view.view), None);
    assert_eq!(office.workspace.ephemerals(&office.ada).len(), 1, "one message, which changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_line_lacks_is_asked_for_in_the_form() {
    let office = Office::open().await;
    office.ada().types("/access access oders 2h ticket=OPS-7").await;
    let view = office.ada().sees_modal("Not sent yet").await;
    let text = seen(&view.view);
    assert!(
        text.contains("*Access to*: There is no `oders` here; did you mean `orders`?"),
        "{text}"
    );
    assert!(text.contains("*Reason*: It is missing."), "{text}");
    assert_eq!(office.ada().value("Ticket"), "OPS-7");
    office.ada().fills("Access to", "Orders").await;
    office.ada().sees_modal("2 hours").await;
    assert_eq!(office.ada().value("For how long"), "2 hours");
    office.ada().fills("Reason", "INC-42").await;
    assert_eq!(office.ada().submits().await, Ended::Goes);
    office.ada().sees_modal("You asked for Orders").await;
    let runs = office.runs_of("ada@acme.test").await;
    assert_eq!(json!(runs[0].fields)["ticket"], "OPS-7");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shortcut_opens_what_the_command_opens() {
    let office = Office::open().await;
    office.ada().uses("request_access").await;
    office.ada().sees_modal("What do you need?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_flow_leads_to_those_that_are_there() {
    let office = Office::open().await;
    for flow in ["nothing", "elsewhere"] {
        office.ada().types(&format!("/access {flow}")).await;
        let view = office.ada().sees_modal(&format!("There is no flow `{flow}`.")).await;
        let text = seen(&view.view);
        assert!(text.contains("Plain") && !text.contains("Elsewhere"), "{text}");
        office.ada().closes();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_beside_each_field() {
    let office = Office::open().await;
    let ada = office.ada();
    ada.types("/access access").await;
    ada.sees_modal("Who will be asked").await;
    assert_eq!(
        ada.submits().await,
        Ended::Incomplete(vec!["Access to".to_owned(), "Reason".to_owned()])
    );
    ada.fills("Access to", "Orders").await;
    ada.fills("Reason", "r").await;
    ada.fills("Ticket", "none").await;
    ada.fills("Number of rows", "1000").await;
    let Ended::Wrong(wrong) = ada.submits().await else { panic!("it was taken") };
    assert_eq!(wrong.keys().collect::<Vec<_>>(), ["Number of rows", "Ticket"]);
    assert_eq!(office.runs_of("ada@acme.test").await.len(), 0);
    ada.fills("Ticket", "OPS-1").await;
    ada.fills("Number of rows", "10").await;
    assert_eq!(ada.submits().await, Ended::Goes);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_every_sort_come_back_as_they_were_filled_in() {
    let office = Office::open().await;
    let ada = office.ada();
    ada.types("/access access").await;
    ada.sees_modal("Who will be asked").await;
    ada.fills("Access to", "Orders").await;
    ada.fills("Reason", "r").await;
    ada.fills("Ticket", "OPS-1").await;
    ada.fills("Cluster", "Cluster 1").await;
    ada.fills("Number of rows", "7").await;
    ada.fills("Read only", "Yes").await;
    ada.fills("Tables", "orders, people").await;
    ada.fills("Watched by", &office.bo).await;
    assert_eq!(ada.submits().await, Ended::Goes);
    ada.sees_modal("You asked for Orders").await;
    let runs = office.runs_of("ada@acme.test").await;
    assert_eq!(
        json!(runs[0].fields),
        json!({
            "ticket": "OPS-1",
            "cluster": "c1",
            "rows": 7,
            "is_read_only": true,
            "tables": ["orders", "people"],
            "watched_by": "bo@acme.test",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_are_looked_for_while_typing() {
    let office = Office::open().await;
    office.ada().types("/access access").await;
    office.ada().sees_modal("Who will be asked").await;
    assert_eq!(office.ada().is_offered("Cluster", "").await.len(), 100, "as many as Slack takes");
    assert_eq!(office.ada().is_offered("Cluster", "49").await.len(), 15);
    let looked_up = office.workspace.house().times("/api/users.info");
    assert_eq!(office.ada().is_offered("Cluster", "no such").await.len(), 0);
    assert_eq!(office.workspace.house().times("/api/users.info"), looked_up, "with each letter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_changes_with_what_is_chosen_and_keeps_what_was_typed() {
    let office = Office::open().await;
    let ada = office.ada();
    ada.types("/access access").await;
    ada.sees_modal("Who will be asked").await;
    ada.fills("Reason", "r").await;
    ada.fills("Ticket", "OPS-1").await;
    ada.fills("Region", "us").await;
    ada.sees_modal("Ticket of the US team").await;
    assert_eq!(ada.value("Reason"), "r");
    assert_eq!(ada.value("Ticket of the US team"), "OPS-1");
    assert_eq!(ada.value("Region"), "us");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_cannot_be_computed_opens_plain() {
    let office = Office::open().await;
    office.ada().types("/access broken").await;
    office.ada().sees_modal("*Access to* Orders").await;
    assert_eq!(office.ada().is_offered("Cluster", "").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_is_answered_while_a_hook_takes_its_time() {
    let office = Office::open().await;
    let ada = office.ada();
    // The answer came although the hook has not gone on: the stand-in would have given up.
    ada.types("/access access orders 1h take your time").await;
    ada.is_told("Your request has been sent.").await;
    assert_eq!(office.workspace.ephemerals(&office.ada).len(), 1);
    GO.notify_one();
    ada.is_told("You asked for Orders. Waiting for").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_sent_is_refused_with_what_stands_in_the_way() {
    let office = Office::open().await;
    let ada = office.ada();
    ada.types("/access access orders 1h once").await;
    ada.is_told("You asked for Orders.").await;
    ada.types("/access access orders 1h again").await;
    let told = ada.is_told("under way").await;
    assert!(told.text.contains("/runs/"), "{told:?}");
    ada.types("/access access orders").await;
    ada.sees_modal("For how long").await;
    ada.fills("Reason", "and again").await;
    assert_eq!(ada.submits().await, Ended::Goes);
    ada.sees_modal("under way").await;
    ada.closes();
    assert_eq!(ada.value("Reason"), "and again", "the form is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_s_answer_is_told_in_the_form() {
    let office = Office::open().await;
    let ada = office.ada();
    for (reason, told) in [("deny me", "As you wish"), ("approve me", "You have access to Orders")]
    {
        ada.types(&format!("/access access orders reason=\"{reason}\"")).await;
        ada.sees_modal("For how long").await;
        assert_eq!(ada.submits().await, Ended::Goes);
        let view = ada.modal().unwrap();
        let look = || {
            let text = seen(&ada.modal()?.view).to_lowercase();
            text.contains(&told.to_lowercase()).then_some(())
        };
        office.workspace.house().until(told, look).await;
        drop(view);
        ada.closes();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_was_used_up_shows_nothing_and_breaks_nothing() {
    let office = Office::open().await;
    let trouble = json!({ "ok": false, "error": "expired_trigger_id" }).to_string();
    office.workspace.house().expect("/api/views.open", Trouble::Answers(200, trouble));
    office.ada().types("/access access").await;
    office.ada().types("/access access").await;
    office.ada().sees_modal("Who will be asked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mine_shows_requests_and_holds() {
    let office = Office::open().await;
    office.ada().types("/access mine").await;
    office.ada().is_told("You hold nothing now.").await;
    let run = office.asked("ada@acme.test", "access").await;
    office.bo().clicks_in(&office.card(&office.bo, &run), "Approve").await;
    office.comes_to(&run, Status::Active).await;
    office.ada().types("/access mine").await;
    let told = office.ada().is_told("*Orders* until").await;
    assert_eq!(
        told.buttons().iter().map(|it| it.label.as_str()).collect::<Vec<_>>(),
        ["End now", "Extend"]
    );
    office.ada().clicks_in(&told, "End now").await;
    office.comes_to(&run, Status::Closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn help_is_there() {
    let office = Office::open().await;
    office.ada().types("/access help").await;
    office.ada().is_told("`/access FLOW TARGET 1h REASON`").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_in_quick_succession_the_newest_is_seen() {
    let office = Office::open().await;
    let ada = office.ada();
    ada.types("/access access").await;
    ada.sees_modal("Who will be asked").await;
    for target in ["Orders", "Bills & <more>", "Orders", "Bills & <more>"] {
        ada.fills("Access to", target).await;
    }
    ada.fills("Region", "us").await;
    let view = ada.sees_modal("Ticket of the US team").await;
    assert!(seen(&view.view).contains("15 minutes"), "what the target offers: {}", view.view);
}
