//! Stores that last: the adapters of [`countersign::store::Store`].
//!
//! What the items mean is not known here.

mod range;
pub mod sqlite;

pub use sqlite::{OpenError, SqliteStore};
