//! Functions of one's own on AWS Lambda, as a flow sees them.

use serde::Serialize;
use serde_json::{Value, json};

use super::call::Reach;
use crate::context::{Context, ServiceError};

/// Functions of one's own on AWS Lambda, as a flow sees them.
#[derive(Debug, Clone, Copy)]
pub struct AwsLambda<'a>(Reach<'a>);

impl<'a> AwsLambda<'a> {
    pub(in crate::context) const fn new(cx: &'a Context) -> Self {
        Self(Reach::new(cx, "aws"))
    }

    /// Those of the account of the integration of this name, where there are several.
    #[must_use]
    pub const fn of(self, integration: &'a str) -> Self {
        Self(self.0.of(integration))
    }

    /// Asks a function, by its name or ARN, and returns what it answers. For functions that only
    /// look: a hook may be called more than once.
    ///
    /// # Errors
    ///
    /// If the function fails, answers no JSON, or cannot be reached.
    pub async fn ask(
        &self,
        function: &str,
        payload: &impl Serialize,
    ) -> Result<Value, ServiceError> {
        self.0.ask("invoke", json!({ "function": function, "payload": payload })).await
    }

    /// Has a function do something, and returns what it answers. It may be invoked again after a
    /// crash: pass [`idempotency_key`](Context::idempotency_key) on.
    ///
    /// # Errors
    ///
    /// If this is no action, the function fails, answers no JSON, or cannot be reached.
    pub async fn invoke(
        &self,
        function: &str,
        payload: &impl Serialize,
    ) -> Result<Value, ServiceError> {
        self.0.change("invoke", json!({ "function": function, "payload": payload })).await
    }
}
