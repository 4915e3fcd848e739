//! Receivers of audit entries.

mod http;
mod objects;

pub use http::HttpSink;
pub use objects::Objects;
