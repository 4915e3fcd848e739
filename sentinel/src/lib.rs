#![doc = include_str!("../README.md")]

mod ast;
mod builtins;
#[cfg(feature = "cli")]
pub mod cli;
mod failure;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod heap;
mod http;
mod imports;
mod lexer;
mod limits;
mod machine;
mod object;
mod outcome;
mod parser;
mod policy;
mod source;
mod value;

pub use failure::{Failure, FailureKind};
pub use http::{Http, HttpRequest, HttpResponse};
pub use limits::Limits;
pub use outcome::{Outcome, RuleTrace, Verdict};
pub use policy::{Import, Policy, Setup};
pub use source::{ParseError, Position};
pub use value::Data;
