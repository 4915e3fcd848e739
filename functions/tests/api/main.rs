//! The HTTP API, from outside: whole stories, who calls, and everything that may be wrong with a
//! request. Whatever is answered is held against `/openapi.json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod addresses;
mod bad;
mod callers;
mod commands;
mod connection;
mod described;
mod lists;
mod oidc;
mod rig;
mod schema;
mod stories;
