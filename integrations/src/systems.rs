//! What flows ask of other systems: `cx.jira().search(..)` and the like come here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use countersign::context::{ServiceError, SystemCall};
use countersign::flow::HandlerError;
use countersign::model::Integration;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::secret::Secrets;

/// A system that flows can ask.
#[async_trait]
pub(crate) trait System: std::fmt::Debug + Send + Sync {
    /// Carries out a call; what changes something, once per key.
    ///
    /// # Errors
    ///
    /// If it was not done, or nobody knows.
    async fn call(&self, call: &SystemCall) -> Result<Value, ServiceError>;
}

/// Opens the system of an integration; `None` if it has no secret, so that nobody is called.
type Open = fn(&Integration, &Secrets) -> Result<Option<Arc<dyn System>>, HandlerError>;

/// All of them. To add a system, add a line.
const SYSTEMS: &[(&str, Open)] = &[
    ("jira", crate::jira::asked),
    ("knowbe4", crate::knowbe4::asked),
    #[cfg(feature = "aws-lambda")]
    ("aws", crate::aws::asked),
];

/// The types of integrations that flows can ask.
pub fn asked_by_flows() -> impl Iterator<Item = &'static str> {
    SYSTEMS.iter().map(|(kind, _)| *kind)
}

/// The systems that flows ask, opened when they are.
#[derive(Debug)]
pub struct Systems {
    integrations: Vec<Integration>,
    secrets: Secrets,
    opened: Mutex<BTreeMap<String, Arc<dyn System>>>,
}

impl Systems {
    /// Those of these integrations.
    #[must_use]
    pub fn new(integrations: Vec<Integration>, secrets: Secrets) -> Self {
        Self { integrations, secrets, opened: Mutex::default() }
    }

    /// Carries out a call.
    ///
    /// # Errors
    ///
    /// If there is no such system, or it did not do it.
    pub async fn call(&self, call: &SystemCall) -> Result<Value, ServiceError> {
        self.system(call)?.call(call).await
    }

    fn system(&self, call: &SystemCall) -> Result<Arc<dyn System>, ServiceError> {
        let kind = call.system.as_str();
        let lasting = |what: String, hint: &str| Err(ServiceError::lasting(kind, what, hint));
        let Some((_, open)) = SYSTEMS.iter().find(|(known, _)| *known == kind) else {
            let what = "this program cannot ask it".to_owned();
            return lasting(
                what,
                "build the program with the feature for it, such as `aws-lambda`",
            );
        };
        let integration = self.integration(call)?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(system) = opened.get(&integration.name) {
            return Ok(system.clone());
        }
        match open(integration, &self.secrets) {
            Ok(Some(system)) => {
                opened.insert(integration.name.clone(), system.clone());
                Ok(system)
            }
            Ok(None) => lasting(
                format!(
                    "the integration `{}` has no secret, so nobody can be asked",
                    integration.name
                ),
                "add the secret to its settings",
            ),
            Err(error) => Err(service_error(kind, &error)),
        }
    }

    fn integration(&self, call: &SystemCall) -> Result<&Integration, ServiceError> {
        let kind = call.system.as_str();
        let named =
            |it: &&Integration| call.integration.as_ref().is_none_or(|name| it.name == *name);
        let mut found = self.integrations.iter().filter(|it| it.kind == kind).filter(named);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(ServiceError::lasting(
                kind,
                match &call.integration {
                    Some(name) => format!("there is no integration `{name}` of type `{kind}`"),
                    None => format!("there is no integration of type `{kind}`"),
                },
                "add it to the settings, under `[[integrations]]`",
            )),
            (Some(one), Some(other)) => Err(ServiceError::lasting(
                kind,
                format!(
                    "the integrations `{}` and `{}` are both of type `{kind}`",
                    one.name, other.name
                ),
                "say which one is meant, by `.of(\"name\")`",
            )),
        }
    }
}

/// The input of a call, as what the operation takes.
pub(crate) fn input<T: DeserializeOwned>(call: &SystemCall) -> Result<T, ServiceError> {
    serde_json::from_value(call.input.clone()).map_err(|error| {
        let what = format!("{} takes something else: {error}", call.operation);
        ServiceError::lasting(&call.system, what, "call it by `cx`")
    })
}

/// An error of a handler's kind, as a service's.
pub(crate) fn service_error(system: &str, error: &HandlerError) -> ServiceError {
    ServiceError {
        service: system.to_owned(),
        what: error.to_string(),
        retryable: !error.is_terminal(),
        hint: error.hint().map(str::to_owned),
    }
}

/// There is no such operation.
pub(crate) fn no_operation(call: &SystemCall) -> ServiceError {
    let what = format!("there is no operation `{}`", call.operation);
    ServiceError::lasting(&call.system, what, "call it by `cx`")
}
