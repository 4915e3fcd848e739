//! One account at `PagerDuty`, spoken to over its API.

use countersign::context::{Secret, ServiceError};
use countersign::model::Integration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::{Answer, Api, Call, Refusal};
use crate::secret::{SecretRef, Secrets};

/// The largest page that is given.
const PAGE: usize = 100;

/// `PagerDuty` pages no further than ten thousand.
/// Source: <https://developer.pagerduty.com/docs/rest-api-pagination>.
const MOST_PAGES: usize = 100;

/// One account at `PagerDuty`.
#[derive(Debug, Clone)]
pub struct PagerDuty {
    pub(super) api: Api,
    secrets: Secrets,
    token: SecretRef,
}

/// The settings of an integration of type `pagerduty`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    token: Option<SecretRef>,
    #[serde(default)]
    region: Region,
    url: Option<String>,
}

/// Where an account is kept.
/// Source: <https://support.pagerduty.com/main/docs/service-regions>.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Region {
    #[default]
    Us,
    Eu,
}

/// Something with a name.
#[derive(Debug, Deserialize)]
struct Named {
    id: String,
    name: String,
}

impl PagerDuty {
    /// The account of an integration; `None` if it has no `token`, so that nobody is called.
    ///
    /// # Errors
    ///
    /// If its settings are wrong.
    pub fn open(
        integration: &Integration,
        secrets: &Secrets,
    ) -> Result<Option<Self>, ServiceError> {
        let settings = Settings::deserialize(Value::Object(integration.settings.clone()));
        let settings = settings.map_err(|error| {
            let hint = format!("mend the settings of the integration `{}`", integration.name);
            ServiceError::lasting("pagerduty", error.to_string(), hint)
        })?;
        let Some(token) = settings.token else { return Ok(None) };
        let vendor = match settings.region {
            Region::Us => "https://api.pagerduty.com/",
            Region::Eu => "https://api.eu.pagerduty.com/",
        };
        let api = Api::new("pagerduty", settings.url.as_deref().unwrap_or(vendor))?;
        Ok(Some(Self { api, secrets: secrets.clone(), token }))
    }

    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        call: impl for<'a> Fn(&'a Api) -> Call<'a>,
    ) -> Result<Answer<T>, Refusal> {
        let made = self.api.with_secret(&self.secrets, &self.token, |api, token: &Secret| {
            call(api)
                .header("authorization", &format!("Token token={}", token.expose()))
                .header("accept", "application/vnd.pagerduty+json;version=2")
                .header("content-type", "application/json")
        });
        made.await
    }

    /// Reads all pages of a list, which the answer keeps under `key`.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        name: &'static str,
        key: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, ServiceError> {
        let mut all: Vec<T> = Vec::new();
        let limit = PAGE.to_string();
        for page in 0..MOST_PAGES {
            let offset = page.saturating_mul(PAGE).to_string();
            let paging = [("limit", limit.as_str()), ("offset", offset.as_str())];
            let mut answer: Answer<Map<String, Value>> =
                self.send(|api| api.get(name, &[key]).query(&query).query(&paging)).await?;
            let wrong = |what: String| self.api.wrong_shape(name, what);
            let items = answer.body.remove(key);
            let items = items.ok_or_else(|| wrong(format!("it has no `{key}`")))?;
            let items: Vec<T> = serde_path_to_error::deserialize(items)
                .map_err(|error| wrong(format!("at `{key}{}`: {}", error.path(), error.inner())))?;
            all.extend(items);
            match answer.body.get("more") {
                Some(Value::Bool(false)) => return Ok(all),
                Some(Value::Bool(true)) => answer.rest(&self.api, name).await?,
                _ => return Err(wrong("it does not say whether there is `more`".to_owned())),
            }
        }
        let what = format!("{name} has more than {MOST_PAGES} pages, which is more than is read");
        Err(ServiceError::lasting("pagerduty", what, "name something that has fewer"))
    }

    /// The id of a schedule, policy or service, by its name, exactly as written, or its id.
    pub(super) async fn id_of(&self, kind: &Kind, name: &str) -> Result<String, ServiceError> {
        if is_id(name) {
            let path = [kind.key, name];
            match self.send::<Value>(|api| api.get(kind.show, &path)).await {
                Ok(_) => return Ok(name.to_owned()),
                Err(refusal) if refusal.is_not_found() => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        let found: Vec<Named> = self.list(kind.list, kind.key, &[("query", name)]).await?;
        let ids = found.iter().filter(|one| one.name == name).map(|one| one.id.as_str());
        let called = kind.called;
        match ids.collect::<Vec<_>>().as_slice() {
            [id] => Ok((*id).to_owned()),
            [] => {
                let hint = match found.first() {
                    Some(one) => format!("is it `{}`?", one.name),
                    None => "look at its name at PagerDuty, or write its id".to_owned(),
                };
                let what = format!("there is no {called} `{name}`");
                Err(ServiceError::lasting("pagerduty", what, hint))
            }
            several => {
                let what = format!("several are the {called} `{name}`: {}", several.join(", "));
                let hint = "write the id of the one that is meant";
                Err(ServiceError::lasting("pagerduty", what, hint))
            }
        }
    }
}

/// A kind of things with names.
pub(super) struct Kind {
    /// What it is called in an error.
    called: &'static str,
    /// Where its list is, in the path and in the answer.
    key: &'static str,
    /// What the reference calls the operation that lists them.
    list: &'static str,
    /// What it calls the one that shows one of them.
    show: &'static str,
}

pub(super) const SCHEDULE: Kind =
    Kind { called: "schedule", key: "schedules", list: "listSchedules", show: "getSchedule" };

pub(super) const POLICY: Kind = Kind {
    called: "escalation policy",
    key: "escalation_policies",
    list: "listEscalationPolicies",
    show: "getEscalationPolicy",
};

pub(super) const SERVICE: Kind =
    Kind { called: "service", key: "services", list: "listServices", show: "getService" };

/// Whether a text has the form of `PagerDuty`'s ids: `PIJ90N7`, and longer ones in newer accounts.
fn is_id(text: &str) -> bool {
    (7..=14).contains(&text.len())
        && text.starts_with(['P', 'Q'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
