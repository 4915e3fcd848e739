//! What may happen to a run, and the machinery that makes it happen.
//!
//! The first half is pure: [`apply`] says what a command does to a run, as entries for the audit
//! chain and effects for later, and asks for what it does not know. The second half, [`Runner`],
//! is its only caller: it loads, answers the questions, commits, and carries the effects out.
//!
//! ```text
//!             ask                 approve                     granted
//! (nothing) ───────▶ Pending ──┬──────────▶ (Approved) ─ Granting ──────▶ Active
//!                      │       └ no strategy ─▶ Closed(Approved)   │         │ time is up, revoke
//!                      ├ deny ─▶ Closed(Denied)                    └──┬──────┘
//!                      ├ time is up, nobody left ─▶ Closed(Expired)   ▼
//!                      └ cancel ─▶ Closed(Cancelled)               Revoking ─▶ Closed(Ended, Failed, ..)
//! ```

mod apply;
mod canonical;
mod chain;
mod command;
mod deciders;
mod entries;
mod entry;
pub mod environment;
mod fold;
pub mod host;
pub mod notices;
mod question;
pub mod records;
mod rules;
pub mod runner;
mod state;

pub use apply::{Begin, Illegal, Input, Next, Transition, apply, may_not_ask, refuse};
pub(crate) use canonical::canonical;
pub use chain::{Broken, SealedEntry, genesis, seal, sha256_text, verify};
pub use command::{Actor, Auth, Command, CommandKind};
pub use deciders::{Because, may_decide};
pub use entries::{Entries, entries_after};
pub use entry::{
    Ask, Cause, Effect, EffectId, EndedBy, Entry, Failure, Found, Noted, Notice, ReachedBy, What,
    Why,
};
pub use environment::{Environment, FlowConfig, Limits, ReasonRule, StrategyConfig};
pub use host::{Died, Host};
pub use question::{Answer, Answered, Answers, Question};
pub use rules::{Extends, Fail, Request, Rules, binding};
pub use runner::{Budgets, DriveError, Lease, Runner, unhandled};
pub use state::{
    Approval, Decider, Due, Outstanding, Passed, Pending, Recheck, Run, SCHEMA, State,
};

#[cfg(test)]
mod tests;
