//! A strategy that calls one's own endpoint, signed.
//!
//! `docs/strategies.md` has the contract of the endpoint. What is here only translates: it keeps
//! nothing, and it believes nothing but an answer of the agreed shape.

mod answer;
mod call;
mod config;

use async_trait::async_trait;
use countersign::flow::HandlerError;
use countersign::model::{Event, Step, Target, User};
use countersign::strategy::{Setup, Strategy, StrategyContext};
use countersign_integrations::Secrets;
use serde::Deserialize;
use serde_json::{Value, json};

use answer::Tone;
use call::{Endpoint, Message};

/// The version of what is sent; it changes only when an endpoint would have to.
const VERSION: u32 = 1;

/// A strategy that calls one's own endpoint.
#[derive(Debug)]
pub struct Http {
    endpoint: Endpoint,
    can_look: bool,
    identity: config::IdentityFrom,
    ends_sessions: Option<&'static str>,
}

/// The answer to `is_granted`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    granted: bool,
}

/// The answer to `identity`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    identity: String,
}

impl Http {
    /// The type of such strategies in the settings.
    pub const TYPE: &'static str = "http";

    /// Opens it with its settings.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings.
    pub fn open(setup: &Setup, secrets: Secrets) -> Result<Self, HandlerError> {
        let config = config::Config::read(&setup.settings)?;
        Ok(Self {
            can_look: config.can_look,
            identity: config.identity,
            ends_sessions: config.ends_sessions.then_some("the endpoint ends open sessions, too"),
            endpoint: Endpoint::new(config, secrets)?,
        })
    }

    async fn send(
        &self,
        action: &str,
        id: String,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
        tone: Tone,
    ) -> Result<Option<Value>, HandlerError> {
        let identity = match cx.get_requester_identity().await {
            // What was given to somebody whose name is gone has to be taken away all the same.
            Err(error) if action == "deescalate" && error.code() == "Identity:NOT_FOUND" => None,
            identity => Some(identity?),
        };
        let output: Option<Value> = event.run().step_output(Step::Escalate)?;
        let requester = event.requester();
        let integration = cx.integration();
        let body = json!({
            "version": VERSION,
            "action": action,
            "idempotency_key": id,
            "run": event.run().id,
            "flow": event.flow().name,
            "integration": { "name": integration.name, "type": integration.kind, "external_id": integration.external_id },
            "target": { "name": target.name, "kind": target.kind, "label": target.label, "settings": target.settings },
            "requester": person(requester),
            "identity": identity,
            "reason": event.reason(),
            "duration": event.duration(),
            "output": output,
        });
        self.endpoint.post(Message { action, id, body }, tone).await
    }
}

#[async_trait]
impl Strategy for Http {
    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let id = cx.cx().idempotency_key().to_owned();
        self.send("escalate", id, target, event, cx, Tone::MayBeFinal).await
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let id = cx.cx().idempotency_key().to_owned();
        self.send("deescalate", id, target, event, cx, Tone::NeverFinal).await
    }

    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
        if self.identity == config::IdentityFrom::Email {
            return Ok(Some(user.id.to_string()));
        }
        let id = format!("identity-{}", crate::webhooks::name_of(user.username()));
        let body = json!({
            "version": VERSION,
            "action": "identity",
            "idempotency_key": id,
            "requester": person(user),
        });
        let message = Message { action: "identity", id, body };
        let found = self.endpoint.post(message, Tone::MayBeFinal).await?;
        let found = found.map(answer::body_as::<Named>).transpose()?;
        Ok(found.map(|found| found.identity))
    }

    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        if !self.can_look {
            return Ok(None);
        }
        // It is no change and has an id of its own, although it belongs to one.
        let id = format!("{}/is_granted", cx.cx().idempotency_key());
        let seen = self.send("is_granted", id, target, event, cx, Tone::NeverFinal).await?;
        let seen = answer::body_as::<Granted>(seen.unwrap_or(Value::Null))?;
        Ok(Some(seen.granted))
    }

    fn ends_sessions(&self) -> Option<&'static str> {
        self.ends_sessions
    }
}

fn person(user: &User) -> Value {
    json!({ "username": user.username(), "email": user.email(), "name": user.name })
}

#[cfg(test)]
mod tests;
