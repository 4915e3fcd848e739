//! The engine as a whole: runs from their beginning to their end.

mod beginnings;
mod leases;
mod trouble;
