//! What `[directory]` of the settings says in place of systems that are not there.

use countersign::context::ServiceError;
use countersign::model::{Timestamp, UserId};

use crate::settings::DirectorySettings;

/// The members of a group.
pub(super) fn group(
    directory: &DirectorySettings,
    name: &str,
) -> Result<Vec<UserId>, ServiceError> {
    let members = directory.group(name);
    members.map(<[UserId]>::to_vec).ok_or_else(|| unknown("okta", "group", name, "groups"))
}

/// The members of a channel.
pub(super) fn channel(
    directory: &DirectorySettings,
    name: &str,
) -> Result<Vec<UserId>, ServiceError> {
    let members = directory.channel(name);
    members.map(<[UserId]>::to_vec).ok_or_else(|| unknown("slack", "channel", name, "channels"))
}

/// Whoever is on call by a schedule now.
pub(super) fn schedule(
    directory: &DirectorySettings,
    name: &str,
) -> Result<Vec<UserId>, ServiceError> {
    let on_call = directory.on_call(name, Timestamp::now());
    let on_call = on_call.ok_or_else(|| unknown("pagerduty", "schedule", name, "schedules"))?;
    Ok(on_call.into_iter().cloned().collect())
}

/// Whoever is on call by an escalation policy now: the schedule `name/level` stands for one level of
/// it, and `name`, or all of its levels together, for any.
pub(super) fn policy(
    directory: &DirectorySettings,
    name: &str,
    level: Option<u32>,
) -> Result<Vec<UserId>, ServiceError> {
    if let Some(level) = level {
        return schedule(directory, &format!("{name}/{level}"));
    }
    let now = Timestamp::now();
    let of_it = |schedule: &str| schedule.strip_prefix(name).is_some_and(is_whole_or_level);
    let schedules = directory.schedules.iter().map(|schedule| schedule.name.as_str());
    let of_it: Vec<_> = schedules.filter(|schedule| of_it(schedule)).collect();
    if of_it.is_empty() {
        return schedule(directory, name);
    }
    let on_call = of_it.iter().filter_map(|name| directory.on_call(name, now)).flatten();
    Ok(on_call.cloned().collect())
}

fn is_whole_or_level(rest: &str) -> bool {
    rest.is_empty() || rest.strip_prefix('/').is_some_and(|level| level.parse::<u32>().is_ok())
}

/// Whether somebody is on call now by any schedule.
pub(super) fn is_on_call(directory: &DirectorySettings, user: &UserId) -> bool {
    let now = Timestamp::now();
    let by = |name: &str| directory.on_call(name, now).is_some_and(|users| users.contains(&user));
    directory.schedules.iter().any(|schedule| by(&schedule.name))
}

fn unknown(service: &str, what: &str, name: &str, place: &str) -> ServiceError {
    let hint = format!(
        "add it to the settings, under `[[directory.{place}]]`, or give an integration of type \
         `{service}` its secret"
    );
    ServiceError::lasting(service, format!("there is no {what} `{name}`"), hint)
}
