//! The strategy against an endpoint on this machine, as it behaves and as it misbehaves.

mod answers;
mod endpoint;
mod settings;
mod wire;

use std::path::Path;
use std::sync::Arc;

use countersign::model::{Integration, Object, Srn};
use countersign::strategy::Setup;
use countersign::testing::StrategyKit;
use countersign_integrations::Secrets;
use serde_json::{Value, json};

use super::Http;
use endpoint::Doors;

/// What signs requests in these tests; 32 bytes.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A folder with the secret in it, for as long as the test takes.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("signing"), format!("{SECRET}\n")).unwrap();
    folder
}

fn settings(url: &str) -> Value {
    json!({
        "url": url, "secret": { "file": "signing" }, "timeout": "1s",
        "can_look": true, "identity": "endpoint", "allow_insecure": true,
    })
}

fn open(settings: &Value, folder: &Path) -> Result<Http, String> {
    let integration = Integration {
        name: "doors".into(),
        kind: "http".into(),
        external_id: "doors".into(),
        settings: Object::new(),
        srn: Srn::parse("acme:integration:http:doors:latest").unwrap(),
    };
    let settings = settings.as_object().unwrap().clone();
    Http::open(&Setup { integration, settings }, Secrets::new(folder))
        .map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn it_keeps_the_contract_with_an_endpoint_that_does() {
    let folder = folder();
    let kit = StrategyKit::new(|| {
        let doors = Arc::new(Doors::open());
        (open(&settings(&doors.url), folder.path()).unwrap(), doors)
    });
    kit.unknown("stranger@acme.test")
        .target_settings(&json!({ "door": "Größe \"2\" 🚪" }))
        .run()
        .await;
}
