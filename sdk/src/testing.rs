//! For tests: stores to test with, and what every store is tested by.
//!
//! Behind the feature `testing`. Nothing here is part of a running server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on panics"
)]

mod faults;
mod memory;
pub mod store;

pub use faults::{Counts, Fault, FaultyStore, Operation};
pub use memory::MemoryStore;
