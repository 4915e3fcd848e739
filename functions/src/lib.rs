//! Runs Countersign flows: what the flows need around them, on AWS and on one machine.

pub mod console;
pub mod settings;
pub mod store;
