//! The strategy keeps the contract of strategies.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use countersign::model::{Integration, Object, Srn};
use countersign::testing::{StrategyKit, System};

use super::*;

/// The strategy as the settings open it.
pub(crate) fn open(file: &Path) -> Badge {
    let badges = json!({ "ada@acme.test": "1001", "bo@acme.test": "1002" });
    let integration = Integration {
        name: "doors".into(),
        kind: "custom".into(),
        external_id: "doors".into(),
        settings: object(&json!({ "badges": badges })),
        srn: Srn::parse("acme:integration:custom:doors:latest").unwrap(),
    };
    Badge::open(&Setup { integration, settings: object(&json!({ "file": file })) }).unwrap()
}

fn object(value: &Value) -> Object {
    value.as_object().unwrap().clone()
}

/// The controller, as the kit reaches it past the strategy.
#[async_trait]
impl System for Controller {
    async fn has(&self, who: &str, target: &Target) -> Option<bool> {
        Some(self.session(door(target), who).unwrap().is_some())
    }

    async fn set(&self, who: &str, target: &Target, has: bool) -> bool {
        if has {
            self.open(door(target), who).unwrap();
        } else if let Some(session) = self.session(door(target), who).unwrap() {
            self.close(session).unwrap();
        }
        true
    }
}

#[tokio::test]
async fn it_keeps_the_contract_of_strategies() {
    let (folder, nth) = (tempfile::tempdir().unwrap(), AtomicU32::new(0));
    let fresh = || {
        let nth = nth.fetch_add(1, Ordering::Relaxed);
        let file = folder.path().join(format!("doors-{nth}.json"));
        (open(&file), Controller::new(&file))
    };
    StrategyKit::new(fresh).unknown("stranger@acme.test").run().await;
}
