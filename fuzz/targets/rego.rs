//! Any text is a policy in Rego that may be evaluated, or is refused; and what is not refused ends.
#![no_main]

use countersign_policy::Policy;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(policy) = Policy::rego("fuzz.rego", text) else { return };
    let input = serde_json::json!({ "user": { "name": "ada", "teams": ["sre", 1, null] }, "n": 3 });
    let (answer, _) = policy.explain(&input, jiff::Timestamp::UNIX_EPOCH);
    assert!(!answer.verdict.as_str().is_empty());
});
