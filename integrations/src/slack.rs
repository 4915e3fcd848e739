//! Slack.

mod client;

pub use client::{Slack, SlackError};
