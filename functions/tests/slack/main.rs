//! Slack, from outside: what people type, fill in and press there, and what they are told. Everybody
//! is played in a stand-in of Slack that refuses what Slack refuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod asking;
mod deciding;
mod doctor;
mod door;
mod home;
mod people;
mod rig;
mod socket;
mod stories;
mod types;
