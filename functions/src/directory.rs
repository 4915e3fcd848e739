//! People and where they are kept: in the settings, in the store, and in other systems.
//!
//! Where an integration has its secrets, its system is asked; otherwise `[directory]` of the settings
//! answers in its place. Whoever comes from a system is one of our users by their mail address, or by
//! the identity that is stored; an ambiguous match is an error, never a guess.

mod ask;
mod groups;
mod history;
mod known;
mod leavers;
mod matched;
mod members;
mod messages;
mod named;
mod standing;
mod systems;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use countersign::approvers::People;
use countersign::context::{
    Directory, HistoryQuery, HttpRequest, HttpResponse, Incident, IncidentQuery, Message, Secret,
    ServiceError, Services, SystemCall,
};
use countersign::model::{User, UserId};
use countersign::store::{ReadError, Store, Write};
use countersign_integrations::guarded::Guarded;
use countersign_integrations::{Secrets, Systems as Asked};

use crate::app::Tools;
use crate::notices::Addressees;
use crate::settings::Settings;

pub use leavers::Leavers;
pub use systems::stand_ins;

use standing::Standings;
use systems::Systems;

/// People and where they are kept.
#[derive(Debug)]
pub struct LocalDirectory {
    settings: Settings,
    /// Everybody in the settings.
    people: BTreeMap<UserId, User>,
    store: Arc<dyn Store>,
    secrets: Secrets,
    systems: Systems,
    /// Whom flows may call.
    guarded: Result<Guarded, ServiceError>,
    standings: Standings,
    /// The systems that flows ask for other things than people.
    asked: Asked,
    /// Whether messages are kept, to be looked at; otherwise they are logged.
    keeps_messages: bool,
    /// Whether messages are kept for Slack, until they were delivered.
    delivers: bool,
    /// The other places that notices go to.
    addressees: Addressees,
}

impl LocalDirectory {
    /// One that keeps its messages, to be looked at.
    #[must_use]
    pub fn new(settings: Settings, store: Arc<dyn Store>) -> Self {
        let secrets = settings.secrets();
        Self::with(settings, store, secrets, true)
    }

    /// One that keeps no messages: nobody would look at them.
    #[cfg(feature = "aws")]
    pub(crate) fn without_outbox(
        settings: Settings,
        store: Arc<dyn Store>,
        secrets: Secrets,
    ) -> Self {
        Self::with(settings, store, secrets, false)
    }

    fn with(
        settings: Settings,
        store: Arc<dyn Store>,
        secrets: Secrets,
        keeps_messages: bool,
    ) -> Self {
        let people = settings.known_users().into_iter().map(|user| (user.id.clone(), user));
        let slack = settings.integrations_of("slack");
        let delivers = slack.iter().any(|slack| slack.settings.contains_key("bot_token"));
        let names = settings.integrations.iter().map(|integration| &integration.name);
        let integrations = names.filter_map(|name| settings.integration(name)).collect();
        Self {
            people: people.collect(),
            asked: Asked::new(integrations, secrets.clone()),
            systems: Systems::open(&settings, &secrets),
            guarded: settings.guarded(),
            addressees: Addressees::of(&settings),
            standings: Standings::default(),
            settings,
            store,
            secrets,
            keeps_messages,
            delivers,
        }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What strategies work with.
    #[must_use]
    pub fn tools(self: &Arc<Self>) -> Tools {
        Tools { groups: self.clone(), secrets: self.secrets.clone() }
    }
}

#[async_trait]
impl Directory for LocalDirectory {
    async fn members(&self, people: &People) -> Result<Vec<User>, ServiceError> {
        self.everybody_in(people).await
    }

    async fn is_member(&self, people: &People, id: &UserId) -> Result<bool, ServiceError> {
        self.is_in(people, id).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, ServiceError> {
        self.known(id).await.map(Some)
    }

    async fn user_now(&self, id: &UserId) -> Result<Option<User>, ServiceError> {
        self.known_now(id).await.map(Some)
    }

    async fn is_on_call(&self, user: &User, schedule: Option<&str>) -> Result<bool, ServiceError> {
        self.on_call(user, schedule).await
    }
}

#[async_trait]
impl Services for LocalDirectory {
    async fn history(&self, query: &HistoryQuery) -> Result<u32, ServiceError> {
        self.times(query).await
    }

    async fn secret(&self, name: &str) -> Result<Secret, ServiceError> {
        let hint = format!("add it under `[secrets]`: `{name} = {{ env = \"NAME\" }}`");
        let reference = self.settings.secret(name).ok_or_else(|| {
            ServiceError::lasting("secrets", format!("the settings know no secret `{name}`"), hint)
        })?;
        Ok(self.secrets.read(reference).await?)
    }

    async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, ServiceError> {
        self.open_incidents(query).await
    }

    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, ServiceError> {
        self.guarded.as_ref().map_err(Clone::clone)?.send(request).await
    }

    fn keeping(&self, messages: &[Message]) -> Vec<Write> {
        self.kept(messages)
    }

    async fn post(&self, message: Message) -> Result<(), ServiceError> {
        self.keep(&message).await
    }

    async fn call(&self, call: SystemCall) -> Result<serde_json::Value, ServiceError> {
        self.asked.call(&call).await
    }
}

fn unreadable(error: &ReadError) -> ServiceError {
    ServiceError::passing("store", error.to_string())
}
