//! Runs Countersign flows: what the flows need around them, on AWS and on one machine.

pub mod settings;
//! Runs Countersign flows: the local server, its API, its pages and its command line.

pub mod store;
