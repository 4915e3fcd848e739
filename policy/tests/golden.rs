//! What our guarded machine answers is what regorus' interpreter answers.
#![cfg(feature = "rego")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::format_collect,
    reason = "a test that goes wrong ends so, in its helpers too"
)]

use countersign_policy::{Policy, Verdict};
use jiff::Timestamp;
use regorus::{Engine, Value};
use serde_json::json;

/// Policies, separated by lines of dashes; each is asked for all rules that begin with `t`.
const POLICIES: &str = include_str!("golden.rego");

#[test]
fn the_machine_answers_as_the_interpreter_does() {
    let input = json!({
        "user": { "name": "Ada", "groups": ["eng", "oncall"], "age": 36, "admin": false, "manager": null },
        "target": { "kind": "s3", "name": "prod-logs", "tags": { "env": "prod", "pii": "no" } },
        "hours": [9, 12, 17],
        "empty": {},
        "nothing": [],
        "text": "prod-eu-1",
        "ip": "10.0.0.1",
    });
    let mut asked = 0;
    for text in POLICIES.split("\n# ----\n") {
        let is_old = text.trim_start().starts_with("# v0");
        let text = format!("package golden\n{text}");
        let mut engine = Engine::new();
        engine.set_rego_v0(is_old);
        engine
            .add_policy("golden.rego".to_owned(), text.clone())
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        engine.set_input_json(&input.to_string()).unwrap();
        let rules: std::collections::BTreeSet<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix('t'))
            .map(|line| {
                format!(
                    "t{}",
                    line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap()
                )
            })
            .collect();
        for rule in rules {
            let expected = engine.eval_rule(format!("data.golden.{rule}"));
            let asks = format!(
                "{text}\nallow {} {{ {rule} == {rule} }}\nreason := {rule}{}\n",
                if is_old { "" } else { "if" },
                if is_old { " { true }" } else { "" },
            );
            let policy = Policy::rego("golden.rego", &asks)
                .unwrap_or_else(|error| panic!("{error}\n{asks}"));
            let (answer, explanation) = policy.explain(&input, Timestamp::UNIX_EPOCH);
            let value = explanation
                .rules
                .iter()
                .find(|told| told.rule == rule)
                .and_then(|told| told.value.clone());
            match expected {
                Ok(Value::Undefined) => {
                    assert_eq!(
                        (answer.verdict, value),
                        (Verdict::Undecided, None),
                        "{rule}\n{text}"
                    );
                    assert!(answer.trouble.is_none(), "{rule}: {:?}\n{text}", answer.trouble);
                }
                Ok(expected) => {
                    let expected = serde_json::to_value(&expected).unwrap();
                    assert_eq!(answer.verdict, Verdict::Allow, "{rule}: {answer:?}\n{text}");
                    assert_eq!(value, Some(expected), "{rule}\n{text}");
                }
                Err(error) => {
                    assert_eq!(answer.verdict, Verdict::Undecided, "{rule}: {error}\n{text}");
                    assert!(answer.trouble.is_some(), "{rule}: {error}\n{text}");
                }
            }
            asked += 1;
        }
    }
    assert!(asked >= 100, "{asked}");
}
