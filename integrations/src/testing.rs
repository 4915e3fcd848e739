//! What the tests of systems have in common.

use std::sync::Arc;

use countersign::model::{Integration, Object, Srn, Target, TargetName, User, UserId};
use countersign::strategy::{Setup, Strategy};
use countersign::testing::Mishap;
use countersign_vendors::{House, Trouble};
use serde_json::Value;

use crate::{SecretRef, Secrets};

/// An integration with these settings.
pub(crate) fn integration(kind: &str, external_id: &str, settings: Value) -> Integration {
    Integration {
        name: kind.to_owned(),
        kind: kind.to_owned(),
        external_id: external_id.to_owned(),
        settings: object(settings),
        srn: Srn::parse(&format!("acme:integration:{kind}:{kind}:latest")).unwrap(),
    }
}

/// A target with these settings.
pub(crate) fn target(settings: Value) -> Target {
    Target {
        name: TargetName::parse("kit-target").unwrap(),
        kind: "kit".to_owned(),
        label: "Kit".to_owned(),
        strategy: None,
        settings: object(settings),
    }
}

/// A reference to a secret with this value, in a file that is left to the machine's housekeeping.
pub(crate) fn secret(value: &str) -> Value {
    use std::io::Write;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(value.as_bytes()).unwrap();
    let (_, path) = file.keep().unwrap();
    serde_json::to_value(SecretRef::File(path)).unwrap()
}

/// Secrets of this machine.
pub(crate) fn secrets() -> Secrets {
    Secrets::new(std::path::Path::new("/"))
}

/// Opens a strategy by its type.
pub(crate) fn open(kind: &str, integration: &Integration, settings: Value) -> Opened {
    let kind = crate::strategies().iter().find(|it| it.kind == kind).unwrap();
    let setup = Setup { integration: integration.clone(), settings: object(settings) };
    Opened((kind.open)(&setup, &secrets()).unwrap())
}

/// Somebody.
pub(crate) fn user(mail: &str) -> User {
    User::new(UserId::of_mail(mail).unwrap())
}

pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// A strategy behind its port, as the kit takes it.
#[derive(Debug)]
pub(crate) struct Opened(pub(crate) Arc<dyn Strategy>);

mod forward {
    use async_trait::async_trait;
    use countersign::flow::HandlerError;
    use countersign::model::{Event, Target, User};
    use countersign::strategy::{Strategy, StrategyContext};
    use serde_json::Value;

    use super::Opened;

    #[async_trait]
    impl Strategy for Opened {
        async fn escalate(
            &self,
            target: &Target,
            event: &Event,
            cx: &StrategyContext<'_>,
        ) -> Result<Option<Value>, HandlerError> {
            self.0.escalate(target, event, cx).await
        }

        async fn deescalate(
            &self,
            target: &Target,
            event: &Event,
            cx: &StrategyContext<'_>,
        ) -> Result<Option<Value>, HandlerError> {
            self.0.deescalate(target, event, cx).await
        }

        async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
            self.0.fetch_remote_identity(user).await
        }

        async fn is_granted(
            &self,
            target: &Target,
            event: &Event,
            cx: &StrategyContext<'_>,
        ) -> Result<Option<bool>, HandlerError> {
            self.0.is_granted(target, event, cx).await
        }
    }
}

/// Has a vendor misbehave at the next change, or behave again. Returns whether it can.
pub(crate) fn misbehave(house: &House, mishap: Mishap) -> bool {
    match trouble(mishap) {
        Some(trouble) => house.expect_change(trouble),
        None => house.recover(),
    }
    true
}

/// How a vendor misbehaves: it refuses a change, or does it and loses the answer.
pub(crate) fn trouble(mishap: Mishap) -> Option<Trouble> {
    match mishap {
        Mishap::None => None,
        Mishap::FailsAfterwards => Some(Trouble::DoneButFails),
        Mishap::Busy => Some(Trouble::Busy(0)),
        Mishap::Hangs => Some(Trouble::Hangs),
        Mishap::Fails | Mishap::FailsForGood | Mishap::LandsLate(_) | Mishap::Panics => {
            Some(Trouble::Answers(403, "{}".to_owned()))
        }
    }
}
