//! GitHub's API, as an app that an organization installed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Secret, ServiceError};
use countersign::flow::HandlerError;
use countersign::model::{Integration, Timestamp};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::{Api, Refusal};
use crate::doctor::Granted;
use crate::jwt;
use crate::pass::{Kept, Passes, with_pass};
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;

/// So many pages of a hundred are read of any list.
const MOST_PAGES: u32 = 50;

/// An organization, as an app sees it that is installed there.
#[derive(Debug, Clone)]
pub struct GitHub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api: Api,
    secrets: Secrets,
    organization: String,
    app: String,
    installation: Option<String>,
    key: SecretRef,
    kept: Kept,
}

/// A token of an installation, as GitHub gives it.
#[derive(Debug, Deserialize)]
struct Given {
    token: String,
    expires_at: Timestamp,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Installation {
    id: u64,
}

/// An account.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Account {
    pub(super) id: u64,
    pub(super) login: String,
}

/// What GraphQL answers.
#[derive(Debug, Deserialize)]
struct Answered<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Value>,
}

impl GitHub {
    /// The organization of an integration; `None` if it has no `private_key`, so that nobody is called.
    ///
    /// # Errors
    ///
    /// If its settings are wrong.
    pub fn open(
        integration: &Integration,
        secrets: &Secrets,
    ) -> Result<Option<Self>, ServiceError> {
        let opened = Self::opened(integration, secrets);
        opened.map_err(|error| crate::systems::service_error("github", &error))
    }

    fn opened(integration: &Integration, secrets: &Secrets) -> Result<Option<Self>, HandlerError> {
        let settings = Reader::integration(integration);
        let settings = settings.only(&["app_id", "installation_id", "private_key", "url"])?;
        let Some(key) = settings.optional_secret("private_key")? else { return Ok(None) };
        let api =
            Api::new("github", settings.optional("url")?.unwrap_or("https://api.github.com"))?;
        Ok(Some(Self(Arc::new(Inner {
            api,
            secrets: secrets.clone(),
            organization: integration.external_id.clone(),
            app: settings.text("app_id")?.to_owned(),
            installation: settings.optional("installation_id")?.map(str::to_owned),
            key,
            kept: Kept::default(),
        }))))
    }

    /// The same, for a strategy: it cannot do without.
    pub(super) fn needed(
        integration: &Integration,
        secrets: &Secrets,
    ) -> Result<Self, HandlerError> {
        let opened = Self::opened(integration, secrets)?;
        opened.ok_or_else(|| {
            Reader::integration(integration).wrong("lacks the secret `private_key`: the key of the app that the organization installed")
        })
    }

    /// The organization's name: the integration's `external_id`.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.0.organization
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &[&str],
    ) -> Result<Option<T>, ServiceError> {
        match self.0.call(Method::GET, name, path, None).await {
            Ok(body) => Ok(Some(body)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// All pages of a list; `None` if there is no such list.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Vec<T>>, ServiceError> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let page = page.to_string();
            let query = [query, &[("per_page", "100"), ("page", page.as_str())]].concat();
            let found: Vec<T> =
                match self.0.call(Method::GET, name, path, Some(Body::Query(&query))).await {
                    Ok(found) => found,
                    Err(refusal) if refusal.is_not_found() => return Ok(None),
                    Err(refusal) => return Err(refusal.into()),
                };
            let is_last = found.len() < 100;
            all.extend(found);
            if is_last {
                return Ok(Some(all));
            }
        }
        Err(ServiceError::lasting(
            "github",
            format!("{name}: there are more than {} items", all.len()),
            "ask for less",
        ))
    }

    /// Changes something. Returns what GitHub answers, `null` if nothing.
    pub(super) async fn change(
        &self,
        method: Method,
        name: &'static str,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        self.0.call(method, name, path, body.map(Body::Json)).await
    }

    /// Asks GraphQL.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        name: &'static str,
        query: &str,
        variables: &Value,
    ) -> Result<T, ServiceError> {
        let body = json!({ "query": query, "variables": variables });
        let api = &self.0.api;
        let asked: Answered<T> =
            self.0.call(Method::POST, name, &["graphql"], Some(Body::Json(&body))).await?;
        if let Some(error) = asked.errors.first() {
            let message = error
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or("an error without a message");
            let what = format!("{name} answers: {}", message.chars().take(300).collect::<String>());
            let hint =
                "look whether the app may read members and administration of the organization";
            return Err(ServiceError::lasting("github", what, hint));
        }
        asked.data.ok_or_else(|| api.wrong_shape(name, "it has no `data`"))
    }

    /// What the organization lets the app do, and where it lets it do more.
    pub(crate) async fn granted(&self) -> Result<Granted, ServiceError> {
        let Inner { app, organization, .. } = &*self.0;
        let key = self.0.secrets.read(&self.0.key).await?;
        let permissions = self.0.given(&key).await?.permissions;
        let scopes = permissions.iter().map(|(what, level)| format!("{what}:{level}")).collect();
        let place = format!(
            "under Permissions & events of the app `{app}`, and accept it under GitHub Apps of the organization `{organization}`"
        );
        Ok(Granted { scopes, place })
    }

    pub(super) fn wrong_shape(&self, name: &str, what: &str) -> ServiceError {
        self.0.api.wrong_shape(name, what)
    }

    /// The account of an identity: a number is an account's id, which stays when it is renamed;
    /// anything else is its name. `None` if it was deleted.
    pub(super) async fn account(&self, identity: &str) -> Result<Option<Account>, ServiceError> {
        let is_id = identity.bytes().all(|byte| byte.is_ascii_digit());
        let path: &[&str] = if is_id { &["user", identity] } else { &["users", identity] };
        self.get("users/get", path).await
    }
}

/// What a call carries.
enum Body<'a> {
    Query(&'a [(&'a str, &'a str)]),
    Json(&'a Value),
}

impl Inner {
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        name: &'static str,
        path: &[&str],
        body: Option<Body<'_>>,
    ) -> Result<T, Refusal> {
        let answer = with_pass(self, |inner, pass| {
            let call = versioned(inner.api.call(method.clone(), name, path)).bearer(pass);
            // GraphQL is only asked here.
            let call = if path == ["graphql"] { call.idempotent() } else { call };
            match &body {
                None => call,
                Some(Body::Query(query)) => call.query(query),
                Some(Body::Json(json)) => call.json(json),
            }
        });
        answer.await.map(|answer| answer.body)
    }

    /// What the app shows for itself.
    /// Source: <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.
    fn statement(&self, key: &Secret) -> Result<String, ServiceError> {
        let now = Timestamp::now().as_second();
        let claims = json!({ "iss": self.app, "iat": now.saturating_sub(60), "exp": now.saturating_add(540) });
        jwt::signed("github", key, None, &claims)
    }

    async fn given(&self, key: &Secret) -> Result<Given, Refusal> {
        let statement = Secret::new(self.statement(key).map_err(Refusal::unanswered)?);
        let installation = if let Some(id) = &self.installation {
            id.clone()
        } else {
            let path = ["orgs", &self.organization, "installation"];
            let call = versioned(self.api.get("apps/get-org-installation", &path));
            let found = call.bearer(&statement).send::<Installation>().await;
            found.map_err(|refusal| self.not_installed(refusal))?.body.id.to_string()
        };
        let path = ["app", "installations", &installation, "access_tokens"];
        let call = versioned(self.api.post("apps/create-installation-access-token", &path));
        let given = call.bearer(&statement).idempotent().send().await;
        given.map(|answer| answer.body).map_err(|refusal| self.not_installed(refusal))
    }

    fn not_installed(&self, mut refusal: Refusal) -> Refusal {
        if refusal.is_not_found() {
            refusal.error.hint = Some(format!(
                "install the app `{}` in the organization `{}`, or correct `app_id`",
                self.app, self.organization
            ));
        }
        refusal
    }
}

#[async_trait]
impl Passes for Inner {
    async fn ask(&self) -> Result<(Secret, Duration), ServiceError> {
        let key = self.secrets.read(&self.key).await?;
        let given = match self.given(&key).await {
            // The key may have been changed.
            Err(refusal) if refusal.is_unauthorized() => {
                self.given(&self.secrets.read_again(&self.key).await?).await?
            }
            given => given?,
        };
        let life = given.expires_at.duration_since(Timestamp::now());
        let life = Duration::try_from(life).unwrap_or_default();
        Ok((Secret::new(given.token), life))
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

fn versioned(call: crate::api::Call<'_>) -> crate::api::Call<'_> {
    call.header("accept", "application/vnd.github+json")
        .header("x-github-api-version", "2022-11-28")
}
