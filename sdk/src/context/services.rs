//! The port behind [`Context`](super::Context): people, systems, messages, history, secrets.

use async_trait::async_trait;

use super::{HttpRequest, HttpResponse};
use crate::approvers::People;
use crate::model::{FlowName, RunId, Step, TargetName, Timestamp, User, UserId};
use crate::store::Write;

/// A service could not be asked. Never a "no": whoever gets it does not know.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{service}: {what}")]
pub struct ServiceError {
    /// Which service, such as `pagerduty`.
    pub service: String,
    /// What went wrong, without secrets.
    pub what: String,
    /// Whether asking again may help.
    pub retryable: bool,
    /// How to mend it.
    pub hint: Option<String>,
}

impl ServiceError {
    /// An error that will stay until somebody mends the settings or the other system.
    pub fn lasting(service: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            service: service.to_owned(),
            what: what.into(),
            retryable: false,
            hint: Some(hint.into()),
        }
    }

    /// An error that may pass.
    pub fn passing(service: &str, what: impl Into<String>) -> Self {
        Self { service: service.to_owned(), what: what.into(), retryable: true, hint: None }
    }
}

/// People and who is where. Asked afresh each time it matters.
#[async_trait]
pub trait Directory: std::fmt::Debug + Send + Sync {
    /// Who is in this set now. An empty answer means that nobody is; not to know is an error.
    async fn members(&self, people: &People) -> Result<Vec<User>, ServiceError>;

    /// Whether somebody is in this set now: as [`members`](Self::members) says, perhaps without
    /// listing them all.
    async fn is_member(&self, people: &People, id: &UserId) -> Result<bool, ServiceError> {
        Ok(self.members(people).await?.iter().any(|member| member.id == *id))
    }

    /// Everything that is known here about a user; `None` if nothing is. No other system is asked,
    /// so that nothing keeps access from being taken away.
    async fn user(&self, id: &UserId) -> Result<Option<User>, ServiceError>;

    /// The same, where something is granted or decided: other systems are asked, too, whether they
    /// have left, and what they are in. Not to know is an error.
    async fn user_now(&self, id: &UserId) -> Result<Option<User>, ServiceError> {
        self.user(id).await
    }

    /// Whether somebody is on call now: for the named PagerDuty schedule, or for any.
    async fn is_on_call(&self, user: &User, schedule: Option<&str>) -> Result<bool, ServiceError>;
}

/// Which incidents are looked for. Only open ones are: triggered or acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentQuery {
    /// Those of this service, by its name or id.
    pub service: Option<String>,
    /// Those that are assigned to this user.
    pub user: Option<UserId>,
}

/// An open incident.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// What people call it: a number.
    pub number: u64,
    /// What it is about.
    pub title: String,
    /// `triggered` or `acknowledged`.
    pub status: String,
    /// `high` or `low`.
    pub urgency: String,
    /// The service that it is of, by name.
    pub service: String,
    /// Where it is shown.
    pub url: String,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// The thread of a run's message.
    Thread(RunId),
    /// A user's direct messages.
    User(UserId),
    /// Wherever these people are asked.
    People(People),
    /// The environment's error channel.
    Errors,
    /// Whoever did something in Slack, and nobody else: an answer to what they did.
    Answer {
        /// Who they are here.
        user: UserId,
        /// The workspace.
        team: String,
        /// Who they are there.
        account: String,
        /// Where they did it, if it was in a channel.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
    },
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// What a function of the flow says.
    #[default]
    Words,
    /// Somebody is asked to decide.
    Ask,
    /// Those who are asked have not answered yet.
    Reminder,
    /// Where the run stands now.
    Standing,
    /// Access ends soon.
    EndsSoon,
    /// The requester is asked how it went.
    FollowUp,
    /// They have not said so.
    Overdue,
    /// Something went wrong.
    Trouble,
}

impl About {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Ask => "ask",
            Self::Reminder => "reminder",
            Self::Standing => "standing",
            Self::EndsSoon => "ends_soon",
            Self::FollowUp => "follow_up",
            Self::Overdue => "overdue",
            Self::Trouble => "trouble",
        }
    }
}

/// A message to be posted, once.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// The same key is the same message: posted twice is posted once.
    pub key: String,
    /// Where.
    pub to: Destination,
    /// The run it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What it is about, so that it can be shown as more than its text.
    #[serde(default)]
    pub about: About,
    /// Plain text.
    pub text: String,
    /// When the message was called for.
    pub at: Timestamp,
}

/// Of what runs the past is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Those of this flow.
    Flow(FlowName),
    /// Those for this target.
    Target(TargetName),
}

/// How often a user had a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Whose requests.
    pub user: UserId,
    /// Which step they came to.
    pub step: Step,
    /// Of which runs.
    pub scope: Scope,
    /// From then on, inclusive.
    pub since: Option<Timestamp>,
    /// Until then, inclusive.
    pub until: Option<Timestamp>,
    /// The run that asks, which does not count.
    pub except: RunId,
}

/// What a flow asks of another system, or has it do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemCall {
    /// The type of the system's integration, such as `jira`.
    pub system: String,
    /// Which integration, by its name; `None`: the only one of that type.
    pub integration: Option<String>,
    /// What is asked, such as `search`.
    pub operation: String,
    /// With what.
    pub input: serde_json::Value,
    /// The same key is the same call: what is to be done is done once.
    pub key: String,
}

/// A secret's value. Never printed; wiped by nobody, so keep it short.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub const fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Everything that a flow's functions reach through [`Context`](super::Context).
#[async_trait]
pub trait Services: Directory {
    /// How often a user had a step.
    async fn history(&self, query: &HistoryQuery) -> Result<u32, ServiceError>;

    /// A secret by the name that the settings give it.
    async fn secret(&self, name: &str) -> Result<Secret, ServiceError>;

    /// Makes a call, if the settings allow its host.
    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, ServiceError>;

    /// The open incidents at `PagerDuty`.
    async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, ServiceError> {
        let _ = query;
        let hint = "add an integration of type `pagerduty` with its `token`";
        Err(ServiceError::lasting("pagerduty", "nobody is there to be asked about incidents", hint))
    }

    /// What is written, in one transaction with what these messages of one run tell of, so that they
    /// are delivered; nothing where the engine's messages go nowhere.
    fn keeping(&self, messages: &[Message]) -> Vec<Write>;

    /// Posts a message, once per key.
    async fn post(&self, message: Message) -> Result<(), ServiceError>;

    /// Asks another system for something, or has it do something, once per key.
    async fn call(&self, call: SystemCall) -> Result<serde_json::Value, ServiceError> {
        let SystemCall { system, operation, .. } = call;
        let what = format!("nothing here can {operation}");
        Err(ServiceError::lasting(&system, what, "ask where the system is configured"))
    }
}
