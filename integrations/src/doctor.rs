//! Whether a system can be asked with what its integration says: by asking it for somebody whom nobody is.
//! Nothing is changed, and the request needs what all others of its sort need.

use countersign::context::{ServiceError, SystemCall};
use countersign::flow::HandlerError;
use countersign::model::{Integration, Object, User, UserId};
use countersign::strategy::Setup;
use serde_json::json;

use crate::secret::Secrets;
use crate::systems::service_error;

/// Whose address this is, is nowhere. Source: RFC 2606, 2.
const NOBODY: &str = "countersign-doctor@nobody.invalid";

/// Asks the system of an integration; `None` where there is nobody to be asked: the type has no system,
/// or the integration no secret.
pub async fn ask(integration: &Integration, secrets: &Secrets) -> Option<Result<(), ServiceError>> {
    match integration.kind.as_str() {
        "okta" => okta(integration, secrets).await.transpose(),
        "pagerduty" => pagerduty(integration, secrets).await.transpose(),
        "jira" => {
            let jql = json!({ "jql": "labels = \"countersign-doctor\"" });
            Some(asked(integration, secrets, "search", jql).await)
        }
        "knowbe4" => {
            Some(asked(integration, secrets, "enrollments", json!({ "email": NOBODY })).await)
        }
        "smtp" => Some(smtp(integration, secrets).await),
        // One without a secret is answered for by nobody.
        "github" if !integration.settings.contains_key("private_key") => None,
        kind => {
            // A function of one's own is asked for nothing but its work.
            let mut strategies = crate::strategies().iter();
            let strategy =
                strategies.find(|it| it.integration == kind && it.kind != "aws_lambda")?;
            let setup = Setup { integration: integration.clone(), settings: Object::new() };
            Some(by_strategy(strategy.open, &setup, secrets).await)
        }
    }
}

/// What a system granted us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// In its own words.
    pub scopes: Vec<String>,
    /// Where more is granted.
    pub place: String,
}

impl Granted {
    /// What of this was not granted.
    #[must_use]
    pub fn lacks<'a>(&self, needed: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let is_granted = |needed: &str| self.scopes.iter().any(|has| covers(has, needed));
        needed.into_iter().filter(|needed| !is_granted(needed)).collect()
    }
}

/// Whoever may change something may read it.
fn covers(has: &str, needed: &str) -> bool {
    let changes = |what: &str| ["write", "manage", "admin"].map(|level| format!("{what}{level}"));
    has == needed
        || needed.strip_suffix("read").is_some_and(|it| changes(it).iter().any(|it| it == has))
}

/// What the system of an integration granted us; `None` where it does not say.
pub async fn granted(
    integration: &Integration,
    secrets: &Secrets,
) -> Option<Result<Granted, ServiceError>> {
    let granted = match integration.kind.as_str() {
        "github" => match crate::github::GitHub::open(integration, secrets) {
            Ok(Some(github)) => github.granted().await.map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        },
        "okta" => match crate::okta::Okta::open(integration, secrets) {
            Ok(Some(okta)) => okta.granted().await,
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        },
        _ => Ok(None),
    };
    granted.transpose()
}

async fn okta(integration: &Integration, secrets: &Secrets) -> Result<Option<()>, ServiceError> {
    let Some(okta) = crate::okta::Okta::open(integration, secrets)? else { return Ok(None) };
    okta.account_by_mail(NOBODY).await?;
    okta.group_by_id("countersign-doctor").await?;
    Ok(Some(()))
}

async fn pagerduty(
    integration: &Integration,
    secrets: &Secrets,
) -> Result<Option<()>, ServiceError> {
    let found = crate::pagerduty::PagerDuty::open(integration, secrets)?;
    let Some(pagerduty) = found else { return Ok(None) };
    pagerduty.user_by_mail(NOBODY).await?;
    Ok(Some(()))
}

async fn smtp(integration: &Integration, secrets: &Secrets) -> Result<(), ServiceError> {
    crate::mail::Mail::open(integration, secrets)?.greets().await
}

/// A system that flows ask.
async fn asked(
    integration: &Integration,
    secrets: &Secrets,
    operation: &str,
    input: serde_json::Value,
) -> Result<(), ServiceError> {
    let systems = crate::Systems::new(vec![integration.clone()], secrets.clone());
    let call = SystemCall {
        system: integration.kind.clone(),
        integration: None,
        operation: operation.to_owned(),
        input,
        key: "countersign-doctor".to_owned(),
    };
    systems.call(&call).await.map(drop)
}

/// A system that access is given in.
async fn by_strategy(
    open: crate::Open,
    setup: &Setup,
    secrets: &Secrets,
) -> Result<(), ServiceError> {
    let wrong = |error: &HandlerError| service_error(&setup.integration.kind, error);
    let nobody = UserId::of_mail(NOBODY).map_err(|error| {
        ServiceError::lasting("doctor", error.to_string(), "tell the developers")
    })?;
    let strategy = open(setup, secrets).map_err(|error| wrong(&error))?;
    let found = strategy.fetch_remote_identity(&User::new(nobody)).await;
    found.map(drop).map_err(|error| wrong(&error))
}
