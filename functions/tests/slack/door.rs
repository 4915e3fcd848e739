//! The door: only Slack comes in by it, and only about our workspace and app.

use serde_json::{Value, json};

use crate::rig::Office;

const FORM: &str = "application/x-www-form-urlencoded";

fn command(office: &Office, team: &str, app: &str) -> String {
    let ada = &office.ada;
    format!(
        "team_id={team}&api_app_id={app}&user_id={ada}&command=%2Faccess&text=help&trigger_id=1.2.3"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_looks_whether_we_are_there() {
    let office = Office::open().await;
    let body = json!({ "type": "url_verification", "challenge": "abc", "token": "x" }).to_string();
    let (status, body) = office.workspace.send("/slack/events", "application/json", &body).await;
    assert_eq!((status, body.as_str()), (200, r#"{"challenge":"abc"}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_with_another_secret_is_refused_everywhere() {
    let office = Office::open().await;
    office.workspace.replace_signing_secret("somebody else's");
    for path in ["commands", "interactions", "options", "events"] {
        let body = command(&office, &office.workspace.team(), "A0COUNTER1");
        let (status, body) = office.workspace.send(&format!("/slack/{path}"), FORM, &body).await;
        assert_eq!((status, body.as_str()), (401, ""), "{path}");
    }
    assert_eq!(office.workspace.house().times("/api/"), 0, "nothing is asked about a forgery");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_signing_secret_is_changed_both_are_good() {
    let office = Office::rotating().await;
    for secret in ["ca4a1e5ca4a1e5ca4a1e5ca4a1e5ca4a", "next-canary"] {
        office.workspace.replace_signing_secret(secret);
        office.ada().types("/access help").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_another_workspace_or_app_is_refused() {
    let office = Office::with("app_id = 'A0COUNTER1'", "").await;
    let team = office.workspace.team();
    for (team, app, expected) in [
        (team.as_str(), "A0COUNTER1", 200),
        ("T0OTHER", "A0COUNTER1", 401),
        ("", "A0COUNTER1", 401),
        (team.as_str(), "A0OTHER", 401),
        (team.as_str(), "", 401),
    ] {
        let body = command(&office, team, app);
        let (status, _) = office.workspace.send("/slack/commands", FORM, &body).await;
        assert_eq!(status, expected, "{team} {app}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_although_it_is_signed() {
    let office = Office::open().await;
    let team = office.workspace.team();
    let twice = format!("{}&team_id={team}", command(&office, &team, "A0COUNTER1"));
    for (path, kind, body) in [
        ("commands", FORM, ""),
        ("commands", FORM, twice.as_str()),
        ("commands", "application/json", "{}"),
        ("interactions", FORM, "payload=x"),
        ("interactions", FORM, "other=1"),
        ("interactions", FORM, "payload={}&payload={}"),
        ("options", FORM, ""),
        ("events", "application/json", ""),
        ("events", "application/json", "[]"),
        ("events", "application/json", "{\"type\":\"event_callback\"}"),
    ] {
        let (status, _) = office.workspace.send(&format!("/slack/{path}"), kind, body).await;
        assert_eq!(status, 401, "{path} {body}");
    }
    let (status, _) = office.workspace.send("/slack/elsewhere", FORM, "").await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_newer_than_this_program_is_passed_over() {
    let office = Office::open().await;
    let team = office.workspace.team();
    let event = json!({
        "type": "event_callback", "team_id": team, "event": { "type": "something_new" },
    });
    let (status, _) =
        office.workspace.send("/slack/events", "application/json", &event.to_string()).await;
    assert_eq!(status, 200);
    let payload =
        json!({ "type": "something_new", "team": { "id": team }, "user": { "id": "U1" } });
    let body = format!("payload={payload}");
    let (status, _) = office.workspace.send("/slack/interactions", FORM, &body).await;
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_version_of_the_program_showed_is_answered() {
    let office = Office::open().await;
    let did = |more: Value| {
        let mut payload = json!({
            "team": { "id": office.workspace.team() },
            "api_app_id": "A0COUNTER1",
            "user": { "id": office.ada, "team_id": office.workspace.team() },
            "trigger_id": "1.2.3",
        });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish()
    };
    let form = did(json!({
        "type": "view_submission",
        "view": { "id": "V1", "callback_id": "cs_of_old", "state": { "values": {} } },
    }));
    let button = did(json!({
        "type": "block_actions",
        "actions": [{ "type": "button", "action_id": "cs_of_old", "action_ts": "1.1" }],
    }));
    for (thing, body) in [("form", form), ("button", button)] {
        let (status, _) = office.workspace.send("/slack/interactions", FORM, &body).await;
        assert_eq!(status, 200, "{thing}");
        let text = format!("this {thing} is not known any more");
        let look = || {
            let told = office.workspace.direct(&office.ada).messages();
            told.into_iter().find(|message| message.seen().contains(&text))
        };
        office.workspace.house().until(&text, look).await;
    }
}
