//! Stores that last: the adapters of [`countersign::store::Store`].
//!
//! What the items mean is not known here.

#[cfg(feature = "aws")]
pub mod dynamodb;
mod range;
pub mod sqlite;

#[cfg(feature = "aws")]
pub use dynamodb::DynamoStore;
pub use sqlite::{OpenError, SqliteStore};
