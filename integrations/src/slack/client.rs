//! Slack's Web API. Source: <https://docs.slack.dev/apis/web-api/>.

use std::time::Duration;

use countersign::context::ServiceError;
use countersign::model::Integration;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::conversations::Channels;
use super::looks::Looks;
use super::people::Profiles;
use crate::api::{Api, Refusal};
use crate::secret::{SecretRef, Secrets};

/// A workspace, as the bot of our app sees it.
#[derive(Debug, Clone)]
pub struct Slack {
    api: Api,
    secrets: Secrets,
    bot_token: SecretRef,
    team: String,
    pub(super) channels: Channels,
    pub(super) profiles: Profiles,
    pub(super) looks: Looks,
}

/// Whose a bot token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The workspace's id.
    pub team: String,
    /// Its organization's, if it is in one.
    pub organization: Option<String>,
    /// What the workspace is called.
    pub name: Option<String>,
    /// The bot's id.
    pub bot: Option<String>,
    /// What the token is good for.
    pub scopes: Vec<String>,
}

/// Slack did not do something.
#[derive(Debug, Clone)]
pub struct SlackError {
    /// Slack's own code, such as `channel_not_found`, if it answered, or the one that it would have used.
    pub code: Option<String>,
    /// How long it asks to be left alone, if it does.
    pub retry_after: Option<Duration>,
    /// The same for people.
    pub error: ServiceError,
}

impl SlackError {
    /// Whether Slack answered so.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// What is asked for is not there, or is not one thing.
    pub(super) fn lasting(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        let error = ServiceError::lasting("slack", what, hint);
        Self { code: Some(code.to_owned()), retry_after: None, error }
    }
}

impl From<SlackError> for ServiceError {
    fn from(error: SlackError) -> Self {
        error.error
    }
}

impl From<Refusal> for SlackError {
    fn from(refusal: Refusal) -> Self {
        Self { code: None, retry_after: refusal.retry_after, error: refusal.error }
    }
}

impl Slack {
    /// The workspace of an integration; `None` if it has no `bot_token`, so that nobody is called.
    ///
    /// # Errors
    ///
    /// If its settings are wrong.
    pub fn open(
        integration: &Integration,
        secrets: &Secrets,
    ) -> Result<Option<Self>, ServiceError> {
        let Some(token) = integration.settings.get("bot_token") else { return Ok(None) };
        let wrong = |what: &str| {
            let hint = format!("mend the settings of the integration `{}`", integration.name);
            ServiceError::lasting("slack", what, hint)
        };
        let bot_token =
            SecretRef::of(token).ok_or_else(|| wrong("`bot_token` is no reference to a secret"))?;
        let url = match integration.settings.get("url") {
            None => "https://slack.com/api/",
            Some(Value::String(url)) => url,
            Some(_) => return Err(wrong("`url` is no text")),
        };
        let (api, secrets) = (Api::new("slack", url)?, secrets.clone());
        let (channels, profiles, looks) =
            (Channels::default(), Profiles::default(), Looks::default());
        let team = integration.external_id.clone();
        Ok(Some(Self { api, secrets, bot_token, team, channels, profiles, looks }))
    }

    /// The workspace's id: `T..`, or `E..` of an organization.
    #[must_use]
    pub fn team(&self) -> &str {
        &self.team
    }

    /// Calls a method with these arguments, the members of an object. Slack takes every method's arguments as a form, with
    /// JSON in those that are no text.
    ///
    /// # Errors
    ///
    /// If Slack did not do it, or nobody knows.
    pub async fn call(&self, method: &'static str, arguments: &Value) -> Result<Value, SlackError> {
        self.call_by(&self.bot_token, method, arguments).await
    }

    /// Calls a method with another token than the bot's.
    ///
    /// # Errors
    ///
    /// If Slack did not do it, or nobody knows.
    pub async fn call_by(
        &self,
        token: &SecretRef,
        method: &'static str,
        arguments: &Value,
    ) -> Result<Value, SlackError> {
        let form: Vec<(&str, String)> = arguments
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| match value {
                Value::String(text) => (name.as_str(), text.clone()),
                other => (name.as_str(), other.to_string()),
            })
            .collect();
        let call = self.api.with_secret::<Value>(&self.secrets, token, |api, token| {
            api.post(method, &[method]).bearer(token).form(&form)
        });
        let answer = call.await?.body;
        match answer.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(answer),
            Some(false) => Err(self.refused(method, &answer)),
            None => Err(Refusal::unanswered(self.api.wrong_shape(method, "it has no `ok`")).into()),
        }
    }

    /// Whose token it is, and what it is good for.
    ///
    /// # Errors
    ///
    /// If Slack does not take the token, or nobody knows.
    pub async fn standing(&self) -> Result<Standing, SlackError> {
        let method = "auth.test";
        let call = self.api.with_secret::<Value>(&self.secrets, &self.bot_token, |api, token| {
            api.post(method, &[method]).bearer(token).idempotent()
        });
        let answer = call.await?;
        if answer.body.get("ok").and_then(Value::as_bool) != Some(true) {
            return Err(self.refused(method, &answer.body));
        }
        let text = |name: &str| answer.body.get(name).and_then(Value::as_str).map(str::to_owned);
        let team =
            text("team_id").ok_or_else(|| self.wrong_shape(method, "it has no `team_id`"))?;
        let scopes = answer.headers.get("x-oauth-scopes").and_then(|it| it.to_str().ok());
        let scopes = scopes.unwrap_or_default().split(',').map(str::trim);
        let scopes = scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        let (organization, name, bot) = (text("enterprise_id"), text("team"), text("bot_id"));
        Ok(Standing { team, organization, name, bot, scopes })
    }

    /// Calls a method, and reads its answer as what it should be.
    ///
    /// # Errors
    ///
    /// Like [`call`](Self::call); and if the answer is something else, with the place where it is.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        arguments: &Value,
    ) -> Result<T, SlackError> {
        let answer = self.call(method, arguments).await?;
        serde_path_to_error::deserialize(answer).map_err(|error| {
            let what = format!("at `{}`: {}", error.path(), error.inner());
            self.wrong_shape(method, &what)
        })
    }

    pub(super) fn wrong_shape(&self, method: &str, what: &str) -> SlackError {
        Refusal::unanswered(self.api.wrong_shape(method, what)).into()
    }

    fn refused(&self, method: &str, answer: &Value) -> SlackError {
        let code = answer.get("error").and_then(Value::as_str).unwrap_or("unknown_error");
        let what = format!("{method} answers {code}");
        let passes = matches!(
            code,
            "ratelimited"
                | "internal_error"
                | "fatal_error"
                | "service_unavailable"
                | "request_timeout"
                | "team_added_to_org"
        );
        let error = if passes {
            ServiceError::passing(self.api.system(), what)
        } else {
            ServiceError::lasting(self.api.system(), what, hint(code, answer))
        };
        SlackError { code: Some(code.to_owned()), retry_after: None, error }
    }
}

fn hint(code: &str, answer: &Value) -> String {
    let needed = answer.get("needed").and_then(Value::as_str).unwrap_or_default();
    match code {
        "missing_scope" => format!(
            "add the scope `{needed}` under OAuth & Permissions of the Slack app, and install it again"
        ),
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "look at the `bot_token` of the Slack integration: Slack does not take it".to_owned()
        }
        "not_in_channel" | "channel_not_found" => {
            "look at the channel's name, and invite the app to it".to_owned()
        }
        code => format!(
            "see the errors of the method at https://docs.slack.dev/reference/methods: {code}"
        ),
    }
}
