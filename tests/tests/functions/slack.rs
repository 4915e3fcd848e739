//! Slack at the functions: what people type and press there goes to `api` as API Gateway tells of it, and
//! what that records goes to `worker` as the table's stream tells of it.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::{Router, routing::any};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::engine::records;
use countersign::model::RunId;
use countersign::store::{Query, Store};
use countersign_tests::runtime_api::Runtime;
use countersign_tests::simple;
use countersign_vendors::House;
use countersign_vendors::slack::{Message, Workspace};
use serde_json::{Value, json};

use crate::STREAM;
use crate::stage::{Stage, about};

/// A deployment with Slack before it.
struct Office {
    stage: Stage,
    workspace: Workspace,
    worker: Mutex<Runtime>,
    ada: String,
    bo: String,
    gateway: House,
}

impl Office {
    /// `None` where there is no `DynamoDB` of any kind.
    async fn open() -> Option<Self> {
        let stage = Stage::set().await?;
        let workspace = Workspace::open().await;
        let (ada, bo) = (workspace.person("ada@acme.test"), workspace.person("bo@acme.test"));
        let (bot, signing) = (json!({ "env": "TEST_BOT" }), json!({ "env": "TEST_SIGNING" }));
        let settings =
            json!({ "url": workspace.url(), "bot_token": bot, "signing_secret": signing });
        let slack = json!({
            "name": "slack",
            "type": "slack",
            "external_id": workspace.team(),
            "settings": settings,
        });
        let slack = slack.to_string();
        simple::put(&stage.place.store(), "slack", &[("integration#slack", &slack)]).await.unwrap();
        stage.has_schedules().await;
        let more =
            [("TEST_BOT", workspace.bot_token()), ("TEST_SIGNING", workspace.signing_secret())];
        let gateway = gateway(stage.start_with("api", &more)).await;
        workspace.sends_to(&gateway.url);
        let worker = Mutex::new(stage.start_with("worker", &more));
        Some(Self { stage, workspace, worker, ada, bo, gateway })
    }

    /// The stream tells the worker of all that was recorded; returns about which runs.
    async fn works(&self) -> Vec<RunId> {
        let store = self.stage.place.store();
        let mut runs = Vec::new();
        for shard in records::command_shards() {
            let page = store.query(&Query::of(shard)).await.unwrap();
            let found = page.items.iter().filter_map(|item| records::of_command(&item.key));
            runs.extend(found.map(|command| command.run));
        }
        for run in &runs {
            self.tells_of(run);
        }
        runs
    }

    fn tells_of(&self, run: &RunId) {
        let batch = about(STREAM, run.as_str());
        let told = tokio::task::block_in_place(|| self.worker.lock().unwrap().invoke(&batch));
        assert_eq!(told.unwrap().answer, Ok(json!({ "batchItemFailures": [] })));
    }

    /// The newest message of the app to somebody that has this button.
    fn message(&self, user: &str, button: &str) -> Message {
        let all = self.workspace.direct(user).messages();
        let found = all.iter().rfind(|message| message.button(button).is_some());
        found.unwrap_or_else(|| panic!("no message with {button:?}: {all:#?}")).clone()
    }
}

/// What API Gateway makes of requests to it.
async fn gateway(api: Runtime) -> House {
    let api = Arc::new(Mutex::new(api));
    let invoked = move |request: Request| {
        let api = api.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 1024 * 1024).await.unwrap();
            let headers = parts.headers.iter();
            let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap()));
            let headers: serde_json::Map<String, Value> =
                headers.map(|(name, value)| (name, json!(value))).collect();
            let mut event = crate::stage::event(parts.method.as_str(), parts.uri.path());
            event["headers"] = Value::Object(headers);
            // It takes a form for bytes.
            event["body"] = json!(STANDARD.encode(&body));
            event["isBase64Encoded"] = json!(true);
            let invoked = move || api.lock().unwrap().invoke(&event).unwrap().answer.unwrap();
            let answer = tokio::task::spawn_blocking(invoked).await.unwrap();
            let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
            let mut response = Response::builder().status(status);
            for (name, value) in answer["headers"].as_object().into_iter().flatten() {
                response = response.header(name, value.as_str().unwrap());
            }
            response.body(Body::from(answer["body"].as_str().unwrap().to_owned())).unwrap()
        }
    };
    House::open(Router::new().fallback(any(invoked))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_line_in_slack_to_the_end_of_access_through_the_functions() {
    let Some(office) = Office::open().await else { return };
    let (ada, bo) = (office.workspace.someone(&office.ada), office.workspace.someone(&office.bo));
    ada.types("/access access orders 1h INC-42").await;
    ada.is_told("Your request has been sent.").await;
    let runs = office.works().await;
    assert_eq!(runs.len(), 1);
    let card = office.message(&office.bo, "Approve");
    assert!(card.seen().contains("INC-42"), "{}", card.seen());

    bo.clicks_in(&card, "Approve").await;
    office.works().await;
    let told = office.message(&office.ada, "End access");
    let shown = office.workspace.direct(&office.bo).messages();
    assert!(shown[0].first_line().starts_with("*Approved by"), "{}", shown[0].first_line());

    ada.clicks_in(&told, "End access").await;
    office.works().await;
    let read = office.workspace.direct(&office.ada).all();
    assert!(read.last().unwrap().seen().ends_with("Access has ended"), "{read:#?}");
    for told in office.gateway.heard() {
        println!("{} {}", told.method, told.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_by_the_worker_once_and_nobody_waits_for_it() {
    let Some(office) = Office::open().await else { return };
    let (ada, bo) = (office.workspace.someone(&office.ada), office.workspace.someone(&office.bo));
    let hall = office.workspace.add_channel("#hall", &[&office.ada, &office.bo]);
    ada.types("/access access orders 1h INC-42").await;
    let run = office.works().await.remove(0);
    let card = Message { channel: hall, ..office.message(&office.bo, "Approve") };
    let known = office.workspace.ephemerals(&office.ada).len();

    // Acknowledged, although nobody can know yet that it will be refused.
    ada.clicks_in(&card, "Approve").await;
    assert_eq!(office.workspace.ephemerals(&office.ada).len(), known);
    office.works().await;
    office.tells_of(&run);
    let told = office.workspace.ephemerals(&office.ada);
    assert_eq!(told.len(), known + 1, "once, however often the stream tells of it: {told:#?}");
    let told = told.last().unwrap().seen();
    assert!(told.starts_with(":no_entry:") && told.ends_with("about their own request."), "{told}");
    assert_eq!(office.workspace.ephemerals(&office.bo), []);

    // Somebody denies in a modal, and is too late.
    bo.clicks_in(&card, "Deny").await;
    bo.sees_modal("Why not?").await;
    ada.types("/access mine").await;
    let mine = ada.is_told("Your requests").await;
    ada.clicks_in(&mine, "Cancel").await;
    office.works().await;
    bo.submits().await;
    bo.sees_modal("If it cannot be done, you are told why.").await;
    office.works().await;
    let told = office.workspace.ephemerals(&office.bo);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].seen().starts_with(":no_entry:"), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_opens_although_nobody_computes_it() {
    let Some(office) = Office::open().await else { return };
    let ada = office.workspace.someone(&office.ada);
    // The function `form` is not there.
    ada.types("/access access").await;
    ada.sees_modal("Access to").await;
    ada.fills("Reason", "INC-42").await;
    ada.submits().await;
    ada.sees_modal("Your request has been sent.").await;
    assert_eq!(office.works().await.len(), 1);
    office.message(&office.bo, "Approve");
    // A home shows at once that something was passed on.
    let bo = office.workspace.someone(&office.bo);
    bo.opens_home().await;
    bo.sees_home("asks for *orders*").await;
    bo.clicks_at_home("Approve").await;
    bo.sees_home("It has been passed on.").await;
    office.works().await;
    bo.opens_home().await;
    bo.sees_home("Nothing waits for you.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pretends_to_be_slack_is_not_heard() {
    let Some(office) = Office::open().await else { return };
    let body = format!(
        "team_id={}&user_id={}&command=%2Faccess&text=access+orders+1h+INC-42&trigger_id=1.2",
        office.workspace.team(),
        office.ada
    );
    let signed = office.workspace.signed(&body);
    let of = |name: &str| signed.iter().find(|it| it.0 == name).unwrap().1.clone();
    let (time, signature) = (of("x-slack-request-timestamp"), of("x-slack-signature"));
    let send = async |signature: &str| {
        office.workspace.sends_signed("/slack/commands", &body, &time, signature).await
    };
    assert_eq!(send(&format!("v0={}", "0".repeat(64))).await, 401);
    assert_eq!(send(&format!("{signature},{signature}")).await, 401);
    assert_eq!(office.works().await, []);
    // Told twice, it is one request.
    assert_eq!(send(&signature).await, 200);
    assert_eq!(send(&signature).await, 200);
    assert_eq!(office.works().await.len(), 1);
}
