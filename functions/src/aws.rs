//! What only a deployment on AWS needs.
//!
//! One program is five functions; the [`config`] says which one it is:
//!
//! ```text
//!                     form ◀── asks ── api ◀── API Gateway
//! Scheduler ──▶ timer ──┐               │ command
//! every minute ▶ sweep ─┴─ wake ─▶ core table ── stream ──▶ worker ──▶ targets, Scheduler
//! ```
//!
//! `api`, `timer` and `sweep` write one item; `worker`, which the table's stream tells of it, does
//! all that follows.

pub mod api;
pub mod aside;
pub mod audit;
pub mod clients;
pub mod config;
pub mod doctor;
pub mod form;
mod forms;
mod host;
mod log;
pub mod metrics;
mod run;
pub mod schedule;
mod secrets;
pub mod settings;
pub mod signed;
pub mod sinks;
pub mod sweep;
pub mod system;
pub mod timer;
pub mod wake;
pub mod worker;

pub use clients::{Clients, NoRegion, Patience};
pub use run::{is_function, run};
