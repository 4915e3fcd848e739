//! What policies in Rego answer.
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

use countersign_policy::{Answer, Policy, Source, Verdict};
use jiff::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

const SEED: &str = "default allow = false\n\nallow {\n  user_is_fulltime\n}\n\nuser_is_fulltime {\n  not user_is_contractor\n}\n\nuser_is_contractor {\n  some i\n  data.user.groups[i] == \"contractors\"\n}\n";

fn ask(text: &str, input: Value) -> Answer {
    let policy = Policy::rego("test.rego", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    policy.decide(&input, NOW)
}

fn says(text: &str, input: Value) -> Verdict {
    let answer = ask(text, input);
    assert!(answer.trouble.is_none(), "{:?}\n{text}", answer.trouble);
    answer.verdict
}

#[test]
fn the_seed_s_policy_lets_everybody_in_but_contractors() {
    assert_eq!(says(SEED, json!({ "user": { "groups": ["eng"] } })), Verdict::Allow);
    assert_eq!(says(SEED, json!({ "user": { "groups": [] } })), Verdict::Allow);
    let contractor = json!({ "user": { "groups": ["eng", "contractors"] } });
    assert_eq!(says(SEED, contractor), Verdict::Deny);
}

#[test]
fn the_newer_syntax_works_too() {
    let text = "package x\nallow if input.user.admin";
    assert_eq!(says(text, json!({ "user": { "admin": true } })), Verdict::Allow);
    assert_eq!(says(text, json!({ "user": {} })), Verdict::Undecided, "undefined is no");
}

#[test]
fn files_of_both_versions_and_data_make_one_policy() {
    let main = Source::embedded(
        "main.rego",
        "package main\nimport data.teams\nallow if teams.knows(input.team)",
    );
    let teams =
        Source::embedded("teams.rego", "package teams\nknows(team) { data.known[_] == team }");
    let known = Source::embedded("known.json", r#"{ "known": ["sre", "dba"] }"#);
    let policy = Policy::rego_of(&main, &[teams], &[known], "allow").unwrap();
    assert_eq!(policy.decide(&json!({ "team": "dba" }), NOW).verdict, Verdict::Allow);
    assert_eq!(policy.decide(&json!({ "team": "hr" }), NOW).verdict, Verdict::Undecided);
}

#[test]
fn another_rule_decides_where_it_is_named() {
    let main = Source::embedded("a.rego", "package a\nmay_ask if input.x == 1\nallow := true");
    let policy = Policy::rego_of(&main, &[], &[], "may_ask").unwrap();
    assert_eq!(policy.decide(&json!({ "x": 1 }), NOW).verdict, Verdict::Allow);
    assert_eq!(policy.decide(&json!({ "x": 2 }), NOW).verdict, Verdict::Undecided);
    let policy = Policy::rego_of(&main, &[], &[], "data.a.may_ask").unwrap();
    assert_eq!(policy.decide(&json!({ "x": 1 }), NOW).verdict, Verdict::Allow);
}

#[test]
fn reasons_are_those_that_the_policy_gives() {
    let text = "default allow := false\nallow if count(deny) == 0\ndeny contains \"not on a weekend\" if input.weekend\ndeny contains sprintf(\"%s is no team\", [input.team]) if input.team != \"sre\"";
    let answer = ask(text, json!({ "weekend": true, "team": "hr" }));
    assert_eq!(answer.verdict, Verdict::Deny);
    assert_eq!(answer.reasons, ["hr is no team", "not on a weekend"]);
    assert_eq!(says(text, json!({ "weekend": false, "team": "sre" })), Verdict::Allow);
}

#[test]
fn a_policy_that_says_why_not_does_not_say_yes() {
    let text = "allow := true\ndeny contains \"no\" if input.bad";
    assert_eq!(says(text, json!({ "bad": true })), Verdict::Deny);
    assert_eq!(says(text, json!({ "bad": false })), Verdict::Allow);
}

#[test]
fn an_object_with_allow_and_a_reason_is_an_answer() {
    let text = "allow := {\"allow\": input.x, \"reason\": \"because\"}";
    let answer = ask(text, json!({ "x": false }));
    assert_eq!((answer.verdict, &*answer.reasons), (Verdict::Deny, &["because".to_owned()][..]));
    assert_eq!(says(text, json!({ "x": true })), Verdict::Allow);
}

#[test]
fn what_is_neither_true_nor_false_is_undecided() {
    for value in ["1", "\"yes\"", "[]", "{1}", "null", "{\"allow\": \"true\"}"] {
        let answer = ask(&format!("allow := {value}"), json!({}));
        assert_eq!(answer.verdict, Verdict::Undecided, "{value}");
        assert!(answer.trouble.is_some(), "{value}");
    }
}

#[test]
fn an_error_under_a_not_is_no_yes() {
    let errors = [
        "1 / input.zero == 1",
        "1 % input.zero == 1",
        "to_number(input.text) == 1",
        "input.text + 1 == 2",
        "input.text - 1 == 2",
        "input.zero * input.text == 2",
        "time.parse_rfc3339_ns(input.text) > 0",
        "regex.match(\"(\", input.text)",
        "json.unmarshal(input.text) == 1",
        "count(input.zero) == 1",
        "two == 1",
        "twice(1) == 1",
    ];
    for error in errors {
        let text = format!(
            "allow if not bad\nbad if {error}\ntwo := 1 if input.text\ntwo := 2 if input.text\ntwice(x) := x + 1 if input.text\ntwice(x) := x + 2 if input.text"
        );
        let answer = ask(&text, json!({ "zero": 0, "text": "text" }));
        assert_eq!(answer.verdict, Verdict::Undecided, "{error}");
        assert!(answer.trouble.is_some(), "{error}");
    }
}

#[test]
fn what_the_policy_looked_at_explains_its_answer() {
    let policy = Policy::rego("seed.rego", SEED).unwrap();
    let input = json!({ "user": { "groups": ["contractors"], "name": "Eve" } });
    let (answer, explanation) = policy.explain(&input, NOW);
    assert_eq!(answer.verdict, Verdict::Deny);
    assert_eq!(explanation.hash.len(), 64);
    let rules: Vec<_> = explanation
        .rules
        .iter()
        .map(|rule| (rule.rule.as_str(), rule.at.unwrap().line, rule.value.clone()))
        .collect();
    assert_eq!(
        rules,
        [
            ("allow", 1, Some(json!(false))),
            ("user_is_fulltime", 7, None),
            ("user_is_contractor", 11, Some(json!(true)))
        ]
    );
    assert_eq!(
        serde_json::to_value(&explanation.values).unwrap(),
        json!({ "user.groups": ["contractors"] })
    );
}

#[test]
fn time_is_the_caller_s() {
    let text = "allow if time.weekday(time.now_ns()) == \"Thursday\"";
    assert_eq!(says(text, json!({})), Verdict::Allow);
}

#[test]
fn what_is_of_different_types_can_be_compared() {
    assert_eq!(says("allow if not input.a < input.b", json!({ "a": "a", "b": 1 })), Verdict::Allow);
}

#[test]
fn an_input_that_a_package_is_called_like_is_not_data() {
    let text = "package user\nallow if input.user.ok";
    assert_eq!(says(text, json!({ "user": { "ok": true } })), Verdict::Allow);
}

#[test]
fn inputs_that_are_too_large_or_too_deep_are_undecided() {
    let policy = Policy::rego("x.rego", "allow := true").unwrap();
    let large = json!({ "text": "x".repeat(70_000) });
    assert_eq!(policy.decide(&large, NOW).verdict, Verdict::Undecided);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert_eq!(policy.decide(&deep, NOW).verdict, Verdict::Undecided);
}

#[test]
fn the_page_lists_all_functions_that_policies_may_call() {
    let page = include_str!("../../docs/rego.md");
    for name in countersign_policy::rego::builtins().filter(|name| !name.starts_with("__")) {
        assert!(page.contains(&format!("`{name}`")), "docs/rego.md lacks `{name}`");
    }
}

#[test]
#[cfg(feature = "testing")]
fn tests_are_rules_that_are_true() {
    let tests = Source::embedded(
        "seed_test.rego",
        "test_no_group { allow with data.user as { \"groups\": [] } }\n\ntest_wrong { allow with data.user as { \"groups\": [\"contractors\"] } }\ntest_error { to_number(\"x\") == 1 }\nhelper { true }\n",
    );
    let seed = Source::embedded("seed.rego", SEED);
    let cases = countersign_policy::rego::test(&tests, &[seed], &[]).unwrap();
    let told: Vec<_> = cases
        .iter()
        .map(|case| (case.name.as_str(), case.at.line, case.outcome.as_ref().ok().copied()))
        .collect();
    assert_eq!(
        told,
        [
            ("unnamed.test_no_group", 1, Some(true)),
            ("unnamed.test_wrong", 3, Some(false)),
            ("unnamed.test_error", 4, None)
        ]
    );
}

#[test]
fn the_hash_is_of_all_texts_and_of_nothing_else() {
    let hash = |text: &'static str, module: &'static str, entry: &str| {
        let main = Source::embedded("main.rego", text);
        let module = Source::embedded("module.rego", module);
        Policy::rego_of(&main, &[module], &[], entry).unwrap().hash().to_owned()
    };
    let (text, module) = ("package a\nallow := true\nb := true", "package b\nx := 1");
    let hashes = [
        hash(text, module, "allow"),
        hash("package a\nallow := false\nb := true", module, "allow"),
        hash(text, "package b\nx := 2", "allow"),
        hash(text, module, "b"),
    ];
    assert_eq!(hashes[0], hash(text, module, "allow"));
    assert_eq!(std::collections::BTreeSet::from(hashes).len(), 4);
}

#[test]
fn what_an_explanation_leaves_out_is_counted() {
    let rules: String = (0..40).map(|n| format!("r{n} if input.x{n} == {n}\n")).collect();
    let all: Vec<_> = (0..40).map(|n| format!("r{n}")).collect();
    let policy =
        Policy::rego("x.rego", &format!("{rules}allow if {{ {} }}", all.join("; "))).unwrap();
    let input: Value = (0..40).map(|n| (format!("x{n}"), json!(n))).collect();
    let (answer, explanation) = policy.explain(&input, NOW);
    assert_eq!(answer.verdict, Verdict::Allow);
    let shown = explanation.rules.len() + explanation.values.len();
    assert_eq!((shown, explanation.left_out), (48, 41 + 40 - 48));
    assert_eq!(explanation.details().last().as_deref(), Some("and 33 more"));
}

#[test]
#[cfg(feature = "testing")]
fn tests_may_replace_the_time() {
    let tests = Source::embedded(
        "hours_test.rego",
        "test_noon if allow with time.now_ns as 43200000000000\ntest_night if not allow with time.now_ns as 0\ntest_year if time.date(time.now_ns())[0] > 2025\n",
    );
    let hours = Source::embedded("hours.rego", "allow if time.clock(time.now_ns())[0] > 8");
    let cases = countersign_policy::rego::test(&tests, &[hours], &[]).unwrap();
    let outcomes: Vec<_> = cases.iter().map(|case| (&*case.name, case.outcome.clone())).collect();
    let holds = |name| (name, Ok(true));
    assert_eq!(
        outcomes,
        ["unnamed.test_noon", "unnamed.test_night", "unnamed.test_year"].map(holds)
    );
}
