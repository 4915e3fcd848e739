//! Runs Countersign flows: what the flows need around them, on AWS and on one machine.

pub mod api;
pub mod settings;
pub mod store;
