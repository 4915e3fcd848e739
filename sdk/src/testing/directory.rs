//! People and systems for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::Value;

use crate::approvers::People;
use crate::context::{
    Directory, HistoryQuery, HttpRequest, HttpResponse, Message, Scope, Secret, ServiceError,
    Services, SystemCall,
};
use crate::engine::records;
use crate::model::{Role, User, UserId, UserKind};
use crate::store::{Commit, Query, Store, Write};

/// People, groups, schedules, messages and secrets, all in memory. Everything may be changed while
/// runs are under way.
#[derive(Debug)]
pub struct TestDirectory {
    store: Arc<dyn Store>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    users: BTreeMap<UserId, User>,
    sets: BTreeMap<String, BTreeSet<UserId>>,
    on_call: BTreeSet<UserId>,
    secrets: BTreeMap<String, String>,
    /// What addresses answer, by how they begin.
    responses: BTreeMap<String, HttpResponse>,
    answers: BTreeMap<(String, String), Value>,
    calls: Vec<SystemCall>,
    down: BTreeSet<String>,
    panics: bool,
    errors_seen: BTreeSet<String>,
}

impl TestDirectory {
    /// Nobody. The past is what this store holds.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, inner: Mutex::default() }
    }

    /// Adds somebody, or changes what is known about them.
    pub fn put(&self, user: User) {
        self.lock().users.insert(user.id.clone(), user);
    }

    /// Whether anything is known about somebody.
    #[must_use]
    pub fn knows(&self, id: &UserId) -> bool {
        self.lock().users.contains_key(id)
    }

    /// Changes what is known about somebody.
    pub fn change(&self, id: &UserId, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.lock().users.get_mut(id) {
            change(user);
        }
    }

    /// Who is in the group, channel or schedule of this name, from now on.
    pub fn set(&self, name: &str, members: impl IntoIterator<Item = UserId>) {
        self.lock().sets.insert(name.to_owned(), members.into_iter().collect());
    }

    /// Who is on call, from now on.
    pub fn set_on_call(&self, people: impl IntoIterator<Item = UserId>) {
        self.lock().on_call = people.into_iter().collect();
    }

    /// A secret.
    pub fn set_secret(&self, name: &str, value: &str) {
        self.lock().secrets.insert(name.to_owned(), value.to_owned());
    }

    /// What is answered to calls of addresses that begin so, from now on.
    pub fn set_response(&self, url: &str, answer: HttpResponse) {
        self.lock().responses.insert(url.to_owned(), answer);
    }

    /// What a system answers to an operation, from now on.
    pub fn set_answer(&self, system: &str, operation: &str, answer: Value) {
        self.lock().answers.insert((system.to_owned(), operation.to_owned()), answer);
    }

    /// What systems were asked by flows, oldest first; what was asked twice under one key, once.
    #[must_use]
    pub fn calls(&self) -> Vec<SystemCall> {
        self.lock().calls.clone()
    }

    /// The group, channel, schedule, user, system or `messages` of this name cannot be asked for until it
    /// is [`restored`](Self::restore).
    pub fn break_down(&self, name: &str) {
        self.lock().down.insert(name.to_owned());
    }

    /// Ends [`break_down`](Self::break_down).
    pub fn restore(&self, name: &str) {
        self.lock().down.remove(name);
    }

    /// Whether asking who is in anything panics, as a defect of ours would.
    pub fn set_panics(&self, panics: bool) {
        self.lock().panics = panics;
    }

    /// All messages, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let mut messages = self.kept(records::MESSAGES);
        messages.extend(self.kept(records::ERRORS));
        messages.sort_by_key(|message| message.at);
        messages
    }

    /// What went to the error channel, which is thereby looked at.
    pub fn errors(&self) -> Vec<Message> {
        let errors = self.kept(records::ERRORS);
        self.lock().errors_seen = errors.iter().map(|message| message.key.clone()).collect();
        errors
    }

    /// What went to the error channel since it was last looked at.
    #[must_use]
    pub fn unseen_errors(&self) -> Vec<Message> {
        let mut errors = self.kept(records::ERRORS);
        let inner = self.lock();
        errors.retain(|message| !inner.errors_seen.contains(&message.key));
        errors
    }

    fn kept(&self, list: &str) -> Vec<Message> {
        let query = Query::of(list).limit(100_000);
        let page = self.store.query(&query).now_or_never();
        let page = page.expect("a store in memory answers at once").unwrap();
        page.items.iter().map(|item| records::read(item).unwrap()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn up(&self, service: &str, name: &str) -> Result<(), ServiceError> {
        if self.down.contains(name) {
            return Err(ServiceError::passing(service, format!("`{name}` cannot be asked")));
        }
        Ok(())
    }

    fn members(&self, people: &People) -> Result<Vec<UserId>, ServiceError> {
        let by_role = |role: Option<Role>| {
            let active = |user: &&User| user.kind == UserKind::Normal && !user.deactivated;
            let fits = |user: &&User| role.is_none_or(|role| user.role == role);
            let found = self.users.values().filter(active).filter(fits);
            found.map(|user| user.id.clone()).collect()
        };
        match people {
            People::Anyone => self.up("directory", "anyone").map(|()| by_role(None)),
            People::Admins => self.up("directory", "admins").map(|()| by_role(Some(Role::Admin))),
            People::Users(users) => Ok(users.clone()),
            People::SlackChannel(name) | People::SlackGroup(name) => self.named("slack", name),
            People::SlackUser(name) => {
                self.up("slack", name)?;
                UserId::of_mail(name).map(|id| vec![id]).or_else(|_| self.named("slack", name))
            }
            People::OktaGroup(name) => self.named("okta", name),
            People::Manager { of, chart } => {
                self.named(chart.kind(), &format!("the manager of {of}"))
            }
            // Of a repository, a test knows those with the role that it asks for.
            People::GitHubCollaborators { repository, .. } => self.named("github", repository),
            People::PagerDutySchedule(name) => self.named("pagerduty", name),
            People::PagerDutyPolicy { policy, level: None } => self.named("pagerduty", policy),
            People::PagerDutyPolicy { policy, level: Some(level) } => {
                self.named("pagerduty", &format!("{policy}/{level}"))
            }
            People::Union(all) => {
                let sets: Result<Vec<_>, _> = all.iter().map(|one| self.members(one)).collect();
                Ok(sets?.into_iter().flatten().collect())
            }
        }
    }

    fn named(&self, service: &str, name: &str) -> Result<Vec<UserId>, ServiceError> {
        self.up(service, name)?;
        match self.sets.get(name) {
            Some(members) => Ok(members.iter().cloned().collect()),
            None => Err(ServiceError::lasting(
                service,
                format!("there is no `{name}`"),
                "give the test one, such as `.group(name, [..])`, `.channel(..)` or `.schedule(..)`",
            )),
        }
    }
}

#[async_trait]
impl Directory for TestDirectory {
    async fn members(&self, people: &People) -> Result<Vec<User>, ServiceError> {
        if self.lock().panics {
            std::panic::resume_unwind(Box::new("the directory panics"));
        }
        let inner = self.lock();
        let members = inner.members(people)?;
        Ok(members.iter().filter_map(|id| inner.users.get(id).cloned()).collect())
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, ServiceError> {
        let inner = self.lock();
        inner.up("directory", id.as_str())?;
        let mut user = inner.users.get(id).cloned();
        if let Some(user) = &mut user {
            let of = |(name, members): (&String, &BTreeSet<UserId>)| {
                members.contains(id).then(|| name.clone())
            };
            user.groups.extend(inner.sets.iter().filter_map(of));
        }
        Ok(user)
    }

    async fn is_on_call(&self, user: &User, schedule: Option<&str>) -> Result<bool, ServiceError> {
        let inner = self.lock();
        inner.up("pagerduty", "on-call")?;
        match schedule {
            Some(name) => Ok(inner.named("pagerduty", name)?.contains(&user.id)),
            None => Ok(inner.on_call.contains(&user.id)),
        }
    }
}

#[async_trait]
impl Services for TestDirectory {
    async fn history(&self, query: &HistoryQuery) -> Result<u32, ServiceError> {
        let unreadable = |error| ServiceError::passing("store", format!("{error}"));
        let mut page = Query::of(records::List::By(&query.user).partition());
        let mut count = 0;
        loop {
            let found = self.store.query(&page).await.map_err(unreadable)?;
            for item in &found.items {
                let id = records::read(item).map_err(unreadable)?;
                let head = self.store.get(&records::head(&id)).await.map_err(unreadable)?;
                let Some(head) = head else { continue };
                let (run, _) = records::read_run(&head).map_err(unreadable)?;
                let in_scope = match &query.scope {
                    Scope::Flow(flow) => run.flow == *flow,
                    Scope::Target(name) => {
                        run.request.target.as_ref().is_some_and(|target| target.name == *name)
                    }
                };
                let in_time = run.steps.get(&query.step).is_some_and(|passed| {
                    query.since.is_none_or(|since| passed.at >= since)
                        && query.until.is_none_or(|until| passed.at <= until)
                });
                count += u32::from(in_scope && in_time && run.id != query.except);
            }
            match found.items.last() {
                Some(last) if found.more => page = page.after(Some(last.key.sk.clone())),
                Some(_) | None => return Ok(count),
            }
        }
    }

    async fn secret(&self, name: &str) -> Result<Secret, ServiceError> {
        let value = self.lock().secrets.get(name).cloned();
        value.map(Secret::new).ok_or_else(|| {
            let hint = "give the test one with `.secret(name, value)`";
            ServiceError::lasting("secrets", format!("there is no secret `{name}`"), hint)
        })
    }

    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, ServiceError> {
        let inner = self.lock();
        inner.up("http", &request.url)?;
        // The longest beginning is the nearest.
        let answer = inner.responses.iter().rev().find(|(url, _)| request.url.starts_with(*url));
        answer.map(|(_, answer)| answer.clone()).ok_or_else(|| {
            let hint = "give the test one with `.responds(url, status, body)`";
            ServiceError::lasting("http", format!("nothing answers at `{}`", request.url), hint)
        })
    }

    fn keeping(&self, messages: &[Message]) -> Vec<Write> {
        messages.iter().map(records::message).collect()
    }

    async fn post(&self, message: Message) -> Result<(), ServiceError> {
        self.lock().up("slack", "messages")?;
        let kept = records::transaction(vec![records::message(&message)]);
        match self.store.write(&kept).await {
            Commit::Committed => Ok(()),
            other => Err(ServiceError::passing("slack", format!("{other:?}"))),
        }
    }

    async fn call(&self, call: SystemCall) -> Result<Value, ServiceError> {
        let mut inner = self.lock();
        inner.up(&call.system, &call.system)?;
        let answer = inner.answers.get(&(call.system.clone(), call.operation.clone())).cloned();
        let answer = answer.ok_or_else(|| {
            let SystemCall { system, operation, .. } = &call;
            let hint =
                format!("give the test one: `.answers(\"{system}\", \"{operation}\", json!(..))`");
            ServiceError::lasting(system, format!("nobody answers `{operation}`"), hint)
        })?;
        if !inner.calls.iter().any(|known| known.key == call.key) {
            inner.calls.push(call);
        }
        Ok(answer)
    }
}
