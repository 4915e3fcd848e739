//! Functions as processes, on tables with settings.

use std::path::{Path, PathBuf};

use countersign_functions::aws::Patience;
use countersign_tests::issuer::Issuer;
use countersign_tests::runtime_api::Runtime;
use countersign_tests::simple;
use serde_json::{Value, json};

use crate::place::Place;

const API_GATEWAY: &str = include_str!("../../fixtures/api_gateway_v2.json");

/// Tables with settings, and who gives tokens.
pub(crate) struct Stage {
    pub(crate) place: Place,
    pub(crate) issuer: Issuer,
    folder: tempfile::TempDir,
}

impl Stage {
    /// `None` where there is no `DynamoDB` of any kind.
    pub(crate) async fn set() -> Option<Self> {
        let place = Place::find().await?;
        simple::put(&place.store(), "settings", &simple::SETTINGS).await.unwrap();
        let (issuer, folder) = (Issuer::start().unwrap(), tempfile::tempdir().unwrap());
        Some(Self { place, issuer, folder })
    }

    pub(crate) fn start(&self, role: &str) -> Runtime {
        self.start_with(role, &[])
    }

    /// A function that is told this, too, or in place of what it would be told.
    pub(crate) fn start_with(&self, role: &str, more: &[(&'static str, String)]) -> Runtime {
        let tables = &self.place.tables;
        let tables = [tables.core.as_str(), tables.audit.as_str()];
        let mut env = simple::variables(role, tables, self.issuer.url());
        env.extend(self.place.endpoint.clone().map(|endpoint| ("AWS_ENDPOINT_URL", endpoint)));
        env.extend(more.iter().cloned());
        let program = Path::new(env!("CARGO_BIN_EXE_functions"));
        Runtime::start(program, &env, &self.log()).unwrap()
    }

    /// There is a place for schedules, so that access can be given.
    pub(crate) async fn has_schedules(&self) {
        let config = self.place.clients.config(Patience::Working);
        let scheduler = aws_sdk_scheduler::Client::new(&config);
        // It may be there from another test.
        let _ = scheduler.create_schedule_group().name("test").send().await;
    }

    /// Where all functions log to.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// A request as API Gateway tells of it, by Ada.
    pub(crate) fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.request_by("ada@acme.test", method, path, body)
    }

    pub(crate) fn request_by(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        let mut event = event(method, path);
        event["headers"]["authorization"] = json!(format!("Bearer {}", self.issuer.token(who)));
        if let Some(body) = body {
            event["body"] = json!(body.to_string());
        }
        event
    }
}

/// A request as API Gateway tells of it.
pub(crate) fn event(method: &str, path: &str) -> Value {
    let mut event: Value = serde_json::from_str(API_GATEWAY).unwrap();
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["requestContext"]["http"]["method"] = json!(method);
    event
}

/// A fixture about this run.
pub(crate) fn about(fixture: &str, run: &str) -> Value {
    serde_json::from_str(&fixture.replace("RUN", run)).unwrap()
}

/// What API Gateway makes of an answer: the status, and the body.
pub(crate) fn answer(api: &mut Runtime, event: &Value) -> (u16, Value) {
    let answer = api.invoke(event).unwrap().answer.unwrap();
    let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
    assert_eq!(answer["isBase64Encoded"], json!(false), "{answer}");
    let body = answer["body"].as_str().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}
