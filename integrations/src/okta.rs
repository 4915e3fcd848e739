//! Okta: who is in a group, who has left, who is whose manager; and membership in a group as access.
//!
//! Source: <https://developer.okta.com/docs/api/>; the shapes of users, groups and their operations as
//! in `@okta/openapi` 2.15.0 and the models of Okta's Python SDK 3.4.6.

mod auth;
mod client;
mod group_strategy;
mod groups;
mod shapes;
mod users;

pub use client::Okta;
pub use group_strategy::OktaGroup;
pub use shapes::{Account, Group, Status};

#[cfg(test)]
mod tests;
