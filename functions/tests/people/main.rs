//! People whom Okta, PagerDuty and Slack know, over stand-ins that refuse what those refuse.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod directory;
mod leaving;
mod rig;
mod stories;
