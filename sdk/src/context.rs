//! What a flow's functions may do, and the services behind it.
//!
//! Code that decides reaches for the clock, other systems and the future only through
//! [`Context`], so that it can be tested, previewed and replayed.

mod follow_up;
mod http;
mod services;
mod systems;
mod when;

use std::sync::{Arc, Mutex, PoisonError};

use countersign_policy::Explanation;

use crate::model::{Event, Step, Timestamp};

pub use follow_up::{FollowUp, NewRun};
pub use http::{Http, HttpCall, HttpRequest, HttpResponse};
pub use services::{
    About, Destination, Directory, HistoryQuery, Incident, IncidentQuery, Message, Scope, Secret,
    ServiceError, Services, SystemCall,
};
pub use systems::{
    AwsLambda, Enrollment, GitHub, Issue, Jira, KnowBe4, NewIssue, Okta, PagerDuty, Slack,
};
pub use when::{InvalidTime, when};

/// Of so many policies that one call asks, the values are kept; of more, what they say.
const EXPLAINED: usize = 8;

/// What a flow's functions may do. Handed to every one of them.
#[derive(Debug)]
pub struct Context {
    services: Arc<dyn Services>,
    zone: jiff::tz::TimeZone,
    now: Timestamp,
    /// Names this call: the same when it is made again after a crash.
    key: String,
    call: Call,
    scheduled: Mutex<Vec<NewRun>>,
    explained: Mutex<Vec<Explanation>>,
}

/// What a call leaves besides its answer.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// The runs that it scheduled.
    pub(crate) scheduled: Vec<NewRun>,
    /// What the policies that it asked said, and why.
    pub(crate) explained: Vec<Explanation>,
}

/// What sort of function is being called.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// A hook or a reducer: it decides, and changes nothing outside.
    Deciding,
    /// An action: it may post messages, to the run's thread among others.
    Acting(Box<Event>),
}

impl Context {
    pub(crate) fn new(
        services: Arc<dyn Services>,
        zone: jiff::tz::TimeZone,
        now: Timestamp,
        key: String,
        call: Call,
    ) -> Self {
        let (scheduled, explained) = (Mutex::default(), Mutex::default());
        Self { services, zone, now, key, call, scheduled, explained }
    }

    /// The time of the event: the same however often the function is called for it.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Names this call of this function: the same when it is repeated after a crash. For actions,
    /// to do once what may be called twice.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// Slack.
    #[must_use]
    pub const fn slack(&self) -> Slack<'_> {
        Slack::new(self)
    }

    /// Okta.
    #[must_use]
    pub const fn okta(&self) -> Okta<'_> {
        Okta::new(self)
    }

    /// PagerDuty.
    #[must_use]
    pub const fn pagerduty(&self) -> PagerDuty<'_> {
        PagerDuty::new(self)
    }

    /// HTTP, to the hosts that the settings allow.
    #[must_use]
    pub const fn http(&self) -> Http<'_> {
        Http::new(self)
    }

    /// Jira.
    #[must_use]
    pub const fn jira(&self) -> Jira<'_> {
        Jira::new(self)
    }

    /// KnowBe4.
    #[must_use]
    pub const fn knowbe4(&self) -> KnowBe4<'_> {
        KnowBe4::new(self)
    }

    /// GitHub.
    #[must_use]
    pub const fn github(&self) -> GitHub<'_> {
        GitHub::new(self)
    }

    /// Functions of one's own on AWS Lambda.
    #[must_use]
    pub const fn aws_lambda(&self) -> AwsLambda<'_> {
        AwsLambda::new(self)
    }

    /// Starts a run of another flow later: at `"tomorrow"`, `"in 3 hours"`, `"next monday 9:00"` or
    /// an RFC 3339 time, in the environment's time zone. A day without a time means 9:00.
    ///
    /// It takes effect only if the step that this function belongs to is committed, and once.
    ///
    /// # Errors
    ///
    /// If the time cannot be read, or is not in the future.
    pub fn schedule(&self, at: &str, run: impl Into<NewRun>) -> Result<(), InvalidTime> {
        let at = when(at, self.now, &self.zone)?;
        let mut run = run.into();
        run.at = Some(at);
        self.scheduled.lock().unwrap_or_else(PoisonError::into_inner).push(run);
        Ok(())
    }

    /// How often a user had a step.
    ///
    /// ```
    /// # use countersign::prelude::*;
    /// # async fn example(event: &Event, cx: &Context) -> Result<bool> {
    /// // Approved for this target within the last 30 days?
    /// let since = cx.days_ago(30);
    /// let times = cx.history(event, Step::Approval).on_target().since(since).count().await?;
    /// # Ok(times > 0) }
    /// ```
    #[must_use]
    pub fn history<'a>(&'a self, event: &Event, step: Step) -> History<'a> {
        let query = HistoryQuery {
            user: event.requester().id.clone(),
            step,
            scope: Scope::Flow(event.flow().name.clone()),
            since: None,
            until: Some(self.now),
            except: event.run().id.clone(),
        };
        History { cx: self, target: event.target.as_ref().map(|target| target.name.clone()), query }
    }

    /// The moment so many days of 24 hours before [`now`](Self::now).
    #[must_use]
    pub fn days_ago(&self, days: u32) -> Timestamp {
        let span = jiff::SignedDuration::from_hours(i64::from(days).saturating_mul(24));
        self.now.checked_sub(span).unwrap_or(Timestamp::MIN)
    }

    /// A secret, by the name that the settings give it. Fetched when it is used.
    ///
    /// # Errors
    ///
    /// If the settings know no such secret, or it cannot be fetched.
    pub async fn secret(&self, name: &str) -> Result<Secret, ServiceError> {
        self.services.secret(name).await
    }

    pub(crate) fn services(&self) -> &dyn Services {
        &*self.services
    }

    pub(crate) const fn call(&self) -> &Call {
        &self.call
    }

    /// Keeps what a policy said for the story of the run.
    pub(crate) fn explained(&self, explanation: Explanation) {
        let mut explained = self.explained.lock().unwrap_or_else(PoisonError::into_inner);
        let is_one_of_many = explained.len() >= EXPLAINED;
        explained.push(if is_one_of_many { explanation.brief() } else { explanation });
    }

    /// What the call leaves, taken out.
    pub(crate) fn take_left(&self) -> Left {
        fn take<T>(all: &Mutex<Vec<T>>) -> Vec<T> {
            std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner))
        }
        Left { scheduled: take(&self.scheduled), explained: take(&self.explained) }
    }
}

/// A question about the past, put together word by word. See [`Context::history`].
#[derive(Debug)]
pub struct History<'a> {
    cx: &'a Context,
    target: Option<crate::model::TargetName>,
    query: HistoryQuery,
}

impl History<'_> {
    /// Counts runs for the same target, by any flow, instead of runs of the same flow.
    #[must_use]
    pub fn on_target(mut self) -> Self {
        if let Some(target) = self.target.clone() {
            self.query.scope = Scope::Target(target);
        }
        self
    }

    /// Counts from this moment on.
    #[must_use]
    pub fn since(mut self, since: Timestamp) -> Self {
        self.query.since = Some(since);
        self
    }

    /// How often.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn count(self) -> Result<u32, ServiceError> {
        self.cx.services.history(&self.query).await
    }
}
