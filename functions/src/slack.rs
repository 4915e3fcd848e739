//! Slack: what Countersign says there, and what comes in from there: commands, forms, buttons, the App
//! Home.
//!
//! [`signature`] says whether Slack sent it, [`door`] reads it and answers within Slack's three seconds,
//! `person` finds out afresh who it is. What they want is then recorded at the front desk, as from any
//! other surface; nothing is decided here, and nothing is believed that a message or a form says about
//! its own state. [`card`] is the message that a request is, [`post`] brings it there.

mod act;
mod answers;
mod ask;
mod blocks;
pub mod card;
mod command;
mod config;
mod decide;
pub mod doctor;
pub mod door;
mod form;
mod forms;
mod home;
pub mod manifest;
mod mine;
mod opening;
mod options;
mod payload;
mod person;
pub mod post;
mod reply;
mod sending;
pub mod signature;
#[cfg(feature = "local")]
pub mod socket;
pub mod text;
mod words;
mod workspace;

pub use forms::Forms;
pub use workspace::{Later, Setup, Workspace};
