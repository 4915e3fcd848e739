//! GitHub: who may do what in a repository, and who is in a team.
//!
//! Source: <https://docs.github.com/en/rest>; the shapes of requests and answers as in
//! `@octokit/openapi` 23.0.2 (`api.github.com`), those of GraphQL as in
//! <https://docs.github.com/en/graphql/reference/objects#externalidentity>.

mod client;
mod people;
mod repository;
mod team;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use countersign::context::{ServiceError, SystemCall};
use countersign::flow::HandlerError;
use countersign::model::Integration;
use serde::Deserialize;
use serde_json::Value;

use crate::secret::Secrets;
use crate::systems::{self, System};

pub use client::GitHub;
pub(crate) use repository::REPOSITORY;
pub(crate) use team::TEAM;

/// The organization of an integration, for flows.
pub(crate) fn asked(
    integration: &Integration,
    secrets: &Secrets,
) -> Result<Option<Arc<dyn System>>, HandlerError> {
    let opened = GitHub::open(integration, secrets)?;
    Ok(opened.map(|github| -> Arc<dyn System> { Arc::new(github) }))
}

#[derive(Deserialize)]
struct Question {
    repository: String,
    role: String,
}

#[async_trait]
impl System for GitHub {
    async fn call(&self, call: &SystemCall) -> Result<Value, ServiceError> {
        match call.operation.as_str() {
            "collaborators" => {
                let Question { repository, role } = systems::input(call)?;
                let people = self.collaborators(&repository, &role).await?;
                Ok(people.into_iter().filter_map(|person| person.email).map(Value::String).collect())
            }
            _ => Err(systems::no_operation(call)),
        }
    }
}
