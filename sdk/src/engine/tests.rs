//! The engine as a whole: runs from their beginning to their end.

mod beginnings;
mod histories;
mod leases;
mod pure;
mod random;
mod trouble;
