//! What only a deployment on AWS needs.

pub mod clients;

pub use clients::{Clients, NoRegion, Patience};
