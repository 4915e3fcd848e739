//! What policies in Sentinel answer.
#![cfg(feature = "sentinel")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::format_collect,
    reason = "a test that goes wrong ends so, in its helpers too"
)]

use countersign_policy::{Policy, Source, Verdict};
use jiff::Timestamp;
use serde_json::json;

fn policy(text: &'static str) -> Policy {
    Policy::sentinel(&Source::embedded("team.sentinel", text), &[], &[]).unwrap()
}

#[test]
fn the_keys_of_the_input_are_globals() {
    let policy =
        policy("# Only the team.\nteam = rule { \"sre\" in user.groups }\nmain = rule { team }");
    let ask = |groups: &[&str]| {
        policy.explain(&json!({ "user": { "groups": groups } }), Timestamp::UNIX_EPOCH)
    };
    assert_eq!(ask(&["sre"]).0.verdict, Verdict::Allow);
    let (answer, explanation) = ask(&["hr"]);
    assert_eq!(answer.verdict, Verdict::Deny);
    let rules: Vec<_> =
        explanation.rules.iter().map(|rule| (&*rule.rule, rule.at.unwrap().line)).collect();
    assert_eq!(rules, [("main", 3), ("team", 2)]);
    assert_eq!(explanation.headline(), "team.sentinel says no");
}

#[test]
fn what_is_undefined_or_fails_is_no_yes() {
    for (text, fails) in [
        ("main = user.missing.name is \"x\"", false),
        ("main = error(\"no\")", true),
        ("main = rule { nothing }", true),
        ("main = 1 + \"a\"", true),
        (
            "f = func() { for range(100000) as i { for range(100000) as j { i + j } }; return true }\nmain = f()",
            true,
        ),
    ] {
        let answer = policy(text).decide(&json!({ "user": {} }), Timestamp::UNIX_EPOCH);
        assert_eq!(answer.verdict, Verdict::Undecided, "{text}");
        assert_eq!(answer.trouble.is_some(), fails, "{text}: {answer:?}");
    }
}

#[test]
fn modules_and_data_are_imported_by_their_files_names() {
    let main = Source::embedded(
        "policies/main.sentinel",
        "import \"teams\"\nimport \"people\"\nmain = teams.has(people.sre, user)",
    );
    let teams =
        Source::embedded("policies/teams.sentinel", "has = func(team, who) { return who in team }");
    let people = Source::embedded("policies/people.json", r#"{ "sre": ["ada"] }"#);
    let policy = Policy::sentinel(&main, &[teams], &[people]).unwrap();
    let ask = |user: &str| policy.decide(&json!({ "user": user }), Timestamp::UNIX_EPOCH).verdict;
    assert_eq!((ask("ada"), ask("eve")), (Verdict::Allow, Verdict::Deny));
}

#[test]
fn what_is_no_sentinel_is_refused_with_its_place() {
    let main = Source::embedded("x.sentinel", "main = rule {\n  user.name is\n}");
    let error = Policy::sentinel(&main, &[], &[]).unwrap_err();
    assert_eq!((&*error.file, error.at.unwrap().line), ("x.sentinel", 3), "{error}");
    let missing = Source::embedded("x.sentinel", "import \"nowhere\"\nmain = true");
    let found = Policy::sentinel(&missing, &[], &[]);
    let undecided = |policy: Policy| policy.decide(&json!({}), Timestamp::UNIX_EPOCH).trouble;
    assert!(found.is_err() || undecided(found.unwrap()).is_some());
}

#[test]
fn time_is_the_caller_s() {
    let at = "2026-11-22T12:00:00Z".parse().unwrap();
    let policy = policy(
        "import \"time\"\nmain = time.now.weekday_name is \"Sunday\" and time.now.hour is 12",
    );
    assert_eq!(policy.decide(&json!({}), at).verdict, Verdict::Allow);
}

#[test]
fn reasons_that_are_not_passed_on_are_counted() {
    let text = "for range(0, 25) as _, n { print(n) }\nmain = false";
    let source = Source::new("x.sentinel", format!("{text}\n"));
    let policy = Policy::sentinel(&source, &[], &[]).unwrap();
    let reasons = policy.decide(&json!({}), Timestamp::UNIX_EPOCH).reasons;
    assert_eq!((reasons.len(), reasons.last().map(String::as_str)), (21, Some("and 5 more")));
}
