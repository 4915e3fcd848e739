//! The engine in bad weather: every call of a port may fail, stop for good, or be overtaken, and
//! what has been promised is looked at all the while.
//!
//! One number, the seed, decides all of it. A failure names the seed, and the same seed fails again.

pub(crate) mod checks;
mod ports;
#[cfg(test)]
mod tests;
mod world;

pub use world::{Crash, Simulation};
