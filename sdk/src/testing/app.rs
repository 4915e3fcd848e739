//! A whole system in memory, for the tests of a flow: people who ask and decide, a clock that is
//! moved by hand, a system in which access can be looked at.
//!
//! ```
//! mod access {
//!     use countersign::prelude::*;
//!
//!     flow!("access", Access);
//!
//!     #[reducer]
//!     fn get_approver() -> Approvers {
//!         okta::group("data-security")
//!     }
//! }
//!
//! use countersign::model::Outcome;
//! use countersign::testing::TestApp;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let app = TestApp::new(&access::FLOW)
//!     .target("orders", "database")
//!     .group("data-security", ["bo@acme.test", "cy@acme.test"]);
//! let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
//!
//! let run = ada.asks("orders").reason("INC-42").duration("1h").await;
//! run.assert_waits_for(["bo@acme.test", "cy@acme.test"]);
//! ada.approves(&run).expect_refused("self_approval").await;
//! bo.approves(&run).await;
//! assert!(ada.has("orders"));
//!
//! app.advance("1h").await;
//! run.assert_closed(Outcome::Ended);
//! assert!(!ada.has("orders"));
//! # });
//! ```

mod drive;
mod person;
mod run;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Real;

use futures_util::FutureExt;
use serde_json::Value;

use super::{MemoryStore, TestDirectory, TestHost, TestStrategy};
use crate::context::{HttpResponse, Message, SystemCall};
use crate::engine::{Budgets, Environment, FlowConfig, Host, Rules, Runner, StrategyConfig};
use crate::flow::{FlowDescriptor, TemplateKind};
use crate::model::{
    Duration, FlowName, Integration, Object, Outcome, Role, RunId, Srn, StrategyName, Target,
    TargetName, Timestamp, User, UserId,
};
use crate::strategy::Strategy;

pub use person::{Act, Ask, Person};
pub use run::TestRun;

/// When a test begins, unless it says otherwise: a Monday.
const BEGINNING: &str = "2026-03-02T09:00:00Z";

/// The strategy of the targets that a test gives its app.
const STRATEGY: &str = "test";

/// A whole system in memory. Set up first, by the methods that take it by value; then people ask
/// and decide.
///
/// When it is dropped, the test fails if something is left over: a message in the error channel
/// that nobody looked at, or something that a run has still to do.
#[derive(Debug)]
pub struct TestApp {
    store: Arc<MemoryStore>,
    host: Arc<TestHost>,
    directory: Arc<TestDirectory>,
    strategy: Arc<TestStrategy>,
    environment: Arc<Environment>,
    /// The newest state of every run that was touched.
    runs: Mutex<BTreeMap<RunId, usize>>,
}

impl TestApp {
    /// A system with one flow.
    #[must_use]
    pub fn new(flow: &'static FlowDescriptor) -> Self {
        Self::with([flow])
    }

    /// A system with these flows; the first one is asked where a request names none.
    #[must_use]
    pub fn with(flows: impl IntoIterator<Item = &'static FlowDescriptor>) -> Self {
        let flows = flows.into_iter().map(|flow| (name(flow.name), FlowConfig::new(flow)));
        let store = Arc::new(MemoryStore::new());
        let host = Arc::new(TestHost::new(time(BEGINNING), 1));
        let strategy = Arc::new(TestStrategy::new(host.clone()));
        let environment = Environment {
            org: "acme".to_owned(),
            name: "test".to_owned(),
            version: "1".to_owned(),
            zone: jiff::tz::TimeZone::UTC,
            flows: flows.collect(),
            targets: BTreeMap::new(),
            strategies: BTreeMap::new(),
        };
        let app = Self {
            directory: Arc::new(TestDirectory::new(store.clone())),
            environment: Arc::new(environment.with_built_in()),
            runs: Mutex::default(),
            store,
            host,
            strategy: strategy.clone(),
        };
        app.strategy(STRATEGY, strategy)
    }

    /// Begins at that time instead, as in RFC 3339.
    #[must_use]
    pub fn at(self, at: &str) -> Self {
        self.host.set(time(at));
        self
    }

    /// The environment's time zone, such as `Europe/Berlin`.
    #[must_use]
    pub fn zone(mut self, zone: &str) -> Self {
        self.setup().zone = jiff::tz::TimeZone::get(zone).unwrap();
        self
    }

    /// A target of this kind, of all flows so far. Access to it is really given, and can be looked
    /// at with [`Person::has`].
    #[must_use]
    pub fn target(self, name: &str, kind: &str) -> Self {
        let strategy = Some(StrategyName::parse(STRATEGY).unwrap());
        self.put_target(target(name, kind, strategy))
    }

    /// A target of this kind for which nothing is granted: the approval is all.
    #[must_use]
    pub fn gate(self, name: &str, kind: &str) -> Self {
        self.put_target(target(name, kind, None))
    }

    /// A target of all flows so far.
    #[must_use]
    pub fn put_target(mut self, target: Target) -> Self {
        let name = target.name.clone();
        let setup = self.setup();
        for flow in setup.flows.values_mut() {
            if flow.table.template == TemplateKind::Access {
                flow.targets.push(name.clone());
            }
        }
        setup.targets.insert(name, target);
        self
    }

    /// A strategy of one's own. A target names it in [`Target::strategy`].
    #[must_use]
    pub fn strategy(mut self, name: &str, strategy: Arc<dyn Strategy>) -> Self {
        let srn = Srn::parse(&format!("acme:integration:custom:{name}:latest")).unwrap();
        let (kind, external_id, settings) = ("custom".into(), name.to_owned(), Object::new());
        let integration = Integration { name: name.to_owned(), kind, external_id, settings, srn };
        let config = StrategyConfig { strategy, integration };
        self.setup().strategies.insert(StrategyName::parse(name).unwrap(), config);
        self
    }

    /// Changes the rules of all flows.
    #[must_use]
    pub fn rules(self, change: impl Fn(&mut Rules)) -> Self {
        self.flows(|flow| change(&mut flow.rules))
    }

    /// The variables of all flows: a JSON object.
    #[must_use]
    pub fn vars(self, vars: &Value) -> Self {
        let vars = vars.as_object().expect("variables are a JSON object");
        self.flows(|flow| {
            let fits = (flow.table.check_vars)(vars);
            if flow.table.name != crate::flow::incident_follow_up::FLOW.name {
                fits.expect("the variables fit the flow's struct");
                flow.vars.clone_from(vars);
            }
        })
    }

    fn flows(mut self, change: impl Fn(&mut FlowConfig)) -> Self {
        self.setup().flows.values_mut().for_each(change);
        self
    }

    fn setup(&mut self) -> &mut Environment {
        Arc::get_mut(&mut self.environment).expect("an app is set up before anybody asks")
    }

    /// A member. Whoever is named anywhere else is one, too.
    #[must_use]
    pub fn user(self, mail: &str) -> Self {
        self.enter(mail);
        self
    }

    /// Somebody with another role.
    #[must_use]
    pub fn user_as(self, mail: &str, role: Role) -> Self {
        let id = self.enter(mail);
        self.directory.change(&id, |user| user.role = role);
        self
    }

    /// A group, in Okta and in Slack.
    #[must_use]
    pub fn group<'a>(self, name: &str, members: impl IntoIterator<Item = &'a str>) -> Self {
        self.set_members(name, members);
        self
    }

    /// A Slack channel.
    #[must_use]
    pub fn channel<'a>(self, name: &str, members: impl IntoIterator<Item = &'a str>) -> Self {
        self.group(name, members)
    }

    /// A `PagerDuty` schedule, and who is on call by it.
    #[must_use]
    pub fn schedule<'a>(self, name: &str, members: impl IntoIterator<Item = &'a str>) -> Self {
        self.group(name, members)
    }

    /// Who is on call.
    #[must_use]
    pub fn on_call<'a>(self, mails: impl IntoIterator<Item = &'a str>) -> Self {
        self.set_on_call(mails);
        self
    }

    /// A secret.
    #[must_use]
    pub fn secret(self, name: &str, value: &str) -> Self {
        self.directory.set_secret(name, value);
        self
    }

    /// What is answered to calls of addresses that begin so, by `cx.http()`.
    #[must_use]
    pub fn responds(self, url: &str, status: u16, body: &serde_json::Value) -> Self {
        let body = body.to_string().into_bytes();
        let answer = HttpResponse { status, headers: Vec::new(), body };
        self.directory.set_response(url, answer);
        self
    }

    /// What another system answers to an operation of a flow, such as `"jira"`, `"search"`.
    #[must_use]
    pub fn answers(self, system: &str, operation: &str, answer: Value) -> Self {
        self.directory.set_answer(system, operation, answer);
        self
    }

    /// What flows asked of other systems, oldest first.
    #[must_use]
    pub fn calls(&self, system: &str) -> Vec<SystemCall> {
        let mut calls = self.directory.calls();
        calls.retain(|call| call.system == system);
        calls
    }

    /// From now on, these are in the group, channel or schedule.
    pub fn set_members<'a>(&self, name: &str, members: impl IntoIterator<Item = &'a str>) {
        let members: Vec<_> = members.into_iter().map(|mail| self.enter(mail)).collect();
        self.directory.set(name, members);
    }

    /// From now on, these are on call.
    pub fn set_on_call<'a>(&self, mails: impl IntoIterator<Item = &'a str>) {
        let people: Vec<_> = mails.into_iter().map(|mail| self.enter(mail)).collect();
        self.directory.set_on_call(people);
    }

    /// Somebody who asks and decides.
    #[must_use]
    pub fn person(&self, mail: &str) -> Person<'_> {
        Person { app: self, id: self.enter(mail) }
    }

    /// Makes sure that somebody is known.
    fn enter(&self, mail: &str) -> UserId {
        let id = UserId::of_mail(mail).unwrap();
        if !self.directory.knows(&id) {
            self.directory.put(User::new(id.clone()));
        }
        id
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// Lets so much time pass, such as `1h30m`. Everything that falls due in it happens, each at
    /// its time.
    pub async fn advance(&self, by: &str) {
        self.pass(self.now() + Duration::parse(by).unwrap()).await;
    }

    /// All messages so far, in order.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.directory.messages()
    }

    /// What went to the error channel so far. Reading it keeps the test from failing because of it.
    #[must_use]
    pub fn error_channel(&self) -> Vec<String> {
        self.directory.errors().into_iter().map(|message| message.text).collect()
    }

    /// The people and systems, to change them while runs are under way.
    #[must_use]
    pub fn directory(&self) -> &TestDirectory {
        &self.directory
    }

    /// The system that access is given in, to look at it and to have it fail.
    #[must_use]
    pub fn system(&self) -> &TestStrategy {
        &self.strategy
    }

    /// The machine: its clock and its timers.
    #[must_use]
    pub fn host(&self) -> &TestHost {
        &self.host
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &MemoryStore {
        &self.store
    }

    /// All runs so far, by the order in which they were touched first, those that a flow started
    /// included.
    #[must_use]
    pub fn all_runs(&self) -> Vec<TestRun<'_>> {
        let mut runs: Vec<_> = self.touched().into_iter().collect();
        runs.sort_by_key(|(_, order)| *order);
        runs.into_iter().map(|(id, _)| TestRun { app: self, id }).collect()
    }

    pub(crate) fn runner(&self) -> Runner {
        let seconds = Real::from_secs;
        let budgets = Budgets { hook: seconds(5), action: seconds(10), strategy: seconds(20) };
        Runner {
            store: self.store.clone(),
            services: self.directory.clone(),
            environment: self.environment.clone(),
            host: self.host.clone(),
            budgets,
        }
    }

    fn touched(&self) -> BTreeMap<RunId, usize> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is left over.
    fn left_over(&self) -> Vec<String> {
        let errors = self.directory.unseen_errors().into_iter();
        let errors = errors.map(|message| format!("in the error channel: {}", message.text));
        let runs = self.all_runs().into_iter().flat_map(|run| {
            let left = run.try_state().map(|run| run.outstanding).unwrap_or_default();
            left.into_iter().map(move |left| format!("run {} has to do: {:?}", run.id, left.effect))
        });
        errors.chain(runs).collect()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let left = self.left_over();
        assert!(
            left.is_empty() || std::thread::panicking(),
            "something is left over at the end of the test:\n  {}",
            left.join("\n  ")
        );
    }
}

/// The answer of a store that is in memory and never waits.
fn at_once<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("a store in memory answers at once")
}

fn target(name: &str, kind: &str, strategy: Option<StrategyName>) -> Target {
    Target {
        name: TargetName::parse(name).unwrap(),
        kind: kind.to_owned(),
        label: name.to_owned(),
        strategy,
        settings: Object::new(),
    }
}

fn name(text: &str) -> FlowName {
    FlowName::parse(text).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The word for an outcome, for messages.
fn outcome_word(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("still open", Outcome::as_str)
}

#[cfg(test)]
mod tests;
