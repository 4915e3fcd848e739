//! Stand-ins for the vendors that Countersign talks to, as strict as what each has published: they
//! refuse what the vendor would refuse, and misbehave as they are told. For tests.
//!
//! A vendor is one file or folder. Its first lines say which published contract it was written from.
//! Each listens on a port of its own on this machine until it is dropped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::format_collect,
    reason = "for tests: what cannot go on panics"
)]

pub mod aptible;
pub mod aws;
pub mod boundary;
pub mod contract;
pub mod github;
pub mod google;
mod house;
pub mod jira;
pub mod knowbe4;
pub mod okta;
pub mod onelogin;
pub mod pagerduty;
pub mod slack;
pub mod smtp;
pub mod tailscale;

pub use house::{Heard, House, Trouble};
