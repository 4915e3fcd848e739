//! One-time schedules in `EventBridge` Scheduler, so that what has a time happens on time.
//!
//! A schedule wakes its run and nothing more: what is due then, the run itself knows. So one that
//! comes twice, late or for a run that is over does no harm, and one that never comes is made good
//! by the sweep.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::{DisplayErrorContext, SdkError};
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode,
    RetryPolicy, Target,
};
use countersign::context::ServiceError;
use countersign::engine::Due;
use countersign::model::{RunId, Timestamp};
use serde::{Deserialize, Serialize};

use super::config::Schedules;

/// What a schedule tells the timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// Which run is to be woken.
    pub run: RunId,
    /// For what.
    pub due: String,
    /// When.
    pub at: Timestamp,
}

/// Makes schedules.
#[derive(Debug, Clone)]
pub struct Scheduler {
    client: Client,
    place: Schedules,
}

impl Scheduler {
    /// Schedules in this place.
    #[must_use]
    pub const fn new(client: Client, place: Schedules) -> Self {
        Self { client, place }
    }

    /// Has the run woken at that time. One that is there already is one's own.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub async fn arm(&self, run: &RunId, due: Due, at: Timestamp) -> Result<(), ServiceError> {
        let alarm = Alarm { run: run.clone(), due: due.as_str().to_owned(), at };
        let (name, input) = (name(&alarm), serde_json::to_string(&alarm).unwrap_or_default());
        let dead_letters = self.place.dead_letters_arn.as_ref();
        let target = Target::builder()
            .arn(&self.place.timer_arn)
            .role_arn(&self.place.role_arn)
            .input(input)
            .set_dead_letter_config(
                dead_letters.map(|arn| DeadLetterConfig::builder().arn(arn).build()),
            )
            .retry_policy(RetryPolicy::builder().maximum_event_age_in_seconds(3_600).build())
            .build()
            .map_err(|error| failed(&error))?;
        let exactly = FlexibleTimeWindow::builder()
            .mode(FlexibleTimeWindowMode::Off)
            .build()
            .map_err(|error| failed(&error))?;
        let made = self
            .client
            .create_schedule()
            .name(&name)
            .client_token(&name)
            .group_name(&self.place.group)
            .schedule_expression(expression(at))
            .flexible_time_window(exactly)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target)
            .send()
            .await;
        match made {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conflict_exception() => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Takes a schedule away. One that is not there has come already, or never was.
    ///
    /// # Errors
    ///
    /// If it cannot be taken away.
    pub async fn disarm(&self, run: &RunId, due: Due, at: Timestamp) -> Result<(), ServiceError> {
        let alarm = Alarm { run: run.clone(), due: due.as_str().to_owned(), at };
        let group = &self.place.group;
        let gone = self.client.delete_schedule().name(name(&alarm)).group_name(group).send().await;
        match gone {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => {
                Ok(())
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

fn failed(error: &dyn std::error::Error) -> ServiceError {
    ServiceError::passing("scheduler", DisplayErrorContext(error).to_string())
}

/// The name of a schedule: the same for the same run, reason and time. At most 64 of
/// `[0-9a-zA-Z-_.]`, as Scheduler takes it.
fn name(alarm: &Alarm) -> String {
    format!("{}-{}-{}", alarm.run, alarm.due, whole_seconds(alarm.at))
}

/// `at(yyyy-mm-ddThh:mm:ss)`, in UTC.
fn expression(at: Timestamp) -> String {
    let at = Timestamp::from_second(whole_seconds(at)).unwrap_or(at);
    format!("at({})", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// Not before its time.
fn whole_seconds(at: Timestamp) -> i64 {
    let millis = at.as_millisecond();
    millis.div_euclid(1_000).saturating_add(i64::from(millis.rem_euclid(1_000) > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_named_by_what_it_is_for_and_never_early() {
        let run = RunId::from_parts(1_700_000_000_000, 7);
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let alarm = |millis| Alarm { run: run.clone(), due: "deadline".to_owned(), at: at(millis) };
        let name = name(&alarm(9_999_999_999_001));
        assert_eq!(name, format!("{run}-deadline-10000000000"));
        assert!(name.len() <= 64, "{name}");
        assert_eq!(expression(at(1_700_000_000_000)), "at(2023-11-14T22:13:20)");
        assert_eq!(expression(at(1_700_000_000_001)), "at(2023-11-14T22:13:21)");
    }
}
