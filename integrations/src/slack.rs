//! Slack.

mod client;
mod conversations;
mod people;

pub use client::{Slack, SlackError};
