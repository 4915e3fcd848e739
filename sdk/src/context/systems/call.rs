//! Asking any system for anything, one operation at a time.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::context::{Call, Context, ServiceError, SystemCall};

/// A system as a flow reaches it: the integration of its type, or one of several by its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach<'a> {
    cx: &'a Context,
    system: &'static str,
    integration: Option<&'a str>,
}

impl<'a> Reach<'a> {
    pub(super) const fn new(cx: &'a Context, system: &'static str) -> Self {
        Self { cx, system, integration: None }
    }

    pub(super) const fn of(self, integration: &'a str) -> Self {
        Self { integration: Some(integration), ..self }
    }

    /// Asks for something, and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        input: Value,
    ) -> Result<T, ServiceError> {
        let answer = self.send(operation, input).await?;
        serde_json::from_value(answer).map_err(|error| {
            let what = format!("the answer to {operation} is not what it should be: {error}");
            ServiceError::lasting(self.system, what, "tell Countersign's developers")
        })
    }

    /// Has something done. Only actions may.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        input: Value,
    ) -> Result<T, ServiceError> {
        match self.cx.call() {
            Call::Acting(_) => self.ask(operation, input).await,
            Call::Deciding => Err(ServiceError::lasting(
                self.system,
                format!(
                    "hooks and reducers do not {operation}: they decide, and may be called more than once"
                ),
                "do it in an action, such as `#[action] async fn after_request(..)`",
            )),
        }
    }

    async fn send(&self, operation: &'static str, input: Value) -> Result<Value, ServiceError> {
        // Two calls of one action differ in what they ask; the same one twice is one.
        let key = format!("{}/{}/{operation}/{input}", self.cx.idempotency_key(), self.system);
        let (system, operation) = (self.system.to_owned(), operation.to_owned());
        let integration = self.integration.map(str::to_owned);
        self.cx.services().call(SystemCall { system, integration, operation, input, key }).await
    }
}
