//! The external systems as a flow sees them.

mod aws_lambda;
mod call;
mod github;
mod jira;
mod knowbe4;

use super::{About, Call, Context, Destination, Incident, IncidentQuery, Message, ServiceError};
use crate::approvers::People;
use crate::model::User;

pub use aws_lambda::AwsLambda;
pub use github::GitHub;
pub use jira::{Issue, Jira, NewIssue};
pub use knowbe4::{Enrollment, KnowBe4};

/// PagerDuty, as a flow sees it.
#[derive(Debug, Clone, Copy)]
pub struct PagerDuty<'a>(&'a Context);

impl<'a> PagerDuty<'a> {
    pub(super) const fn new(cx: &'a Context) -> Self {
        Self(cx)
    }

    /// Whether somebody is on call now, for any schedule.
    ///
    /// # Errors
    ///
    /// If PagerDuty cannot be asked.
    pub async fn is_on_call(&self, user: &User) -> Result<bool, ServiceError> {
        self.0.services().is_on_call(user, None).await
    }

    /// Whether somebody is on call now for this schedule, by its name or id.
    ///
    /// # Errors
    ///
    /// If PagerDuty cannot be asked, or knows no such schedule.
    pub async fn is_on_call_for(&self, user: &User, schedule: &str) -> Result<bool, ServiceError> {
        self.0.services().is_on_call(user, Some(schedule)).await
    }

    /// Whether somebody is on call now for this escalation policy, by its name or id: on this level,
    /// the first being 1, or on any.
    ///
    /// # Errors
    ///
    /// If PagerDuty cannot be asked, or knows no such policy.
    pub async fn is_on_call_for_policy(
        &self,
        user: &User,
        policy: &str,
        level: Option<u32>,
    ) -> Result<bool, ServiceError> {
        let people = People::PagerDutyPolicy { policy: policy.to_owned(), level };
        self.0.services().is_member(&people, &user.id).await
    }

    /// Whoever is on call now for this schedule, by its name or id.
    ///
    /// # Errors
    ///
    /// If PagerDuty cannot be asked, or knows no such schedule.
    pub async fn on_call_for(&self, schedule: &str) -> Result<Vec<User>, ServiceError> {
        self.0.services().members(&People::PagerDutySchedule(schedule.to_owned())).await
    }

    /// The open incidents: of a service, of a user, or all.
    ///
    /// # Errors
    ///
    /// If PagerDuty cannot be asked, or knows no such service or user.
    pub async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, ServiceError> {
        self.0.services().incidents(query).await
    }
}

/// Okta, as a flow sees it.
#[derive(Debug, Clone, Copy)]
pub struct Okta<'a>(&'a Context);

impl<'a> Okta<'a> {
    pub(super) const fn new(cx: &'a Context) -> Self {
        Self(cx)
    }

    /// Whether somebody is in this group, by its name or id.
    ///
    /// # Errors
    ///
    /// If Okta cannot be asked, or knows no such group.
    pub async fn is_in_group(&self, user: &User, group: &str) -> Result<bool, ServiceError> {
        self.0.services().is_member(&People::OktaGroup(group.to_owned()), &user.id).await
    }

    /// The members of this group.
    ///
    /// # Errors
    ///
    /// If Okta cannot be asked, or knows no such group.
    pub async fn users_in_group(&self, group: &str) -> Result<Vec<User>, ServiceError> {
        self.0.services().members(&People::OktaGroup(group.to_owned())).await
    }
}

/// Slack, as a flow sees it. Only actions post: a hook or a reducer decides, and may be called more
/// than once.
#[derive(Debug, Clone, Copy)]
pub struct Slack<'a>(&'a Context);

impl<'a> Slack<'a> {
    pub(super) const fn new(cx: &'a Context) -> Self {
        Self(cx)
    }

    /// Answers in the thread of the run's message.
    ///
    /// # Errors
    ///
    /// If this is no action, or Slack cannot be reached.
    pub async fn reply(&self, text: impl Into<String>) -> Result<(), ServiceError> {
        match self.0.call() {
            Call::Acting(event) => {
                let to = Destination::Thread(event.run().id.clone());
                self.post(to, text.into()).await
            }
            Call::Deciding => Err(only_actions()),
        }
    }

    /// Posts in a channel, by `#name` or id.
    ///
    /// # Errors
    ///
    /// If this is no action, or Slack cannot be reached.
    pub async fn send(&self, channel: &str, text: impl Into<String>) -> Result<(), ServiceError> {
        self.post(Destination::People(People::SlackChannel(channel.to_owned())), text.into()).await
    }

    /// Sends a direct message.
    ///
    /// # Errors
    ///
    /// If this is no action, or Slack cannot be reached.
    pub async fn tell(&self, user: &User, text: impl Into<String>) -> Result<(), ServiceError> {
        self.post(Destination::User(user.id.clone()), text.into()).await
    }

    /// The members of a channel, by `#name` or id.
    ///
    /// # Errors
    ///
    /// If Slack cannot be asked, or knows no such channel.
    pub async fn users_in_channel(&self, channel: &str) -> Result<Vec<User>, ServiceError> {
        self.0.services().members(&People::SlackChannel(channel.to_owned())).await
    }

    async fn post(&self, to: Destination, text: String) -> Result<(), ServiceError> {
        let Call::Acting(event) = self.0.call() else { return Err(only_actions()) };
        let run = Some(event.run().id.clone());
        // Two messages of one action differ in text or destination; the same one twice is one.
        let key = format!("{}/{to:?}/{text}", self.0.idempotency_key());
        self.0
            .services()
            .post(Message { key, to, run, about: About::Words, text, at: self.0.now() })
            .await
    }
}

fn only_actions() -> ServiceError {
    ServiceError::lasting(
        "slack",
        "hooks and reducers do not post: they decide, and may be called more than once",
        "post from an action, such as `#[action] async fn after_request(..)`",
    )
}
