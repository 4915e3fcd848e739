//! A workspace that people act in, and what is needed to answer them.

use std::sync::Arc;
use std::time::Duration;

use countersign::context::Secret;
use countersign::desk::Desk;
use countersign::model::{Integration, User};
use countersign_integrations::slack::{Slack, SlackError};
use countersign_integrations::{Api, SecretRef, Secrets};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::blocks::notice;
use super::config::Config;
use super::forms::Forms;
use super::opening::Changes;
use super::person::Lately;
use super::reply::ephemeral;

/// So long it takes Slack to show a view.
const SHOWING: Duration = Duration::from_millis(500);

/// When what follows an answer is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// In the background.
    Aside,
    /// Before the answer goes out, which it does so long after what it answers came in at the latest: on
    /// AWS a function stands still after its answer.
    Before(Duration),
}

/// A workspace that people act in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
    /// When what is being attended to has to be done, if there is such a time.
    until: Option<Instant>,
}

#[derive(Debug)]
struct Inner {
    desk: Desk,
    forms: Arc<dyn Forms>,
    slack: Slack,
    config: Config,
    hooks: Api,
    secrets: Secrets,
    people: Vec<User>,
    /// Where the pages are reached from outside.
    url: String,
    later: Later,
    lately: Lately,
    changes: Changes,
}

/// What workspaces are put together from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The front desk.
    pub desk: Desk,
    /// Where forms come from.
    pub forms: Arc<dyn Forms>,
    /// What secrets are read through.
    pub secrets: Secrets,
    /// Everybody in the settings.
    pub people: Vec<User>,
    /// Where the pages are reached from outside.
    pub url: String,
    /// When what follows an answer is done.
    pub later: Later,
}

impl Workspace {
    /// The workspace of an integration of the type `slack`; `None` if nothing comes in by it.
    ///
    /// # Errors
    ///
    /// What is wrong with its settings.
    pub fn open(integration: &Integration, setup: Setup) -> Result<Option<Self>, String> {
        let Some(config) = Config::read(integration)? else { return Ok(None) };
        let slack = Slack::open(integration, &setup.secrets).map_err(|error| error.to_string())?;
        let Some(slack) = slack else { return Ok(None) };
        let hooks = Api::new("slack", config.hooks.as_str()).map_err(|error| error.to_string())?;
        let Setup { desk, forms, secrets, people, url, later } = setup;
        let lately = Lately::default();
        let changes = Changes::default();
        let inner = Inner {
            desk,
            forms,
            slack,
            config,
            hooks,
            secrets,
            people,
            url,
            later,
            lately,
            changes,
        };
        Ok(Some(Self { inner: Arc::new(inner), until: None }))
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.inner.desk
    }

    pub(super) fn forms(&self) -> &dyn Forms {
        &*self.inner.forms
    }

    pub(super) fn slack(&self) -> &Slack {
        &self.inner.slack
    }

    pub(super) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(super) fn people(&self) -> &[User] {
        &self.inner.people
    }

    /// The same, for something that came in then.
    pub(super) fn attending(&self, began: Instant) -> Self {
        let until = match self.inner.later {
            Later::Aside => None,
            Later::Before(at_most) => Some(began + at_most),
        };
        Self { inner: self.inner.clone(), until }
    }

    /// When what is being attended to has to be done, if there is such a time.
    pub(super) const fn until(&self) -> Option<Instant> {
        self.until
    }

    /// How long something may take that is to be shown then: less where there is little time.
    pub(super) fn patience(&self, at_most: Duration) -> Duration {
        self.until.map_or(at_most, |until| {
            at_most.min(until.saturating_duration_since(Instant::now()).saturating_sub(SHOWING))
        })
    }

    pub(super) fn lately(&self) -> &Lately {
        &self.inner.lately
    }

    pub(super) fn changes(&self) -> &Changes {
        &self.inner.changes
    }

    /// The workspace's id.
    pub(super) fn team(&self) -> &str {
        &self.inner.config.team
    }

    /// An address of the pages.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.inner.url.trim_end_matches('/'))
    }

    /// What Slack signs with.
    pub(super) async fn signing(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for reference in &self.inner.config.signing {
            secrets.extend(self.secret(reference).await);
        }
        secrets
    }

    async fn secret(&self, reference: &SecretRef) -> Option<Secret> {
        match self.inner.secrets.read(reference).await {
            Ok(secret) => Some(secret),
            Err(error) => {
                tracing::error!("what Slack signs with cannot be read: {error}");
                None
            }
        }
    }

    /// Shows a modal. A trigger is good for three seconds after somebody did something, and once.
    pub(super) async fn open_view(
        &self,
        trigger: &str,
        view: &Value,
    ) -> Result<Opened, SlackError> {
        let arguments = json!({ "trigger_id": trigger, "view": view });
        self.slack().call("views.open", &arguments).await.map(|answer| Opened::of(&answer))
    }

    /// Shows something else in an open view, if nobody else did meanwhile.
    pub(super) async fn update_view(
        &self,
        opened: &Opened,
        view: &Value,
    ) -> Result<Opened, SlackError> {
        let mut arguments = json!({ "view_id": opened.id, "view": view });
        if let (Some(arguments), false) = (arguments.as_object_mut(), opened.hash.is_empty()) {
            arguments.insert("hash".to_owned(), opened.hash.clone().into());
        }
        self.slack().call("views.update", &arguments).await.map(|answer| Opened::of(&answer))
    }

    /// Says something to one person only: where they did something, otherwise by a direct message.
    pub(super) async fn tell(&self, user: &str, response_url: Option<&str>, text: &str) {
        let told = if let Some(url) = response_url {
            self.respond(url, &ephemeral(text)).await
        } else {
            let message = json!({ "channel": user, "text": text });
            let posted = self.slack().call("chat.postMessage", &message).await;
            posted.map(drop).map_err(|error| error.error.to_string())
        };
        if let Err(why) = told {
            tracing::error!(user, "somebody in Slack could not be told something: {why}");
        }
    }

    /// Answers at the address that came with what somebody did.
    pub(super) async fn respond(&self, url: &str, message: &Value) -> Result<(), String> {
        let path = self.config().hook(url).ok_or("the address to answer at is not Slack's")?;
        let posted = self.inner.hooks.post("response_url", &path).json(message).done().await;
        posted.map_err(|refusal| refusal.error.to_string())
    }

    /// Says in a modal what is wrong; where it cannot be opened any more, otherwise.
    pub(super) async fn notify(&self, trigger: &str, user: &str, title: &str, text: &str) {
        if let Err(error) = self.open_view(trigger, &notice(title, text)).await {
            tracing::warn!(user, "a modal could not be opened: {}", error.error);
            self.tell(user, None, text).await;
        }
    }
}

/// A view that is open, as it stood last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) id: String,
    pub(super) hash: String,
    /// The change in it that is being followed, by Slack's own time of it.
    pub(super) change: Option<String>,
}

impl Opened {
    fn of(answer: &Value) -> Self {
        let text = |name: &str| {
            let text = answer.pointer(&format!("/view/{name}")).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        Self { id: text("id"), hash: text("hash"), change: None }
    }
}
