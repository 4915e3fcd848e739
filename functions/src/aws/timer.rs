//! The timer: a schedule has come, and its run is woken.

use serde_json::Value;

use super::aside::set_aside;
use super::schedule::Alarm;
use super::system::Function;
use super::wake::wake;
use crate::machine;

/// Wakes the run of a schedule. Payloads that make no sense are set aside: they would make none the
/// next time.
///
/// # Errors
///
/// If it cannot be written now: the schedule is delivered again.
pub async fn handle(function: &Function, payload: Value) -> Result<(), String> {
    let (store, now) = (&*function.store, machine::now());
    match serde_json::from_value::<Alarm>(payload.clone()) {
        Ok(alarm) => wake(store, &alarm.run, &alarm.due, now, machine::entropy()).await,
        Err(error) => {
            let environment = &function.config.environment;
            let (why, content) = (error.to_string(), payload.to_string());
            set_aside(store, environment, now, "schedule", &why, &content).await
        }
    }
}
