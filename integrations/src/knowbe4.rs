//! KnowBe4: which trainings somebody has done.
//!
//! Source: <https://developer.knowbe4.com/rest/reporting>. It finds nobody by a mail address, so its
//! users are read through, and kept for an hour: it takes 2,000 calls a day.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Enrollment, ServiceError, SystemCall};
use countersign::flow::HandlerError;
use countersign::model::Integration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api::Api;
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;
use crate::systems::{self, System};

/// So many pages of 500 are read of any list.
const MOST_PAGES: u32 = 100;

/// So long are users kept.
const KEPT: Duration = Duration::from_hours(1);

/// The ids of users by their mail addresses.
type Users = BTreeMap<String, Vec<u64>>;

/// An account at KnowBe4.
#[derive(Debug)]
struct KnowBe4 {
    api: Api,
    secrets: Secrets,
    token: SecretRef,
    users: Mutex<Option<(Instant, Users)>>,
}

/// The account of an integration, for flows.
pub(crate) fn asked(
    integration: &Integration,
    secrets: &Secrets,
) -> Result<Option<Arc<dyn System>>, HandlerError> {
    let settings = Reader::integration(integration).only(&["region", "token", "url"])?;
    let Some(token) = settings.optional_secret("token")? else { return Ok(None) };
    let region = settings.word("region", &["us", "eu", "ca", "uk", "de"])?;
    let own = format!("https://{region}.api.knowbe4.com");
    let api = Api::new("knowbe4", settings.optional("url")?.unwrap_or(&own))?;
    Ok(Some(Arc::new(KnowBe4 { api, secrets: secrets.clone(), token, users: Mutex::default() })))
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    email: String,
}

#[derive(Deserialize)]
struct Enrolled {
    module_name: String,
    #[serde(default)]
    campaign_name: Option<String>,
    status: String,
    #[serde(default)]
    completion_date: Option<String>,
}

#[derive(Deserialize)]
struct Of {
    email: String,
}

#[async_trait]
impl System for KnowBe4 {
    async fn call(&self, call: &SystemCall) -> Result<Value, ServiceError> {
        match call.operation.as_str() {
            "enrollments" => {
                let Of { email } = systems::input(call)?;
                Ok(json!(self.enrollments(&email).await?))
            }
            _ => Err(systems::no_operation(call)),
        }
    }
}

impl KnowBe4 {
    async fn enrollments(&self, mail: &str) -> Result<Vec<Enrollment>, ServiceError> {
        let Some(id) = self.id(mail).await? else { return Ok(Vec::new()) };
        let path = ["v1", "training", "enrollments"];
        let found: Vec<Enrolled> =
            self.list("getTrainingEnrollments", &path, ("user_id", &id.to_string())).await?;
        Ok(found
            .into_iter()
            .map(|it| Enrollment {
                module: it.module_name,
                campaign: it.campaign_name,
                status: it.status,
                completed: it.completion_date,
            })
            .collect())
    }

    /// The id of the active user with this mail address.
    async fn id(&self, mail: &str) -> Result<Option<u64>, ServiceError> {
        let mut kept = self.users.lock().await;
        let users = match &*kept {
            Some((read, users)) if read.elapsed() < KEPT && users.contains_key(mail) => users,
            // Whoever is new is not among those that are kept.
            _ => {
                let all: Vec<Listed> =
                    self.list("getUsers", &["v1", "users"], ("status", "active")).await?;
                let mut users = Users::new();
                for user in all {
                    users.entry(user.email.to_lowercase()).or_default().push(user.id);
                }
                &kept.insert((Instant::now(), users)).1
            }
        };
        match users.get(mail).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([id]) => Ok(Some(*id)),
            Some([..]) => {
                let what = format!("more than one active user has the address `{mail}`");
                Err(ServiceError::lasting("knowbe4", what, "archive all but one of them there"))
            }
        }
    }

    async fn list<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &[&str],
        filter: (&str, &str),
    ) -> Result<Vec<T>, ServiceError> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let page = page.to_string();
            let query = [filter, ("per_page", "500"), ("page", page.as_str())];
            let call = self.api.with_secret::<Vec<T>>(&self.secrets, &self.token, |api, token| {
                api.get(name, path).bearer(token).query(&query)
            });
            let found = call.await?.body;
            let is_last = found.len() < 500;
            all.extend(found);
            if is_last {
                return Ok(all);
            }
        }
        Err(ServiceError::lasting(
            "knowbe4",
            format!("{name}: there are more than {} items", all.len()),
            "tell Countersign's developers",
        ))
    }
}
