//! What the functions ask of AWS in a whole story, against what the Terraform module allows each.
//!
//! The emulator does not look at the conditions of policies; here everything that a function asks
//! for is held against the statements in `infra`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on panics"
)]

#[path = "permissions/asked.rs"]
mod asked;
#[path = "functions/browser.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod browser;
#[path = "permissions/module.rs"]
mod module;
#[path = "dynamodb/place.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod place;
#[path = "functions/stage.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod stage;

use std::collections::BTreeMap;

use asked::Asked;
use countersign_functions::aws::Patience;
use countersign_functions::aws::signed::Signed;
use countersign_tests::between::Between;
use countersign_tests::message::Message;
use countersign_tests::runtime_api::{Runtime, TRACE};
use countersign_tests::simple;
use serde_json::{Value, json};
use stage::{Stage, about, answer};

const ADA: &str = "ada@acme.test";
const BO: &str = "bo@acme.test";
const ROOT: &str = "root@acme.test";

/// Functions, and what stands between each and AWS.
struct Watched {
    stage: Stage,
    functions: BTreeMap<&'static str, (Runtime, Between)>,
}

impl Watched {
    async fn start() -> Option<Self> {
        let stage = Stage::set().await?;
        let root = json!({ "email": ROOT, "role": "admin" }).to_string();
        let users = [("user#root@acme.test", root.as_str())];
        simple::put(&stage.place.store(), "users", &users).await.unwrap();
        let config = stage.place.clients.config(Patience::Working);
        let scheduler = aws_sdk_scheduler::Client::new(&config);
        // With somebody else's emulator it may be there.
        let _ = scheduler.create_schedule_group().name("test").send().await;
        let wanted = json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" });
        let signed = Signed::new(config).unwrap();
        let key = signed.json("kms", "TrentService.CreateKey", &wanted).await.unwrap();
        let key = key["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
        let behind = stage.place.endpoint.as_ref()?.trim_start_matches("http://").parse().unwrap();
        let mut functions = BTreeMap::new();
        for role in ["api", "form", "worker", "timer", "sweep"] {
            let between = Between::keeping(behind).unwrap();
            let mut more = vec![
                ("AWS_ENDPOINT_URL", between.endpoint()),
                ("COUNTERSIGN_SIGNING_KEY", key.clone()),
                ("COUNTERSIGN_EXPORT_BUS", "default".to_owned()),
            ];
            more.extend(browser::told(&stage.issuer));
            functions.insert(role, (stage.start_with(role, &more), between));
        }
        Some(Self { stage, functions })
    }

    fn invoke(&mut self, role: &str, event: &Value) -> Value {
        let (runtime, _) = self.functions.get_mut(role).unwrap();
        runtime.invoke(event).unwrap().answer.unwrap()
    }

    fn call(&mut self, who: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let event = self.stage.request_by(who, method, path, Some(body));
        let (api, _) = self.functions.get_mut("api").unwrap();
        answer(api, &event)
    }

    /// Says something about a run, and has the worker hear of it.
    fn says(&mut self, who: &str, path: &str, body: &Value) -> Value {
        let (status, said) = self.call(who, "POST", path, body);
        assert_eq!(status, 202, "{path}: {said}");
        let run = path.split('/').nth(3).map_or_else(|| said["id"].clone(), |run| json!(run));
        let stream = include_str!("../fixtures/dynamodb_stream.json");
        let told = self.invoke("worker", &about(stream, run.as_str().unwrap()));
        assert_eq!(told, json!({ "batchItemFailures": [] }));
        run
    }

    fn requests(&self, role: &str) -> Vec<Message> {
        self.functions[role].1.asked()
    }
}

/// Everybody does what they can do. Returns what each function asked for.
fn tell(watched: &mut Watched) -> BTreeMap<&'static str, Vec<Message>> {
    let wish = json!({ "flow": "access", "target": "orders", "duration": "1h", "reason": "r" });
    let run = watched.says(ADA, "/v1/runs", &wish);
    let of_run = |what: &str| format!("/v1/runs/{}/{what}", run.as_str().unwrap());
    // Refusals are recorded: of what makes no sense by `api`, of what is not allowed by the worker.
    assert_eq!(watched.call(ADA, "POST", "/v1/runs", &json!({ "flow": "nothing" })).0, 404);
    watched.says(ADA, &of_run("approve"), &json!({}));
    watched.says(BO, &of_run("approve"), &json!({}));
    watched.says(ADA, &of_run("extend"), &json!({ "duration": "1h", "reason": "r" }));
    watched.says(BO, &of_run("revoke"), &json!({}));
    let identity = json!({ "type": "okta", "external_id": "acme", "value": "bo-1" });
    let person = json!({ "name": "Bo", "identities": [identity] });
    assert_eq!(watched.call(ROOT, "PUT", "/v1/users/bo@acme.test", &person).0, 200);
    let none = json!({ "identities": [] });
    assert_eq!(watched.call(ROOT, "PUT", "/v1/users/bo@acme.test", &none).0, 200);
    let bot = json!({ "bot": "bot:ci", "scopes": ["request"] });
    let (status, token) = watched.call(ROOT, "POST", "/v1/tokens", &bot);
    assert_eq!(status, 201, "{token}");
    let token = format!("/v1/tokens/{}", token["id"].as_str().unwrap());
    assert_eq!(watched.call(ROOT, "DELETE", &token, &json!({})).0, 200);
    for path in ["runs", "grants", "users", "tokens", "audit", "flows", "me"] {
        let event = watched.stage.request_by(ROOT, "GET", &format!("/v1/{path}"), None);
        assert_eq!(watched.invoke("api", &event)["statusCode"], 200, "{path}");
    }
    // By the pages, too: a session begins, is used, ends, and all of somebody's end.
    let issuer = &watched.stage.issuer;
    let (api, _) = watched.functions.get_mut("api").unwrap();
    for leaving in ["here", "everywhere"] {
        let mut browser = browser::Browser::default();
        assert_eq!(browser.signs_in(api, issuer, ADA).status, 200);
        assert_eq!(browser.post(api, "/signout", &[("do", leaving)]).status, 200);
    }
    // `form` is not there for `api`; what it is asked, it is asked here.
    let said = watched.call(ADA, "POST", "/v1/preview", &wish);
    assert_eq!(said.0, 503);
    let api = watched.requests("api");
    let question = api.iter().rfind(|it| it.asks().1.contains("/functions/form/")).unwrap();
    assert_eq!(question.header("x-amzn-trace-id"), Some(TRACE), "whose trace it is");
    let question: Value = serde_json::from_slice(&question.body).unwrap();
    assert_eq!(watched.invoke("form", &question)["status"], 200);

    let schedule = include_str!("../fixtures/schedule.json");
    watched.invoke("timer", &about(schedule, run.as_str().unwrap()));
    watched.invoke("timer", &json!("nonsense"));
    watched.invoke("sweep", &json!({}));
    let mut all = BTreeMap::from([("api", api)]);
    for role in ["form", "worker", "timer", "sweep"] {
        all.insert(role, watched.requests(role));
    }
    all
}

/// What each function asks for besides the tables.
const OTHERS: [(&str, &[&str]); 5] = [
    ("api", &["POST functions"]),
    ("form", &[]),
    ("worker", &["DELETE schedules", "POST schedules"]),
    ("timer", &[]),
    ("sweep", &["AWSEvents.PutEvents", "TrentService.GetPublicKey", "TrentService.Sign"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_function_asks_for_what_the_module_allows_it() {
    let Some(mut watched) = Watched::start().await else { return };
    let all = tell(&mut watched);
    let mut refused = Vec::new();
    for (role, expected) in OTHERS {
        let (statements, mut others) = (module::statements(role), Vec::new());
        for one in asked::asked(&all[role], &watched.stage.place.tables) {
            match &one {
                Asked::Other(what) => others.push(what.clone()),
                Asked::Table { action, audit, pk } => {
                    let pk = pk.as_deref();
                    if !module::allow(&statements, action, *audit, pk) {
                        refused.push(format!("{role}: {one:?}"));
                    }
                }
            }
        }
        assert_eq!(others, expected, "{role}");
    }
    assert!(refused.is_empty(), "the module does not allow\n{}", refused.join("\n"));
}

#[test]
fn what_the_module_does_not_allow_is_seen() {
    let statements = module::statements("worker");
    let may = |action: &str, audit, pk| module::allow(&statements, action, audit, pk);
    assert!(may("dynamodb:PutItem", false, Some("L#ada@acme.test#orders")));
    assert!(may("dynamodb:Query", true, None));
    for (action, audit, pk) in [
        ("dynamodb:PutItem", false, "S#settings"),
        ("dynamodb:PutItem", false, "T#1"),
        ("dynamodb:UpdateItem", false, "N#tokens"),
        ("dynamodb:UpdateItem", true, "R#1"),
        ("dynamodb:Scan", false, "R#1"),
    ] {
        assert!(!may(action, audit, Some(pk)), "{action} {pk}");
    }
}
