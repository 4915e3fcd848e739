//! Policies on the command line.

use super::program::run;

const REQUESTERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/requesters.rego");

#[test]
fn a_policy_is_asked_and_says_why() {
    let eval = |input: &str| run(&["policy", "eval", REQUESTERS, "--input", input]);
    let denied = eval(r#"{"user": {"groups": ["contractors"]}}"#).with(3).out;
    assert!(denied.contains("requesters.rego says no\n"), "{denied}");
    assert!(denied.contains("  user_is_contractor is true ("), "{denied}");
    assert!(denied.contains("  user.groups was [\"contractors\"]\n"), "{denied}");
    eval(r#"{"user": {"groups": ["eng"]}}"#).with(0);
    assert!(eval("no json").with(2).err.contains("--input is no JSON"));
    let large = format!("{{\"x\": \"{}\"}}", "x".repeat(70_000));
    assert!(eval(&large).with(1).out.contains("does not decide"));
    let arguments = ["policy", "eval", REQUESTERS, "--input", "{}", "--entry", "may_ask"];
    assert!(run(&arguments).with(1).err.contains("there is no rule `may_ask`"));
}

#[test]
fn an_answer_for_programs_is_its_explanation() {
    let input = r#"{"user": {"groups": []}}"#;
    let answer = run(&["policy", "eval", REQUESTERS, "--input", input, "--json"]).with(0).json();
    assert_eq!(answer["verdict"], "allow");
    assert_eq!(answer["hash"].as_str().map(str::len), Some(64));
    assert_eq!(answer["rules"][0]["rule"], "allow");
}

#[test]
fn policies_are_tested_in_both_languages() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let held = run(&["policy", "test", tests]).with(0);
    assert!(held.out.contains("requesters_test.rego: 3 of 3 tests hold"), "{held:?}");

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("a.rego", "allow if input.ok");
    write("a_test.rego", "test_ok if allow with input as {\"ok\": true}\ntest_bad if allow\n");
    write("b.sentinel", "main = rule { ok }");
    write("b.json", "{}");
    write("test/b/yes.json", r#"{"global": {"ok": true}, "test": {"main": true}}"#);
    let path = folder.path().display().to_string();
    let failed = run(&["policy", "test", &path]).with(1);
    assert!(failed.out.contains("FAIL  unnamed.test_bad  ("), "{failed:?}");
    assert!(failed.out.contains("1 of 2 tests hold"), "{failed:?}");
    assert!(failed.out.contains("PASS - "), "{failed:?}");
    let empty = tempfile::tempdir().unwrap();
    assert!(
        run(&["policy", "test", &empty.path().display().to_string()])
            .with(1)
            .err
            .contains("no tests")
    );
    write("c_test.rego", "test_x if {");
    let wrong = run(&["policy", "test", &format!("{path}/c_test.rego")]).with(1);
    assert!(wrong.err.contains("c_test.rego:1:"), "{wrong:?}");
}
