//! A function of one's own, in whatever account: as a strategy, and asked by a flow.
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use countersign::context::{ServiceError, SystemCall};
use countersign::flow::HandlerError;
use countersign::model::{Event, Integration, Step, Target, User};
use countersign::strategy::{Strategy, StrategyContext};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::account::Account;
use super::trouble::{failed, wrong_shape};
use crate::secret::Secrets;
use crate::setting::Reader;
use crate::strategies::{Right, StrategyKind};
use crate::systems::{self, System};

/// The version of what is sent; it changes only when a function would have to.
const VERSION: u32 = 1;

/// A strategy's call has 20 seconds.
const LONGEST: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 15 });

/// So much of what a function says about its errors is passed on.
const MOST_SAID: usize = 1_000;

const INVOKE: &str = "lambda:InvokeFunction";

/// `aws_lambda`: a function gives access and takes it away.
pub(crate) const LAMBDA: StrategyKind = StrategyKind {
    kind: "aws_lambda",
    integration: "aws",
    rights: &[Right { actions: &[INVOKE, "sts:AssumeRole"] }],
    scopes: &[],
    open: |setup, secrets| {
        let settings = Reader::strategy(&setup.settings);
        let settings = settings.only(&["function", "can_look", "identity", "ends_sessions"])?;
        Ok(Arc::new(ByFunction {
            functions: Functions::open(&setup.integration, secrets)?,
            function: settings.optional("function")?.map(str::to_owned),
            can_look: settings.flag("can_look")?,
            asks_identity: settings.word("identity", &["email", "function"])? == "function",
            ends_sessions: settings
                .flag("ends_sessions")?
                .then_some("the function ends open sessions, too"),
        }))
    },
};

/// The functions of an account.
#[derive(Debug)]
pub(crate) struct Functions {
    account: Account,
}

impl Functions {
    pub(crate) fn open(integration: &Integration, secrets: &Secrets) -> Result<Self, HandlerError> {
        Ok(Self { account: Account::open(integration, secrets, &[])? })
    }

    /// Invokes a function, waits for it, and returns what it answers.
    ///
    /// # Errors
    ///
    /// If it did not run to its end, or nobody knows.
    pub(crate) async fn invoke(
        &self,
        session: &str,
        function: &str,
        input: &Value,
    ) -> Result<Value, HandlerError> {
        let config = self.account.enter(session).await?;
        // Whoever asks repeats the whole; the SDK does not by itself what may have been done.
        let config = config
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(LONGEST).build())
            .build();
        let asked = Client::new(&config)
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::RequestResponse)
            .payload(Blob::new(input.to_string()))
            .send()
            .await;
        let answer = asked.map_err(|error| failed(INVOKE, &error))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if let Some(kind) = answer.function_error {
            let said: Value = serde_json::from_slice(&payload).unwrap_or_default();
            let message =
                said.get("errorMessage").and_then(Value::as_str).unwrap_or("it does not say why");
            let what = format!("the function `{function}` failed ({kind}): {}", cut(message));
            return Err(HandlerError::new("Lambda:FAILED", what));
        }
        if answer.status_code != 200 {
            return Err(
                wrong_shape(INVOKE, &format!("its status is {}", answer.status_code)).into()
            );
        }
        serde_json::from_slice(&payload).map_err(|error| {
            HandlerError::new(
                "Lambda:WRONG_SHAPE",
                format!("the function `{function}` answers no JSON: {error}"),
            )
        })
    }
}

/// What a function answers to a strategy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    /// Present, though perhaps `null`.
    body: Value,
    errors: Vec<String>,
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

#[derive(Debug)]
struct ByFunction {
    functions: Functions,
    function: Option<String>,
    can_look: bool,
    asks_identity: bool,
    ends_sessions: Option<&'static str>,
}

impl ByFunction {
    async fn send(
        &self,
        action: &str,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        // An identity in this integration is a user of IAM, unless the function says who is who.
        let identity = if self.asks_identity {
            cx.get_requester_identity().await?
        } else {
            event.requester().id.to_string()
        };
        let function = match Reader::target(target).optional("function")? {
            Some(function) => function,
            None => self.function()?,
        };
        let output: Option<Value> = event.run().step_output(Step::Escalate)?;
        let integration = cx.integration();
        let input = json!({
            "version": VERSION,
            "action": action,
            "idempotency_key": cx.cx().idempotency_key(),
            "run": event.run().id,
            "flow": event.flow().name,
            "integration": { "name": integration.name, "type": integration.kind, "external_id": integration.external_id },
            "target": { "name": target.name, "kind": target.kind, "label": target.label, "settings": target.settings },
            "requester": person(event.requester()),
            "identity": identity,
            "reason": event.reason(),
            "duration": event.duration(),
            "output": output,
        });
        self.ask(event.run().id.as_str(), function, &input).await
    }

    fn function(&self) -> Result<&str, HandlerError> {
        self.function.as_deref().ok_or_else(|| {
            HandlerError::new(
                "Strategy:SETTINGS",
                "neither the target nor its strategy has the setting `function`",
            )
            .with_hint("write the function's ARN")
            .final_()
        })
    }

    async fn ask(
        &self,
        session: &str,
        function: &str,
        input: &Value,
    ) -> Result<Option<Value>, HandlerError> {
        let answer = self.functions.invoke(session, function, input).await?;
        let wrong = |why: &str| {
            let what = format!(
                "the answer of the function `{function}` is not of the agreed shape, `{{\"body\": {{..}} or null, \"errors\": [..]}}`: {why}"
            );
            HandlerError::new("Lambda:WRONG_SHAPE", what)
        };
        let Shape { body, errors } =
            Shape::deserialize(answer).map_err(|error| wrong(&error.to_string()))?;
        if !errors.is_empty() {
            return Err(HandlerError::new("Lambda:FAILED", cut(&errors.join("; "))));
        }
        match body {
            Value::Null => Ok(None),
            body @ Value::Object(_) => Ok(Some(body)),
            _ => Err(wrong("its `body` is no object")),
        }
    }
}

#[async_trait]
impl Strategy for ByFunction {
    fn never_blocks(&self) -> bool {
        true
    }

    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.send("escalate", target, event, cx).await
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        self.send("deescalate", target, event, cx).await
    }

    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
        if !self.asks_identity {
            return Ok(Some(user.id.to_string()));
        }
        let input = json!({ "version": VERSION, "action": "identity", "requester": person(user) });
        let found = self.ask("countersign-identity", self.function()?, &input).await?;
        Ok(found.map(body_as::<Named>).transpose()?.map(|found| found.identity))
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
        let seen = self.send("is_granted", target, event, cx).await?;
        body_as::<Granted>(seen.unwrap_or_default()).map(|seen| Some(seen.granted))
    }

    fn ends_sessions(&self) -> Option<&'static str> {
        self.ends_sessions
    }
}

fn body_as<T: DeserializeOwned>(body: Value) -> Result<T, HandlerError> {
    T::deserialize(body).map_err(|error| {
        HandlerError::new(
            "Lambda:WRONG_SHAPE",
            format!("the function's `body` is not what the action calls for: {error}"),
        )
    })
}

fn person(user: &User) -> Value {
    json!({ "username": user.username(), "email": user.email(), "name": user.name })
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_SAID).collect()
}

/// The functions of an integration's account, for flows. Without settings of its own, the account is
/// that of the machine's own credentials.
pub(crate) fn asked(
    integration: &Integration,
    secrets: &Secrets,
) -> Result<Option<Arc<dyn System>>, HandlerError> {
    Ok(Some(Arc::new(Functions::open(integration, secrets)?)))
}

#[derive(Deserialize)]
struct Invocation {
    function: String,
    payload: Value,
}

#[async_trait]
impl System for Functions {
    async fn call(&self, call: &SystemCall) -> Result<Value, ServiceError> {
        if call.operation != "invoke" {
            return Err(systems::no_operation(call));
        }
        let Invocation { function, payload } = systems::input(call)?;
        // The key begins with the run.
        let session: String = call.key.chars().take_while(char::is_ascii_alphanumeric).collect();
        let session = format!("countersign-{}", session.chars().take(40).collect::<String>());
        let asked = self.invoke(&session, &function, &payload).await;
        asked.map_err(|error| systems::service_error("aws_lambda", &error))
    }
}
