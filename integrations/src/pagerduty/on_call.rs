//! Who is on call now.

use std::collections::BTreeMap;

use countersign::context::ServiceError;
use serde::Deserialize;

use super::client::{POLICY, PagerDuty, SCHEDULE};
use super::users::Account;
use crate::Person;

/// On call for what.
///
/// A schedule counts as far as an escalation policy uses it: that is what makes somebody on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty<'a> {
    /// Anything.
    Any,
    /// A schedule, by its name or id.
    Schedule(&'a str),
    /// An escalation policy, by its name or id: on one level, the first being 1, or on any.
    Policy(&'a str, Option<u32>),
}

/// One person's time on call, as `listOnCalls` has it.
#[derive(Debug, Deserialize)]
struct OnCall {
    user: Account,
    escalation_level: u32,
}

/// The same, where only the level counts.
#[derive(Debug, Deserialize)]
struct Level {
    escalation_level: u32,
}

impl PagerDuty {
    /// Everybody who is on call for something now.
    ///
    /// # Errors
    ///
    /// If there is no such schedule or policy, or `PagerDuty` cannot be asked.
    pub async fn on_call(&self, duty: Duty<'_>) -> Result<Vec<Person>, ServiceError> {
        let (id, key, level) = self.filter(duty).await?;
        let mut query = vec![("include[]", "users")];
        query.extend(key.map(|key| (key, id.as_str())));
        let all: Vec<OnCall> = self.list("listOnCalls", "oncalls", &query).await?;
        let counts = |one: &OnCall| level.is_none_or(|level| one.escalation_level == level);
        let people: BTreeMap<_, _> = all
            .into_iter()
            .filter(counts)
            .map(|one| (one.user.id.clone(), one.user.person()))
            .collect();
        Ok(people.into_values().collect())
    }

    /// Whether somebody, by their id, is on call for something now.
    ///
    /// # Errors
    ///
    /// If there is no such schedule or policy, or `PagerDuty` cannot be asked.
    pub async fn is_on_call(&self, user: &str, duty: Duty<'_>) -> Result<bool, ServiceError> {
        let (id, key, level) = self.filter(duty).await?;
        let mut query = vec![("user_ids[]", user)];
        query.extend(key.map(|key| (key, id.as_str())));
        let all: Vec<Level> = self.list("listOnCalls", "oncalls", &query).await?;
        Ok(all.iter().any(|one| level.is_none_or(|level| one.escalation_level == level)))
    }

    /// The id that is asked for, the parameter that it goes into, and the level.
    async fn filter(
        &self,
        duty: Duty<'_>,
    ) -> Result<(String, Option<&'static str>, Option<u32>), ServiceError> {
        Ok(match duty {
            Duty::Any => (String::new(), None, None),
            Duty::Schedule(name) => {
                (self.id_of(&SCHEDULE, name).await?, Some("schedule_ids[]"), None)
            }
            Duty::Policy(name, level) => {
                (self.id_of(&POLICY, name).await?, Some("escalation_policy_ids[]"), level)
            }
        })
    }
}
