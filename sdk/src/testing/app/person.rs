//! People who ask and decide.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde_json::Value;

use super::{TestApp, TestRun};
use crate::engine::{CommandKind, Extends, Host, Request, records};
use crate::model::{
    Channel, Duration, FlowName, Object, RunId, Source, TargetName, Timestamp, User, UserId,
};

/// Somebody who asks and decides.
#[derive(Debug, Clone)]
pub struct Person<'a> {
    pub(super) app: &'a TestApp,
    pub(super) id: UserId,
}

impl<'a> Person<'a> {
    /// Who it is.
    #[must_use]
    pub const fn id(&self) -> &UserId {
        &self.id
    }

    /// Asks for a target. What follows says more; `.await` sends the request.
    pub fn asks(&self, target: &str) -> Ask<'a> {
        self.ask(Some(TargetName::parse(target).unwrap()))
    }

    /// Asks a flow that has no targets.
    pub fn asks_for_approval(&self) -> Ask<'a> {
        self.ask(None)
    }

    fn ask(&self, target: Option<TargetName>) -> Ask<'a> {
        let request = Request {
            requester: self.id.clone(),
            filed_by: None,
            target: None,
            duration: None,
            reason: "because".to_owned(),
            fields: Object::new(),
            context: Value::Null,
            channel: Channel::from(Source::Api),
            parent: None,
            extends: None,
            starts: None,
        };
        let (app, by) = (self.app, self.id.clone());
        Ask { app, by, flow: None, target, request, unknown: None, recorded_only: false }
    }

    /// Asks to hold on to what a run gave, for so much longer.
    pub fn extends(&self, run: &TestRun<'_>, duration: &str) -> Ask<'a> {
        let held = run.state();
        let until = held.until.expect("what has no end cannot be extended");
        let (nth, latest) = match &held.request.extends {
            Some(before) => (before.nth.saturating_add(1), before.latest),
            None => (0, held.since.unwrap_or(held.created) + held.rules.max_duration),
        };
        let target = held.request.target.as_ref().map(|target| target.name.clone());
        let mut ask = self.ask(target).of(held.flow.as_str()).duration(duration);
        ask.request.extends = Some(Extends { run: run.id.clone(), until, nth, latest });
        ask
    }

    /// Says yes.
    pub fn approves(&self, run: &TestRun<'_>) -> Act<'a> {
        self.act(run, CommandKind::Approve { message: None, shown: None })
    }

    /// Says no.
    pub fn denies(&self, run: &TestRun<'_>) -> Act<'a> {
        self.act(run, CommandKind::Deny { message: None })
    }

    /// Takes a request back.
    pub fn cancels(&self, run: &TestRun<'_>) -> Act<'a> {
        self.act(run, CommandKind::Cancel { message: None })
    }

    /// Ends access before its time.
    pub fn ends(&self, run: &TestRun<'_>) -> Act<'a> {
        self.act(run, CommandKind::Revoke { message: None })
    }

    /// Answers a follow-up with a JSON object.
    pub fn answers(&self, run: &TestRun<'_>, fields: &Value) -> Act<'a> {
        let fields = fields.as_object().expect("answers are a JSON object").clone();
        self.act(run, CommandKind::Answer { fields })
    }

    fn act(&self, run: &TestRun<'_>, kind: CommandKind) -> Act<'a> {
        let (app, by) = (self.app, self.id.clone());
        Act { app, by, run: run.id.clone(), kind, refused: None }
    }

    /// Whether they have access now, as the target itself shows it.
    #[must_use]
    pub fn has(&self, target: &str) -> bool {
        self.app.system().has(&self.id, &TargetName::parse(target).unwrap())
    }

    /// Gives them access past Countersign, as somebody who had it all along.
    pub fn had(&self, target: &str) {
        self.app.system().set(&self.id, &TargetName::parse(target).unwrap(), true);
    }

    /// Changes what is known about them, such as their role.
    pub fn become_(&self, change: impl FnOnce(&mut User)) {
        self.app.directory().change(&self.id, change);
    }
}

/// A request that is being put together. `.await` sends it and waits until the run rests.
#[derive(Debug)]
#[must_use = "nobody has asked yet: `.await` it"]
pub struct Ask<'a> {
    app: &'a TestApp,
    by: UserId,
    flow: Option<FlowName>,
    target: Option<TargetName>,
    request: Request,
    unknown: Option<FlowName>,
    recorded_only: bool,
}

impl Ask<'_> {
    /// Of this flow; else of the first one that is not built in.
    pub fn of(mut self, flow: &str) -> Self {
        self.flow = Some(FlowName::parse(flow).unwrap());
        self
    }

    /// Why.
    pub fn reason(mut self, reason: &str) -> Self {
        reason.clone_into(&mut self.request.reason);
        self
    }

    /// For how long, such as `1h`; else as the flow's first offer says.
    pub fn duration(mut self, duration: &str) -> Self {
        self.request.duration = Some(Duration::parse(duration).unwrap());
        self
    }

    /// An answer to the form.
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.request.fields.insert(name.to_owned(), value.into());
        self
    }

    /// What an API caller attaches.
    pub fn context(mut self, context: Value) -> Self {
        self.request.context = context;
        self
    }

    /// On behalf of somebody else.
    pub fn on_behalf_of(mut self, person: &Person<'_>) -> Self {
        self.request.filed_by = Some(self.by.clone());
        self.request.requester = person.id.clone();
        self
    }

    /// From there.
    pub fn from(mut self, source: Source) -> Self {
        self.request.channel = Channel::from(source);
        self
    }

    /// Of a flow that the program does not have.
    #[cfg(test)]
    pub(crate) fn unknown_flow(mut self, flow: &str) -> Self {
        self.unknown = Some(FlowName::parse(flow).unwrap());
        self
    }

    /// Records the request and leaves it at that, as somebody who crashes.
    #[cfg(test)]
    pub(crate) const fn recorded_only(mut self) -> Self {
        self.recorded_only = true;
        self
    }

    /// To begin later.
    pub fn starts(mut self, at: Timestamp) -> Self {
        self.request.starts = Some(at);
        self
    }
}

impl<'a> Ask<'a> {
    async fn send(mut self) -> TestRun<'a> {
        let environment = &self.app.environment;
        let built_in = crate::flow::incident_follow_up::FLOW.name;
        let own = || environment.flows.keys().find(|name| name.as_str() != built_in).cloned();
        let flow = self.flow.or_else(own).expect("the app has a flow");
        let config = environment.flow(&flow).expect("the app has this flow");
        self.request.target = self.target.map(|name| {
            assert!(config.targets.contains(&name), "`{flow}` has no target `{name}`");
            environment.targets.get(&name).expect("a target of the app").clone()
        });
        let answers = config.table.validate(&self.request.fields);
        self.request.fields = answers.expect("the answers fit the form");
        if self.request.duration.is_none() {
            self.request.duration = config.durations.first().copied();
        }
        let host = self.app.host();
        let run = RunId::from_parts(records::millis(host.now()), host.entropy());
        let flow = self.unknown.unwrap_or(flow);
        let kind = CommandKind::Request { flow, request: Box::new(self.request) };
        if self.recorded_only {
            self.app.record(&self.app.new_command(&run, self.by, kind)).await;
        } else {
            self.app.command(&run, self.by, kind).await;
        }
        TestRun { app: self.app, id: run }
    }
}

impl<'a> IntoFuture for Ask<'a> {
    type Output = TestRun<'a>;
    type IntoFuture = Pin<Box<dyn Future<Output = TestRun<'a>> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Something that somebody does to a run. `.await` does it; the test fails if it is refused, or if
/// it is not where that is expected.
#[derive(Debug)]
#[must_use = "nothing is done yet: `.await` it"]
pub struct Act<'a> {
    app: &'a TestApp,
    by: UserId,
    run: RunId,
    kind: CommandKind,
    refused: Option<&'static str>,
}

impl Act<'_> {
    /// With a remark.
    pub fn saying(mut self, words: &str) -> Self {
        match &mut self.kind {
            CommandKind::Approve { message, .. }
            | CommandKind::Deny { message }
            | CommandKind::Cancel { message }
            | CommandKind::Revoke { message } => *message = Some(words.to_owned()),
            CommandKind::Request { .. }
            | CommandKind::Answer { .. }
            | CommandKind::Leave { .. }
            | CommandKind::Undelivered { .. }
            | CommandKind::Wake => {}
        }
        self
    }

    /// It has to be refused with this code, such as `self_approval`.
    pub const fn expect_refused(mut self, code: &'static str) -> Self {
        self.refused = Some(code);
        self
    }

    /// Does it. Returns what was said to whoever was refused.
    async fn go(self) -> Option<String> {
        let command = self.app.command(&self.run, self.by, self.kind).await;
        let word = command.kind.as_str();
        match (self.app.refusal(&command), self.refused) {
            (None, None) => None,
            (Some((code, message)), Some(expected)) => {
                assert_eq!(code, expected, "`{word}` was refused for another reason: {message}");
                Some(message)
            }
            (Some((code, message)), None) => panic!("`{word}` was refused: {code}: {message}"),
            (None, Some(expected)) => {
                panic!("`{word}` was not refused with `{expected}`, but happened")
            }
        }
    }
}

impl<'a> IntoFuture for Act<'a> {
    type Output = Option<String>;
    type IntoFuture = Pin<Box<dyn Future<Output = Option<String>> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.go())
    }
}
