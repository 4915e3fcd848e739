//! Slack.

mod client;
mod conversations;
mod people;

#[cfg(test)]
mod tests;

pub use client::{Slack, SlackError, Standing};
