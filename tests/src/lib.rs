//! Whole stories, and what they are told with: the real server as a process, a client that says
//! exactly what it sends, chance that can be repeated.

pub mod between;
pub mod canary;
pub mod chance;
pub mod crash;
pub mod deployment;
pub mod group;
pub mod http;
pub mod issuer;
pub mod message;
pub mod ministack;
pub mod runtime_api;
pub mod server;
pub mod simple;
pub mod stock;
pub mod table;
