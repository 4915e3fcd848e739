//! Slack.

mod client;
mod conversations;
mod looks;
mod people;

#[cfg(test)]
mod tests;

pub use client::{Slack, SlackError, Standing};
