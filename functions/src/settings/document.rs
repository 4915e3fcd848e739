//! The document itself: what may be written, and what holds when it is left out.
//!
//! These types are the one description of it. The JSON Schema is made from them, the reader checks
//! every document against that schema, and the comments here are what an editor shows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use countersign::context::About;
use countersign::model::{
    Duration, FlowName, Object, Role, Source, StrategyName, TargetName, Timestamp, UserId,
};
use countersign_integrations::SecretRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::form;

/// The settings of one Countersign environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The environment itself.
    pub environment: Environment,
    /// External systems that Countersign talks to.
    #[serde(default)]
    pub integrations: Vec<IntegrationSettings>,
    /// Ways in which access is given and taken away.
    #[serde(default)]
    pub strategies: Vec<StrategySettings>,
    /// What one can get access to.
    #[serde(default)]
    pub targets: Vec<TargetSettings>,
    /// The flows, and what they may give.
    #[serde(default)]
    pub flows: Vec<FlowSettings>,
    /// People who are known from the start. Others appear when they first act.
    #[serde(default)]
    pub users: Vec<UserSettings>,
    /// What the local server answers in place of Okta, Slack and PagerDuty.
    #[serde(default)]
    pub directory: DirectorySettings,
    /// Where the local server passes audit entries on to. On AWS, the Terraform module says.
    #[serde(default)]
    pub export: ExportSettings,
    /// Endpoints that are told what happens.
    #[serde(default)]
    pub webhooks: Vec<WebhookSettings>,
    /// Whom flows may call by `cx.http()`.
    #[serde(default)]
    pub http: HttpSettings,
    /// How people sign in to the local server. Without it anybody who comes from this machine may be
    /// anybody. On AWS, the Terraform module says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInSettings>,
    /// Secrets that flows read, by name.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretRef>,
    #[serde(skip)]
    #[schemars(skip)]
    pub(super) origin: super::origin::Origin,
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name.
    #[schemars(schema_with = "form::name")]
    pub name: String,
    /// The organization: the first part of every resource name.
    #[schemars(schema_with = "form::name")]
    pub org: String,
    /// The time zone in which `tomorrow` and `9:00` are meant: a name of the IANA database, such as
    /// `Europe/Berlin`.
    #[serde(default = "utc")]
    #[schemars(schema_with = "form::time_zone")]
    pub time_zone: String,
    /// People with a mail address of these domains are members when they first act. All others are
    /// guests.
    #[serde(default)]
    #[schemars(schema_with = "form::domains")]
    pub domains: Vec<String>,
}

/// An endpoint that is told what happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Its name.
    #[schemars(schema_with = "form::name")]
    pub name: String,
    /// Its address: `https://`, or plain HTTP on this machine.
    #[schemars(length(min = 1))]
    pub url: String,
    /// What signs the requests, by the Standard Webhooks scheme: `{ env = "NAME" }`, `{ file = "path" }` or,
    /// on AWS, `{ arn = "arn:.." }`.
    pub secret: SecretRef,
    /// What it is told about. Otherwise everything.
    #[serde(default)]
    pub about: Vec<About>,
}

/// Whom flows may call by `cx.http()`. Nobody, if none of it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Hosts at public addresses, by HTTPS: `api.acme.com`, `api.acme.com:8443`, or `*.acme.com` for all
    /// below it.
    #[serde(default)]
    #[schemars(schema_with = "form::hosts")]
    pub hosts: Vec<String>,
    /// Hosts inside, at private addresses.
    #[serde(default)]
    #[schemars(schema_with = "form::hosts")]
    pub private_hosts: Vec<String>,
}

/// How people sign in to the local server: with an identity provider that speaks OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInSettings {
    /// The provider, exactly as its tokens write it in `iss`.
    #[schemars(schema_with = "form::issuer")]
    pub issuer: String,
    /// What the provider calls this server: the client that was registered there.
    #[schemars(length(min = 1))]
    pub client_id: String,
    /// The client's secret. A public client has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretRef>,
    /// Where browsers reach the pages, such as `https://access.acme.com`. Other names are refused.
    #[schemars(schema_with = "form::pages")]
    pub url: String,
    /// The claim that holds the mail address.
    #[serde(default = "email")]
    #[schemars(length(min = 1))]
    pub email_claim: String,
    /// For whom the API's tokens may be meant, besides this client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// How long a session of a browser lasts.
    #[serde(default = "working_day")]
    #[schemars(schema_with = "form::duration")]
    pub lasts: Duration,
    /// How long a session may rest; otherwise for as long as it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::duration")]
    pub idle: Option<Duration>,
}

/// Where audit entries are passed on to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportSettings {
    /// A folder that takes them as files of JSON lines. A relative path starts at the folder of the
    /// settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// An endpoint that takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpExport>,
}

/// An endpoint that takes audit entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpExport {
    /// Its address: `https://`, or plain HTTP on this machine.
    #[schemars(length(min = 1))]
    pub url: String,
    /// What signs the requests, by the Standard Webhooks scheme: `{ env = "NAME" }` or
    /// `{ file = "path" }`.
    pub secret: SecretRef,
}

/// One external system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationSettings {
    /// Its name.
    #[schemars(schema_with = "form::name")]
    pub name: String,
    /// The type of service: `okta`, `slack`, `pagerduty`, `directory`, `http`, `custom`, or a type of
    /// your own.
    #[serde(rename = "type")]
    #[schemars(schema_with = "form::name")]
    pub kind: String,
    /// Which one of that type: Slack's workspace id, Okta's domain.
    #[schemars(length(min = 1))]
    pub external_id: String,
    /// Settings of the type. Secrets are references: `{ env = "NAME" }`, `{ file = "path" }` or, on
    /// AWS, `{ arn = "arn:.." }`.
    #[serde(default)]
    pub settings: Object,
}

/// One way in which access is given and taken away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrategySettings {
    /// Its name.
    #[schemars(schema_with = "form::name")]
    pub name: StrategyName,
    /// How it works: `directory_group`, `approval_only`, `http`, or a type that the program registers
    /// in `main!`.
    #[serde(rename = "type")]
    #[schemars(schema_with = "form::name")]
    pub kind: String,
    /// The integration that it acts through, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// Settings of the type. Secrets are references: `{ env = "NAME" }`, `{ file = "path" }` or, on
    /// AWS, `{ arn = "arn:.." }`.
    #[serde(default)]
    pub settings: Object,
}

/// One thing to get access to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSettings {
    /// Its name, as people and the API use it.
    #[schemars(schema_with = "form::name")]
    pub name: TargetName,
    /// What sort of thing it is, such as `s3`: what a flow decides by. Otherwise the strategy's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::name")]
    pub kind: Option<String>,
    /// What pages and messages call it. Otherwise its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub label: Option<String>,
    /// How it is granted, by the strategy's name. Without one nothing is granted: the approval is
    /// all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The strategy's settings for it.
    #[serde(default)]
    pub settings: Object,
    /// The longest that anybody gets it at once, in whichever flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::duration")]
    pub max_duration: Option<Duration>,
    /// The choices of duration for it; they go before the flow's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "form::durations")]
    pub durations: Vec<Duration>,
}

/// One flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the document")]
pub struct FlowSettings {
    /// Its name, as in `flow!("name", Access)`.
    #[schemars(schema_with = "form::name")]
    pub name: FlowName,
    /// What it may give, by the targets' names.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Its variables: what the struct after `vars` in `flow!` declares.
    #[serde(default)]
    pub vars: Object,
    /// Whether access can be ended before its time.
    #[serde(default = "yes")]
    pub allow_revoke: bool,
    /// Whether access ends by itself. This or `allow_revoke` has to be true.
    #[serde(default = "yes")]
    pub schedule_deescalation: bool,
    /// Whether approvers can add a message to their decision.
    #[serde(default = "yes")]
    pub include_decision_message: bool,
    /// Whether guests may decide where they are asked.
    #[serde(default)]
    pub allow_guest_interaction: bool,
    /// Where requests may come from. An empty list: only other flows start it.
    #[serde(default = "AllowedSource::all")]
    pub allowed_sources: Vec<AllowedSource>,
    /// The longest that anybody gets a target at once. Where the target has its own, the shorter one
    /// holds; where neither has one, `8h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::duration")]
    pub max_duration: Option<Duration>,
    /// The choices of duration, at most eight. Otherwise `30m`, `1h` and `4h`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "form::durations")]
    pub durations: Vec<Duration>,
    /// How often the access of one request can be extended.
    #[serde(default = "two")]
    #[schemars(range(max = 100))]
    pub max_extensions: u32,
    /// The reason that requesters give.
    #[serde(default)]
    pub reason: ReasonSettings,
    /// What becomes of a request when the flow's own code fails.
    #[serde(default)]
    pub fail: Fail,
    /// Whether administrators may decide even where they are not asked. The log says so.
    #[serde(default)]
    pub admins_may_decide: bool,
}

/// The reason that requesters give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonSettings {
    /// Whether there has to be one.
    #[serde(default = "yes")]
    pub required: bool,
    /// A regular expression that has to match somewhere in it; `^` and `$` make it match the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::regex")]
    pub pattern: Option<String>,
    /// What one is told whose reason does not match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub message: Option<String>,
}

impl Default for ReasonSettings {
    fn default() -> Self {
        Self { required: true, pattern: None, message: None }
    }
}

/// What becomes of a request when the flow's own code fails. It is never granted because of that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fail {
    /// It goes to its normal approvers.
    #[default]
    Ask,
    /// It is denied.
    Deny,
}

/// Where a request may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllowedSource {
    /// Slack.
    Slack,
    /// The pages.
    Web,
    /// The command line.
    Cli,
    /// The HTTP API.
    Api,
}

impl AllowedSource {
    pub(super) fn all() -> Vec<Self> {
        vec![Self::Slack, Self::Web, Self::Cli, Self::Api]
    }
}

impl From<AllowedSource> for Source {
    fn from(source: AllowedSource) -> Self {
        match source {
            AllowedSource::Slack => Self::Slack,
            AllowedSource::Web => Self::Web,
            AllowedSource::Cli => Self::Cli,
            AllowedSource::Api => Self::Api,
        }
    }
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserSettings {
    /// The mail address: who they are, everywhere.
    #[serde(deserialize_with = "form::mail")]
    #[schemars(schema_with = "form::email")]
    pub email: UserId,
    /// What pages and messages call them. Otherwise the mail address up to the `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub name: Option<String>,
    /// What they may do. Otherwise members if their domain is one of the environment's, else guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::role")]
    pub role: Option<Role>,
    /// The groups they are in, for policies to read.
    #[serde(default)]
    pub groups: Vec<String>,
    /// What they are called elsewhere.
    #[serde(default)]
    pub identities: Vec<IdentitySettings>,
    /// Whether they have left: no request, no decision, no access.
    #[serde(default)]
    pub deactivated: bool,
}

/// What somebody is called in an integration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentitySettings {
    /// The integration's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The integration's `external_id`.
    pub external_id: String,
    /// The name there, such as a Slack user id.
    #[schemars(length(min = 1))]
    pub value: String,
}

/// What the local server answers in place of Okta, Slack and PagerDuty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectorySettings {
    /// Groups, as Okta and Slack have them.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Slack channels; their names start with a `#`.
    #[serde(default)]
    pub channels: Vec<Group>,
    /// Who is on call, as PagerDuty knows it.
    #[serde(default)]
    pub schedules: Vec<Schedule>,
}

/// People under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Who is in it, by mail address.
    #[serde(default, deserialize_with = "form::mails")]
    #[schemars(schema_with = "form::emails")]
    pub members: Vec<UserId>,
}

/// Who is on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Its name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Who is on call when.
    #[serde(default)]
    pub shifts: Vec<Shift>,
}

/// One person on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Who, by mail address.
    #[serde(deserialize_with = "form::mail")]
    #[schemars(schema_with = "form::email")]
    pub user: UserId,
    /// From when; otherwise from ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::time")]
    pub from: Option<Timestamp>,
    /// Until when, not included; otherwise for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::time")]
    pub until: Option<Timestamp>,
}

impl Shift {
    /// Whether it is on at this time.
    #[must_use]
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

fn email() -> String {
    crate::oidc::OidcSettings::EMAIL.to_owned()
}

const fn working_day() -> Duration {
    crate::sign_in::LASTS
}

const fn yes() -> bool {
    true
}

const fn two() -> u32 {
    2
}
