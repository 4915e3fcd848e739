//! What comes in from Slack.

pub mod signature;
