//! Stories in Slack, over a local server in memory and the stand-in of Slack.

mod once;
mod places;
mod refusals;
mod rig;
mod stories;
