//! The language as its documentation shows it: assertions drawn from there, which are kept outside of
//! the repository. Without them this says so, and what is in `language.rs` has to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

use std::path::{Path, PathBuf};

use countersign_sentinel::{Data, Policy, Setup, Verdict};
use jiff::Timestamp;

/// `shared/reference/sentinel-assertions.json`, beside the repository or above it.
fn assertions() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = "shared/reference/sentinel-assertions.json";
    here.ancestors().map(|folder| folder.join(file)).find(|path| path.exists())
}

enum Result {
    Value(Data),
    Undefined,
    Error(String),
}

fn result_of(setup: &str, expression: &str) -> Result {
    let text = format!("{setup}\nmain = {expression}\n");
    let policy = match Policy::parse("assertion.sentinel", &text) {
        Ok(policy) => policy,
        Err(error) => return Result::Error(error.to_string()),
    };
    let now = "2026-11-22T09:30:00Z".parse::<Timestamp>().unwrap();
    let outcome = policy.evaluate(&Setup::at(now));
    match (outcome.verdict, outcome.value) {
        (Verdict::Undefined(_), _) => Result::Undefined,
        (Verdict::Failed(failure), Data::Undefined) => Result::Error(failure.to_string()),
        (_, value) => Result::Value(value),
    }
}

/// Numbers are the same by their value, and maps whatever their order is.
#[allow(clippy::cast_precision_loss)]
fn same(a: &Data, b: &Data) -> bool {
    match (a, b) {
        (Data::Int(int), Data::Float(float)) | (Data::Float(float), Data::Int(int)) => {
            (*float - *int as f64).abs() < f64::EPSILON
        }
        (Data::List(a), Data::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Data::Map(a), Data::Map(map)) => {
            a.len() == map.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn every_assertion_of_the_documentation_holds() {
    let Some(path) = assertions() else {
        eprintln!("SKIPPED: no shared/reference/sentinel-assertions.json beside the repository");
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let Data::List(assertions) = Data::from_json(&text).unwrap() else { panic!("no list") };
    let mut wrong = Vec::new();
    for (number, assertion) in assertions.iter().enumerate() {
        let text = |key| match assertion.get(key) {
            Some(Data::Text(text)) => text.clone(),
            other => panic!("assertion {number}: {key}: {other:?}"),
        };
        let expected = assertion.get("expect").unwrap();
        let result = result_of(&text("setup"), &text("expr"));
        let holds = match (expected, &result) {
            (Data::Text(text), Result::Undefined) => text == "$undefined",
            (Data::Text(text), Result::Error(_)) => text == "$error",
            (expected, Result::Value(value)) => same(expected, value),
            (_, Result::Undefined | Result::Error(_)) => false,
        };
        if !holds {
            let (doc, expr) = (text("doc"), text("expr"));
            let got = match result {
                Result::Value(value) => format!("{value:?}"),
                Result::Undefined => "undefined".to_owned(),
                Result::Error(error) => error,
            };
            wrong.push(format!("{number} {doc}: {expr}\n   expected {expected:?}\n   got {got}"));
        }
    }
    eprintln!("{} assertions", assertions.len());
    assert!(wrong.is_empty(), "{} do not hold:\n{}", wrong.len(), wrong.join("\n"));
    assert!(assertions.len() >= 398, "some assertions are missing");
}
