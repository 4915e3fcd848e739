//! People whom Okta, PagerDuty and Slack know, and what they are told, over stand-ins that refuse what those refuse.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod directory;
mod doctor;
mod leaving;
mod notices;
mod rig;
mod stories;
