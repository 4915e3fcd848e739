//! Policies run, and what is expected of them.

#![allow(dead_code, reason = "each file of tests needs some of this")]

use countersign_sentinel::{Outcome, Policy, Setup, Verdict};
use jiff::Timestamp;

pub(crate) fn setup() -> Setup {
    Setup::at("2026-11-22T09:30:00Z".parse::<Timestamp>().unwrap())
}

pub(crate) fn run_with(text: &str, setup: &Setup) -> Outcome {
    Policy::parse("policy.sentinel", text).unwrap_or_else(|error| panic!("{error}")).evaluate(setup)
}

pub(crate) fn run(text: &str) -> Outcome {
    run_with(text, &setup())
}

pub(crate) fn error_of(text: &str) -> String {
    match run(text).verdict {
        Verdict::Failed(failure) => failure.to_string(),
        other => panic!("this should be stopped: {other:?}\n{text}"),
    }
}

#[track_caller]
pub(crate) fn passes(text: &str) {
    let outcome = run(text);
    assert!(outcome.passed(), "{:?}\n{text}", outcome.verdict);
}
