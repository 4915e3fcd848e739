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

mod app;
mod directory;
mod faults;
mod host;
mod memory;
pub mod simulation;
pub mod store;
mod strategy;
mod strategy_kit;

pub use app::{Act, Ask, Person, TestApp, TestRun};
pub use directory::TestDirectory;
pub use faults::{Counts, Fault, FaultyStore, Operation};
pub use host::{TestHost, Timer};
pub use memory::MemoryStore;
pub use strategy::{Mishap, TestStrategy};
pub use strategy_kit::{Finding, StrategyKit, System, Verdict};

/// One step of `SplitMix64`: a number that looks as if it had nothing to do with the state.
/// Source: <https://prng.di.unimi.it/splitmix64.c>.
const fn mix(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
