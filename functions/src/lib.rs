//! Runs Countersign flows: the local server, its API, its pages and its command line.

pub mod store;
