//! Strategies that reach other systems. Those that reach none are in the crate `countersign`.

pub mod http;
