//! The functions as Lambda runs them: a process each, given events as AWS documents them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "functions/browser.rs"]
mod browser;
#[path = "dynamodb/place.rs"]
#[allow(dead_code, reason = "the tests of the store use more of it")]
mod place;
#[path = "functions/slack.rs"]
mod slack;
#[path = "functions/stage.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod stage;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use browser::Browser;
use countersign::engine::records::{self, ASIDE};
use countersign::model::RunId;
use countersign::store::{Query, Store};
use countersign_tests::runtime_api::TRACE;
use countersign_tests::simple;
use serde_json::{Value, json};
use stage::{Stage, about, answer};

const STREAM: &str = include_str!("../fixtures/dynamodb_stream.json");
const SCHEDULE: &str = include_str!("../fixtures/schedule.json");
const EVERY_MINUTE: &str = include_str!("../fixtures/every_minute.json");

#[tokio::test(flavor = "multi_thread")]
async fn the_events_that_aws_documents_are_understood() {
    let Some(stage) = Stage::set().await else { return };
    let mut api = stage.start("api");
    let (status, me) = answer(&mut api, &stage.request("GET", "/v1/me", None));
    assert_eq!((status, &me["user"]["email"]), (200, &json!("ada@acme.test")), "{me}");
    assert_eq!(answer(&mut api, &stage.request("GET", "/nothing", None)).0, 404);

    let wish = json!({ "flow": "access", "target": "orders", "duration": "1h", "reason": "r" });
    let mut asks = stage.request("POST", "/v1/runs", Some(&wish));
    // Bodies that are no text for API Gateway come in base64.
    asks["body"] = json!(STANDARD.encode(wish.to_string()));
    asks["isBase64Encoded"] = json!(true);
    let (status, accepted) = answer(&mut api, &asks);
    assert_eq!(status, 202, "{accepted}");
    let run = accepted["id"].as_str().unwrap();

    let mut worker = stage.start("worker");
    let told = worker.invoke(&about(STREAM, run)).unwrap().answer;
    assert_eq!(told, Ok(json!({ "batchItemFailures": [] })));
    let (_, seen) = answer(&mut api, &stage.request("GET", &format!("/v1/runs/{run}"), None));
    assert_eq!(seen["status"], "pending", "{seen}");

    let mut timer = stage.start("timer");
    assert_eq!(timer.invoke(&about(SCHEDULE, run)).unwrap().answer, Ok(Value::Null));
    let store = stage.place.store();
    let wake = records::bell(&RunId::parse(run).unwrap());
    assert!(store.get(&wake).await.unwrap().unwrap().body.contains("end"));

    let mut sweep = stage.start("sweep");
    assert_eq!(sweep.invoke(&about(EVERY_MINUTE, run)).unwrap().answer, Ok(Value::Null));
    let log = std::fs::read_to_string(stage.log()).unwrap();
    let ran = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut ran = ran.filter(|line| line["SweepRan"] == 1);
    let ran = ran.next().unwrap_or_else(|| panic!("no metric in the log:\n{log}"));
    assert_eq!(ran["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Countersign");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_to_the_pages_and_work_with_them() {
    let Some(stage) = Stage::set().await else { return };
    let (mut ada, mut bo) = (Browser::default(), Browser::default());
    // Without a client there are no pages.
    assert_eq!(ada.get(&mut stage.start("api"), "/").status, 404);
    let mut api = stage.start_with("api", &browser::told(&stage.issuer));
    let home = ada.signs_in(&mut api, &stage.issuer, "ada@acme.test");
    assert_eq!(home.status, 200, "{}", home.html);
    assert!(home.html.contains("Hello ada") && home.policy.contains("frame-ancestors 'none'"));
    assert!(!home.html.contains("Messages") && !home.html.contains("Somebody else"));
    assert_eq!(ada.get(&mut api, "/assets/style.css").status, 200);
    // The function `form` is not there: the form is plain, and there is no preview.
    let form = ada.get(&mut api, "/flows/access?target=orders");
    assert!(form.status == 200 && form.html.contains("name=\"reason\""), "{}", form.html);
    let mut wish =
        vec![("target", "orders"), ("duration", "1h"), ("reason", "r"), ("do", "preview")];
    let preview = ada.post(&mut api, "/flows/access", &wish);
    assert_eq!(preview.status, 503, "{}", preview.html);
    let why = "own code does not answer";
    assert!(preview.html.contains(why), "{}", preview.html);
    wish[3] = ("do", "send");
    let sent = ada.post(&mut api, "/flows/access", &wish).location;
    let path = sent.split('?').next().unwrap();
    let run = path.strip_prefix("/runs/").unwrap();
    let mut worker = stage.start("worker");
    worker.invoke(&about(STREAM, run)).unwrap().answer.unwrap();
    assert!(ada.get(&mut api, path).html.contains("Waiting for 1 of 1"));
    bo.signs_in(&mut api, &stage.issuer, "bo@acme.test");
    let page = bo.get(&mut api, path).html;
    assert!(page.contains("value=\"approve\""), "{page}");
    let approved = bo.post(&mut api, path, &[("do", "approve")]);
    assert_eq!(approved.status, 303, "{}", approved.html);
    worker.invoke(&about(STREAM, run)).unwrap().answer.unwrap();
    assert!(ada.get(&mut api, path).html.contains("Approved by"));
    // Another function of the same kind knows the session as well.
    let mut other = stage.start_with("api", &browser::told(&stage.issuer));
    assert_eq!(ada.get(&mut other, "/").status, 200);
    assert_eq!(ada.post(&mut other, "/signout", &[]).status, 200);
    assert_eq!(ada.get(&mut api, "/").status, 303);
    assert_eq!(stage.issuer.refusals(), Vec::<String>::new());
    // And the API is beside them.
    let (status, me) = answer(&mut api, &stage.request("GET", "/v1/me", None));
    assert_eq!((status, &me["user"]["email"]), (200, &json!("ada@acme.test")), "{me}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_set_aside_and_the_function_goes_on() {
    let Some(stage) = Stage::set().await else { return };
    let (mut worker, mut timer) = (stage.start("worker"), stage.start("timer"));
    let mut batch = about(STREAM, "no run");
    batch["Records"][1]["dynamodb"]["Keys"] = json!({});
    let told = worker.invoke(&batch).unwrap().answer;
    assert_eq!(told, Ok(json!({ "batchItemFailures": [] })));
    assert_eq!(timer.invoke(&about(SCHEDULE, "no run")).unwrap().answer, Ok(Value::Null));
    let aside = stage.place.store().query(&Query::of(ASIDE)).await.unwrap().items;
    assert_eq!(aside.len(), 3, "{aside:?}");
    // What is no batch at all fails, and the next one does not.
    assert!(worker.invoke(&json!(["nonsense"])).unwrap().answer.is_err());
    assert!(worker.invoke(&json!({ "Records": [] })).unwrap().answer.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_used_are_named_by_every_function() {
    let Some(stage) = Stage::set().await else { return };
    // Before the settings become wrong somebody asks for something.
    let mut api = stage.start("api");
    let wish = json!({ "flow": "access", "target": "orders", "duration": "1h", "reason": "r" });
    let (_, accepted) = answer(&mut api, &stage.request("POST", "/v1/runs", Some(&wish)));
    let run = accepted["id"].as_str().unwrap();
    let wrong = [("flow#access", r#"{"name": "access", "targets": ["bills"]}"#)];
    simple::put(&stage.place.store(), "wrong", &wrong).await.unwrap();

    let mut api = stage.start("api");
    for path in ["/v1/me", "/v1/runs", "/healthz", "/nothing"] {
        let (status, problem) = answer(&mut api, &stage.request("GET", path, None));
        assert_eq!((status, &problem["code"]), (503, &json!("settings_unusable")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("bills"), "{problem}");
    }
    assert_eq!(refusals(&stage), 1);
    // The stream tells it again, once the settings are right.
    let failed = stage.start("worker").invoke(&about(STREAM, run)).unwrap().answer.unwrap_err();
    assert!(failed.to_string().contains("bills"), "{failed}");
    let question = json!({ "method": "GET", "uri": "/v1/flows", "body": "" });
    let failed = stage.start("form").invoke(&question).unwrap().answer.unwrap_err();
    assert!(failed.to_string().contains("bills"), "{failed}");
    assert_eq!(refusals(&stage), 3);
    // Whoever only wakes runs goes on; the sweep has it alarmed though nobody asks.
    let woken = stage.start("timer").invoke(&about(SCHEDULE, run)).unwrap().answer;
    assert_eq!(woken, Ok(Value::Null));
    let swept = stage.start("sweep").invoke(&about(EVERY_MINUTE, run)).unwrap().answer;
    assert_eq!(swept, Ok(Value::Null));
    assert_eq!(refusals(&stage), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_that_cannot_be_used_are_named_by_every_function() {
    let Some(stage) = Stage::set().await else { return };
    let with = |role, name, value: &str| stage.start_with(role, &[(name, value.to_owned())]);
    for (name, value) in
        [("COUNTERSIGN_FORM_FUNCTION", ""), ("COUNTERSIGN_OIDC_ISSUER", "ldap://acme.test")]
    {
        let mut api = with("api", name, value);
        let (status, problem) = answer(&mut api, &stage.request("GET", "/v1/me", None));
        assert_eq!((status, &problem["code"]), (503, &json!("settings_unusable")), "{problem}");
        let said = if value.is_empty() { name } else { value };
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    for (role, name) in [
        ("form", "COUNTERSIGN_TABLE"),
        ("worker", "COUNTERSIGN_TIMER_ARN"),
        ("timer", "COUNTERSIGN_AUDIT_TABLE"),
        ("sweep", "COUNTERSIGN_TABLE"),
    ] {
        let failed = with(role, name, "").invoke(&json!({})).unwrap().answer.unwrap_err();
        assert!(failed.to_string().contains(&format!("{name} ")), "{role}: {failed}");
    }
    assert_eq!(refusals(&stage), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_of_the_log_says_what_it_is_about() {
    let Some(stage) = Stage::set().await else { return };
    let mut api = stage.start("api");
    let wish = json!({ "flow": "access", "target": "orders", "duration": "1h", "reason": "r" });
    let (_, accepted) = answer(&mut api, &stage.request("POST", "/v1/runs", Some(&wish)));
    let run = accepted["id"].as_str().unwrap();
    let mut worker = stage.start("worker");
    for run in [run, "no run"] {
        worker.invoke(&about(STREAM, run)).unwrap().answer.unwrap();
    }
    let cancel = format!("/v1/runs/{run}/cancel");
    let (_, told) = answer(&mut api, &stage.request("POST", &cancel, Some(&json!({}))));
    stage.start("sweep").invoke(&about(EVERY_MINUTE, run)).unwrap().answer.unwrap();

    let log = std::fs::read_to_string(stage.log()).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    // Metrics are lines, too.
    let lines: Vec<_> = lines.filter(|line| line["_aws"].is_null()).collect();
    for line in &lines {
        for field in ["level", "target", "function", "message"] {
            assert!(line[field].is_string(), "no `{field}` in {line}");
        }
        assert_eq!(line["trace"], TRACE, "{line}");
        assert!(line["request"].as_str().unwrap().starts_with("00000000-0000-4000"), "{line}");
    }
    let recorded: Vec<_> = lines.iter().filter(|line| line["message"] == "recorded").collect();
    let [asked, cancelled] = recorded.as_slice() else { panic!("{log}") };
    assert_eq!((&asked["run"], &asked["event"]), (&accepted["id"], &accepted["event"]), "{asked}");
    assert_eq!((&asked["flow"], &asked["function"]), (&json!("access"), &json!("api")));
    let fields = (&cancelled["run"], &cancelled["event"]);
    assert_eq!(fields, (&accepted["id"], &told["event"]), "{cancelled}");
    let requests: Vec<_> = recorded.iter().map(|line| line["request"].as_str().unwrap()).collect();
    assert_ne!(requests[0], requests[1]);
    for function in ["worker", "sweep"] {
        assert!(lines.iter().any(|line| line["function"] == function), "{function}: {log}");
    }
}

/// How often it was noted that a function cannot use its settings.
fn refusals(stage: &Stage) -> usize {
    let log = std::fs::read_to_string(stage.log()).unwrap();
    log.matches("\"SettingsRefused\":1").count()
}
