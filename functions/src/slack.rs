//! Slack: what Countersign says there.

pub mod card;
pub mod post;
pub mod text;
