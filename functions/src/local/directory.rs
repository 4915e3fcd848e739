//! People, groups, channels and schedules from the settings, and what the store knows beyond
//! them: identities, roles, memberships that were granted, messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use countersign::approvers::People;
use countersign::context::{
    Directory, HistoryQuery, HttpRequest, HttpResponse, Message, Scope, Secret, ServiceError,
    Services,
};
use countersign::engine::Run;
use countersign::engine::records::{self, List};
use countersign::engine::runner::stored_user;
use countersign::flow::HandlerError;
use countersign::model::{Role, RunId, Timestamp, User, UserId, UserKind};
use countersign::store::{Commit, Expect, Item, Key, Query, ReadError, Store, Write, write_surely};
use countersign::strategy::Groups;

use countersign_integrations::Secrets;
use countersign_integrations::guarded::Guarded;

use crate::app::Tools;
use crate::settings::Settings;

/// The directory of the local server.
#[derive(Debug)]
pub struct LocalDirectory {
    settings: Settings,
    /// Everybody in the settings.
    known: BTreeMap<UserId, User>,
    store: Arc<dyn Store>,
    secrets: Secrets,
    /// Whom flows may call.
    guarded: Result<Guarded, ServiceError>,
    /// Whether messages are kept, to be looked at; otherwise they are logged.
    keeps_messages: bool,
    /// Whether messages are kept for Slack, until they were delivered.
    delivers: bool,
}

impl LocalDirectory {
    pub(super) fn new(settings: Settings, store: Arc<dyn Store>) -> Self {
        let known = settings.known_users().into_iter().map(|user| (user.id.clone(), user));
        let (secrets, guarded) = (settings.secrets(), settings.guarded());
        let slack = settings.integrations_of("slack");
        let delivers = slack.iter().any(|slack| slack.settings.contains_key("bot_token"));
        let known = known.collect();
        Self { known, settings, store, secrets, guarded, keeps_messages: true, delivers }
    }

    /// One that keeps no messages: nobody would look at them.
    #[cfg(feature = "aws")]
    pub(crate) fn without_outbox(
        settings: Settings,
        store: Arc<dyn Store>,
        secrets: Secrets,
    ) -> Self {
        Self { keeps_messages: false, secrets, ..Self::new(settings, store) }
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

    /// What would have gone to Slack, newest first; with `errors`, what went to the error channel.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn messages(&self, errors: bool, limit: usize) -> Result<Vec<Message>, ReadError> {
        let list = if errors { records::ERRORS } else { records::MESSAGES };
        let page = self.store.query(&Query::of(list).descending().limit(limit)).await?;
        page.items.iter().map(records::read).collect()
    }

    /// The members of a group that access is given by.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn group_members(&self, group: &str) -> Result<Vec<String>, ReadError> {
        let page = self.store.query(&Query::of(group_partition(group)).limit(1_000)).await?;
        Ok(page.items.into_iter().map(|item| item.key.sk).collect())
    }

    async fn known(&self, id: &UserId) -> Result<User, ServiceError> {
        let mut user = self.known.get(id).cloned().unwrap_or_else(|| {
            let role = if id.is_bot() { Role::Member } else { self.settings.role_of(id) };
            User { role, ..User::new(id.clone()) }
        });
        for group in &self.settings.directory.groups {
            if group.members.contains(id) && !user.is_in(&group.name) {
                user.groups.push(group.name.clone());
            }
        }
        if let Some((stored, _)) =
            stored_user(&*self.store, id).await.map_err(|error| unreadable(&error))?
        {
            user.name = stored.name.unwrap_or(user.name);
            user.role = stored.role.unwrap_or(user.role);
            user.deactivated = stored.deactivated.unwrap_or(user.deactivated);
            let same = |a: &countersign::model::Identity, b: &countersign::model::Identity| {
                a.kind == b.kind && a.external_id == b.external_id
            };
            user.identities.retain(|old| !stored.identities.iter().any(|new| same(old, new)));
            user.identities.extend(stored.identities);
        }
        Ok(user)
    }

    async fn all(
        &self,
        ids: impl IntoIterator<Item = UserId> + Send,
    ) -> Result<Vec<User>, ServiceError> {
        let mut users = Vec::new();
        for id in ids.into_iter().collect::<Vec<_>>() {
            users.push(self.known(&id).await?);
        }
        Ok(users)
    }

    /// Everybody in the settings, and everybody who has been here.
    async fn everybody(&self) -> Result<Vec<User>, ServiceError> {
        let mut ids: Vec<UserId> = self.known.keys().cloned().collect();
        let page = self
            .store
            .query(&Query::of("N#users").limit(1_000))
            .await
            .map_err(|error| unreadable(&error))?;
        ids.extend(page.items.iter().filter_map(|item| UserId::parse(item.key.sk.as_str()).ok()));
        ids.sort();
        ids.dedup();
        self.all(ids).await
    }

    fn group(&self, name: &str) -> Result<Vec<UserId>, ServiceError> {
        let members = self.settings.directory.group(name);
        members
            .map(<[UserId]>::to_vec)
            .ok_or_else(|| unknown("okta", "group", name, "directory.groups"))
    }

    async fn put_once(&self, key: Key, body: String) -> Result<(), String> {
        let writes = vec![Write::Put { key, body, expect: Expect::Absent }];
        match write_surely(&*self.store, &records::transaction(writes)).await {
            Commit::Committed | Commit::Conflict(_) => Ok(()),
            Commit::Throttled => Err("it is throttled".to_owned()),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
        }
    }
}

#[async_trait]
impl Directory for LocalDirectory {
    async fn members(&self, people: &People) -> Result<Vec<User>, ServiceError> {
        let is_active = |user: &User| !user.deactivated && user.kind == UserKind::Normal;
        match people {
            People::Anyone => {
                let everybody = self.everybody().await?;
                Ok(everybody
                    .into_iter()
                    .filter(|user| is_active(user) && user.role >= Role::Member)
                    .collect())
            }
            People::Admins => {
                let everybody = self.everybody().await?;
                Ok(everybody
                    .into_iter()
                    .filter(|user| is_active(user) && user.role == Role::Admin)
                    .collect())
            }
            People::Users(ids) => self.all(ids.clone()).await,
            People::OktaGroup(name) | People::SlackGroup(name) => self.all(self.group(name)?).await,
            People::SlackChannel(name) => {
                let members = self.settings.directory.channel(name);
                let members = members
                    .ok_or_else(|| unknown("slack", "channel", name, "directory.channels"))?;
                self.all(members.to_vec()).await
            }
            People::SlackUser(name) => {
                let id =
                    UserId::of_mail(name).map_err(|_| unknown("slack", "user", name, "users"))?;
                self.all([id]).await
            }
            People::PagerDutySchedule(name) => {
                let now = Timestamp::now();
                let on_call = self.settings.directory.on_call(name, now);
                let on_call = on_call
                    .ok_or_else(|| unknown("pagerduty", "schedule", name, "directory.schedules"))?;
                self.all(on_call.into_iter().cloned().collect::<Vec<_>>()).await
            }
            People::OktaManager(of) => Err(unknown("okta", "manager", of.as_str(), "directory")),
            People::PagerDutyPolicy { policy, .. } => {
                Err(unknown("pagerduty", "escalation policy", policy, "directory"))
            }
            People::Union(all) => {
                let mut users = Vec::new();
                for people in all {
                    users.extend(self.members(people).await?);
                }
                Ok(users)
            }
        }
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, ServiceError> {
        self.known(id).await.map(Some)
    }

    async fn is_on_call(&self, user: &User, schedule: Option<&str>) -> Result<bool, ServiceError> {
        let directory = &self.settings.directory;
        let now = Timestamp::now();
        let is_in =
            |name: &str| directory.on_call(name, now).map(|users| users.contains(&&user.id));
        match schedule {
            Some(name) => is_in(name)
                .ok_or_else(|| unknown("pagerduty", "schedule", name, "directory.schedules")),
            None => {
                Ok(directory.schedules.iter().any(|schedule| is_in(&schedule.name) == Some(true)))
            }
        }
    }
}

#[async_trait]
impl Services for LocalDirectory {
    async fn history(&self, query: &HistoryQuery) -> Result<u32, ServiceError> {
        let mut times = 0_u32;
        let mut runs = Query::of(List::By(&query.user).partition()).descending();
        loop {
            let page = self.store.query(&runs).await.map_err(|error| unreadable(&error))?;
            let ids: Vec<RunId> = page
                .items
                .iter()
                .map(records::read)
                .collect::<Result<_, _>>()
                .map_err(|error| unreadable(&error))?;
            let keys: Vec<Key> = ids.iter().map(records::head).collect();
            let heads = self.store.get_many(&keys).await.map_err(|error| unreadable(&error))?;
            for head in heads.iter().flatten() {
                let (run, _) = records::read_run(head).map_err(|error| unreadable(&error))?;
                times = times.saturating_add(u32::from(counts(&run, query)));
            }
            match page.items.last() {
                Some(last) if page.more => runs.after = Some(last.key.sk.clone()),
                Some(_) | None => return Ok(times),
            }
        }
    }

    async fn secret(&self, name: &str) -> Result<Secret, ServiceError> {
        let hint = format!("add it under `[secrets]`: `{name} = {{ env = \"NAME\" }}`");
        let reference = self.settings.secret(name).ok_or_else(|| {
            ServiceError::lasting("secrets", format!("the settings know no secret `{name}`"), hint)
        })?;
        Ok(self.secrets.read(reference).await?)
    }

    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, ServiceError> {
        self.guarded.as_ref().map_err(Clone::clone)?.send(request).await
    }

    fn keeping(&self, messages: &[Message]) -> Vec<Write> {
        let mut writes = Vec::new();
        if self.delivers
            && let Some(Message { run: Some(run), .. }) = messages.first()
        {
            writes.extend(records::outgoing(run, messages, crate::machine::now()));
        }
        for message in messages {
            if self.keeps_messages {
                writes.push(records::message(message));
            } else if !self.delivers {
                tracing::info!(key = message.key, to = ?message.to, "{}", message.text);
            }
        }
        writes
    }

    async fn post(&self, message: Message) -> Result<(), ServiceError> {
        let writes = self.keeping(std::slice::from_ref(&message));
        if writes.is_empty() {
            return Ok(());
        }
        // Whoever notes that it was sent writes after it.
        match self.store.write_ahead(&records::transaction(writes)).await {
            Commit::Committed | Commit::Conflict(_) => Ok(()),
            other => Err(ServiceError::passing("store", format!("it was not kept: {other:?}"))),
        }
    }
}

#[async_trait]
impl Groups for LocalDirectory {
    async fn add(&self, group: &str, member: &str) -> Result<(), HandlerError> {
        let key = Key::new(group_partition(group), member);
        self.put_once(key, "{}".to_owned())
            .await
            .map_err(|why| HandlerError::new("Directory:UNAVAILABLE", why))
    }

    async fn remove(&self, group: &str, member: &str) -> Result<(), HandlerError> {
        let key = Key::new(group_partition(group), member);
        let writes = vec![Write::Delete { key, expect: Expect::Anything }];
        match write_surely(&*self.store, &records::transaction(writes)).await {
            Commit::Committed => Ok(()),
            Commit::Conflict(_) | Commit::Throttled => {
                Err(HandlerError::new("Directory:BUSY", "it is busy"))
            }
            Commit::Unknown(why) | Commit::Invalid(why) => {
                Err(HandlerError::new("Directory:UNAVAILABLE", why))
            }
        }
    }

    async fn contains(&self, group: &str, member: &str) -> Result<bool, HandlerError> {
        let item: Option<Item> = self.store.get(&Key::new(group_partition(group), member)).await?;
        Ok(item.is_some())
    }
}

fn group_partition(group: &str) -> String {
    format!("Y#{group}")
}

fn counts(run: &Run, query: &HistoryQuery) -> bool {
    let in_scope = match &query.scope {
        Scope::Flow(flow) => run.flow == *flow,
        Scope::Target(name) => {
            run.request.target.as_ref().is_some_and(|target| target.name == *name)
        }
    };
    let at = run.steps.get(&query.step).map(|step| step.at);
    let in_time = at.is_some_and(|at| {
        query.since.is_none_or(|since| at >= since) && query.until.is_none_or(|until| at <= until)
    });
    in_scope && in_time && run.id != query.except
}

fn unknown(service: &str, what: &str, name: &str, place: &str) -> ServiceError {
    let hint = format!("add it to the settings, under `[[{place}]]`");
    ServiceError::lasting(service, format!("there is no {what} `{name}`"), hint)
}

fn unreadable(error: &ReadError) -> ServiceError {
    ServiceError::passing("store", error.to_string())
}
