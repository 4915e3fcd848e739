//! Policies as code, asked by hooks.
//!
//! A policy answers, and never lets anybody escape: undefined, an error or an exceeded budget is
//! not an approval.

mod rego;

pub use rego::{PolicyError, Rego};
