//! Just-in-time access with approvals, as Rust code.

pub mod approvers;
pub mod context;
pub mod model;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
