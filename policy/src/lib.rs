//! Policies as code, in Rego and in Sentinel: checked when they are read, bounded when they decide, and
//! explained.
//!
//! A policy answers and does nothing else. It allows only where it says so: what is undefined, fails or
//! takes more than it may is *undecided*, which is not a yes. The same code checks a policy while a flow
//! is compiled, when a program starts, and on the command line.
//!
//! ```
//! # #[cfg(feature = "rego")] {
//! use countersign_policy::{Policy, Verdict};
//! use serde_json::json;
//!
//! let policy = Policy::rego("work.rego", "allow if input.user.team == \"sre\"")?;
//! let answer = policy.decide(&json!({ "user": { "team": "sre" } }), jiff::Timestamp::UNIX_EPOCH);
//! assert_eq!(answer.verdict, Verdict::Allow);
//!
//! let wrong = Policy::rego("work.rego", "allow if {").unwrap_err();
//! assert!(wrong.to_string().starts_with("work.rego:1:"));
//! # }
//! # Ok::<_, countersign_policy::LoadError>(())
//! ```

#![cfg_attr(
    not(any(feature = "rego", feature = "sentinel")),
    allow(
        dead_code,
        unreachable_code,
        unused_imports,
        unused_variables,
        reason = "without a language there is no policy, only what older runs tell of some"
    )
)]

mod answer;
mod error;
mod hash;
mod policy;
#[cfg(feature = "rego")]
pub mod rego;
#[cfg(feature = "sentinel")]
mod sentinel;
mod source;

pub use answer::{Answer, Explanation, RuleValue, Verdict};
pub use error::{LoadError, Place};
pub use policy::{Language, Policy};
pub use source::Source;
