//! `sentinel test` and `sentinel apply` on policies of our own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

use std::fs;
use std::path::{Path, PathBuf};

use countersign_sentinel::Data;
use countersign_sentinel::cli::run;

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies")
}

fn sentinel(arguments: &[&str]) -> (u8, String, String) {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let code = run(&arguments, &mut out, &mut errors);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
}

fn text<'a>(data: &'a Data, path: &[&str]) -> &'a str {
    let mut at = data;
    for key in path {
        at = at.get(key).unwrap_or_else(|| panic!("no {key} in {at:?}"));
    }
    match at {
        Data::Text(text) => text,
        other => panic!("{path:?}: {other:?}"),
    }
}

/// A copy of the policies, to be changed.
fn copied(change: impl Fn(&Path, String) -> String) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path, change: &dyn Fn(&Path, String) -> String) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &target, change);
            } else {
                fs::write(target, change(&path, fs::read_to_string(&path).unwrap())).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&policies(), folder.path(), &change);
    folder
}

#[test]
fn all_cases_of_a_folder_hold() {
    let (code, out, errors) = sentinel(&["test", policies().to_str().unwrap()]);
    assert_eq!((code, errors.as_str()), (0, ""), "{out}");
    assert_eq!(out.matches("PASS - ").count(), 3 + 7, "{out}");
}

#[test]
fn the_same_cases_turned_round_do_not() {
    let folder = copied(|path, text| {
        if !path.ancestors().any(|folder| folder.ends_with("policies/test")) {
            return text;
        }
        let turned = text
            .replace("= true", "= TURNED")
            .replace("= false", "= true")
            .replace("= TURNED", "= false");
        let turned = turned
            .replace(": true", ": TURNED")
            .replace(": false", ": true")
            .replace(": TURNED", ": false");
        if turned.contains("test {") || turned.contains("\"test\"") {
            turned
        } else {
            turned + "\ntest {\n  rules = { main = false }\n}\n"
        }
    });
    let (code, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1, "{out}");
    assert_eq!(out.matches("PASS - ").count(), 0, "{out}");
}

#[test]
fn json_tells_of_each_case() {
    let policy = policies().join("no-public-buckets.sentinel");
    let (code, out, _) = sentinel(&["test", "-json", policy.to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
    let report = Data::from_json(&out).unwrap();
    let policy = report.get("policies").unwrap().get(policy.to_str().unwrap()).unwrap();
    assert_eq!(text(policy, &["status"]), "PASS");
    let Some(Data::Map(cases)) = policy.get("cases") else { panic!("{out}") };
    let (_, case) = cases.iter().find(|(path, _)| path.ends_with("public.hcl")).unwrap();
    assert_eq!(text(case, &["status"]), "PASS");
    assert_eq!(text(case, &["trace", "print"]), "aws_s3_bucket.site is public\n");
    assert_eq!(
        text(case, &["trace", "rules", "private_only", "desc"]),
        "No bucket is readable by everybody"
    );
    assert_eq!(
        case.get("trace")
            .unwrap()
            .get("rules")
            .unwrap()
            .get("main")
            .unwrap()
            .get("position")
            .unwrap()
            .get("line"),
        Some(&Data::Int(20))
    );
    assert_eq!(case.get("config_legacy"), Some(&Data::Bool(false)));
    assert_eq!(case.get("rule_detail"), Some(&Data::Map(vec![])));
}

#[test]
fn json_has_the_detail_of_rules_that_are_not_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("p.sentinel", "a = rule { true }\nb = rule { [1] }\nmain = rule { a and b is [] }");
    write("test/p/c.hcl", "test {\n  rules = { main = false, a = true, b = [2], c = true }\n}\n");
    let (code, out, _) = sentinel(&["test", "-json", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(
        out.contains(
            r#""rule_detail":{"b":{"actual":[1],"expected":[2]},"c":{"actual":null,"expected":true}}"#
        ),
        "{out}"
    );
}

#[test]
fn an_honest_policy_does_not_reach_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    // As deep as the original goes.
    write(
        "deep.sentinel",
        "f = func(n) {\n\tif n is 0 { return 0 }\n\treturn 1 + f(n - 1)\n}\nmain = rule { f(498) is 498 }",
    );
    write("test/deep/c.hcl", "");
    // Each with each, and much to tell.
    write(
        "all.sentinel",
        "import \"strings\"\nn = 0\nfor range(100) as i {\n\tfor range(100) as j {\n\t\tif strings.has_prefix(string(i), string(j)) { n += 1 }\n\t}\n\tprint(range(2000))\n}\nmain = rule { n > 100 }",
    );
    write("test/all/c.hcl", "");
    // Each with each of larger data, which makes many values.
    write(
        "pairs.sentinel",
        "import \"strings\"\nparam names\nn = 0\nfor names as a {\n\tfor range(200) as b {\n\t\tif strings.split(a, \"-\")[1] is names[b][98:] { n += 1 }\n\t}\n}\nmain = rule { n > 0 }",
    );
    let names: Vec<_> = (0..1000).map(|n| format!("\"{}-{n}\"", "x".repeat(97))).collect();
    write(
        "test/pairs/c.json",
        &format!(
            "{{\"param\": {{\"names\": [{}]}}, \"test\": {{\"main\": true}}}}",
            names.join(",")
        ),
    );
    // A rule with all that it found, of a plan of some size.
    write(
        "found.sentinel",
        "import \"plan\"\nfound = rule { filter plan.list as x { x.n >= 0 } }\nmain = rule { length(found) is 60000 }",
    );
    let list: Vec<_> = (0..60_000).map(|n| format!("{{\"n\": {n}, \"tags\": {{}}}}")).collect();
    let list = format!("[{}]", list.join(","));
    write(
        "test/found/c.json",
        &format!(
            "{{\"mock\": {{\"plan\": {{\"list\": {list}}}}}, \"test\": {{\"main\": true, \"found\": {list}}}}}"
        ),
    );
    // Patterns made of lists, and long counts.
    write(
        "matches.sentinel",
        "import \"strings\"\nnames = map range(500) as i { \"name-\" + string(i) + \"-[a-z0-9]+\" }\nmain = rule {\n\t\"name-77-x\" matches \"^(\" + strings.join(names, \"|\") + \")$\" and \"é\" matches \"^.{1,1000}$\"\n}",
    );
    write("test/matches/c.hcl", "");
    let (code, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn a_case_that_cannot_hold_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("p.sentinel", "a = rule { false }\nb = rule { true }\nmain = rule { a and b }");
    write("test/p/wrong.hcl", "test { rules = { main = true } }");
    write("test/p/not-run.hcl", "test { rules = { main = false\n b = true } }");
    write("test/p/broken.hcl", "test {");
    write("test/p/nested.hcl", &format!("x = {}", "[".repeat(60_000)));
    write("test/p/blocks.hcl", &"a {".repeat(20_000));
    // Half of these were enough to keep a parser busy for ever.
    write("test/p/keys.hcl", &format!("x = {}", "{ a != ".repeat(60)));
    write("test/p/nested.json", &"[".repeat(60_000));
    write(
        "test/p/loops.hcl",
        "global \"x\" {\n  value = [for a in [1, 2] : [for b in [1, 2] : a]]\n}",
    );
    write("test/p/template.hcl", "param \"x\" {\n  value = \"a${b}\"\n}");
    write("test/p/name.hcl", "param \"x\" {\n  value = other\n}");
    write("test/p/again.hcl", "param \"x\" {\n  value = 1\n  value = 2\n}");
    write("test/p/comment.hcl", "/* param");
    write("test/p/heredoc.hcl", "param \"x\" {\n  value = <<EOT\nEO\n}");
    write("test/p/computes.hcl", "param \"x\" {\n  value = 1 % 0\n}");
    write("e.sentinel", "main = rule { 1 / 0 is 1 }");
    write("test/e/an-error-is-no-false.hcl", "test { rules = { main = false } }");
    write("s.sentinel", "main = rule {");
    let (code, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    for line in [
        "expected \"main\" to be true, got: false",
        "expected \"b\" to be true, but there is no such rule that was evaluated",
        "division by zero",
        "`for` has no place in this configuration",
        "an operator has no place in this configuration",
        "nested too deeply",
        "`${..}` has no place in this configuration",
        "the name `other` has no place in this configuration",
        "`value` is set twice",
        "this comment is not closed",
        "a line with `EOT` is missing",
        "expected an expression",
    ] {
        assert!(out.contains(line), "{line}:\n{out}");
    }
    assert_eq!(out.matches("PASS").count(), 0, "{out}");
}

#[test]
fn blocks_may_be_written_on_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("p.sentinel", "import \"m\"\nparam x\nmain = rule { m.y is 3 and x.a is \"}{\" }");
    write("m.sentinel", "y = 3");
    write(
        "test/p/short.hcl",
        "mock \"m\" { module { source = \"../../m.sentinel\" } } # { \nparam \"x\" { value = { a = \"}{\" } }\ntest { rules { main = true } }\n",
    );
    write("test/p/wrong.hcl", "mock \"m\" { module { source = } }\n");
    let (code, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("PASS - ") && out.contains("short.hcl"), "{out}");
    assert!(out.contains("line 1, column"), "{out}");
}

#[test]
fn values_in_hcl_are_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "p.sentinel",
        "param x\nmain = rule { x is [-1, 1, 2.5, -9223372036854775807, \"a\\n\\\"${b}\", \"c\\nd\\n\", null, {\"1\": true, \"k-k\": []}, 1500, \"é$%\", \"e\\n  f\\n${g}\\n\", {\"for\": 1}] }",
    );
    write(
        "test/p/all.hcl",
        "param \"x\" {\n  value = [-1, 1.0, (2.5), -9223372036854775807, \"a\\n\\\"$${b}\", <<EOT\nc\nd\nEOT\n, null, { 1 = true, \"k-k\" : [] }, 1.5e3, // c\n \"\\u00e9$%\", <<-E\n    e\n      f\n    $${g}\n    E\n, { for = 1 /* c */ }]\n}\n",
    );
    let (code, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn blocks_in_json_may_be_lists() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("test/p")).unwrap();
    let policy = "import \"m\"\nparam x\nmain = rule { m.y is x }";
    fs::write(folder.path().join("p.sentinel"), policy).unwrap();
    fs::write(folder.path().join("m.sentinel"), "y = 3").unwrap();
    let case = r#"{
        "mock": [{"m": [{"module": [{"source": "../../m.sentinel"}]}]}],
        "param": {"x": [{"value": 3}]},
        "test": [{"rules": {"main": true}}]
    }"#;
    fs::write(folder.path().join("test/p/lists.json"), case).unwrap();
    let (code, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn of_a_key_that_is_there_twice_the_last_counts_and_a_warning_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("test/p")).unwrap();
    fs::write(folder.path().join("p.sentinel"), "param x\nmain = rule { x is {\"a\": 2} }")
        .unwrap();
    let case = "param \"x\" {\n  value = { a = 1, \"a\" = 2 }\n}\n";
    fs::write(folder.path().join("test/p/twice.hcl"), case).unwrap();
    let (code, out, _) = sentinel(&["test", "-verbose", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("warning: line 2, column 20: the key `a` is there twice"), "{out}");
}

#[test]
fn only_the_policies_that_match_are_run() {
    let (code, out, _) = sentinel(&["test", "-run=hours", policies().to_str().unwrap()]);
    assert_eq!(code, 0);
    assert_eq!(out.matches("PASS - ").count(), 1 + 3, "{out}");
    let (code, out, _) = sentinel(&["test", "-run=hours$/^noon", policies().to_str().unwrap()]);
    assert_eq!(code, 0);
    assert_eq!(out.matches("PASS - ").count(), 1 + 1, "{out}");
}

/// The program, in a folder.
fn sentinel_in(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_sentinel"));
    let output = program.args(arguments).current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn apply_reads_all_configuration_of_its_folder_and_override_files_last() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    let apply = |arguments: &[&str]| sentinel_in(folder.path(), &[&["apply"], arguments].concat());
    write("p.sentinel", "param x\nparam y\nmain = rule { x is 2 and y is 3 and who is \"bo\" }");
    write(
        "policies.hcl",
        "policy \"listed\" {\n  source = \"p.sentinel\"\n  enforcement_level = \"hard-mandatory\"\n  params = { x = 1, y = 3 }\n}\n",
    );
    write(".terraform.lock.hcl", "provider \"x\" {}\n");
    write("globals.hcl", "global \"who\" {\n  value = \"ada\"\n}\n");
    assert_eq!(apply(&[]).0, 1);
    write("dev_override.hcl", "policy \"listed\" {\n  params = { x = 2 }\n}\n");
    assert_eq!(apply(&[]).0, 1);
    write("override.json", "{\"global\": {\"who\": {\"value\": \"bo\"}}}");
    assert_eq!(apply(&[]), (0, "Pass - p.sentinel\n".to_owned()));
    assert_eq!(apply(&["listed"]).0, 0);
    assert_eq!(apply(&["-config=policies.hcl", "-global", "who=bo"]).0, 1);
    write("override.json", "{\"policy\": {\"listed\": {\"enforcement_level\": \"advisory\"}}}");
    assert_eq!(apply(&[]).0, 0);
    write("override.json", "{\"param\": {\"z\": {\"value\": 1}}}");
    let (code, text) = apply(&[]);
    assert_eq!(code, 9);
    assert!(text.contains("there is no param \"z\" that could be overridden"), "{text}");
}

#[test]
fn the_time_import_is_set_up_by_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "p.sentinel",
        "import \"time\"\nmain = rule { time.now.hour is 22 and time.now.day is 30 }",
    );
    write(
        "test/p/zone.hcl",
        "import \"plugin\" \"time\" {\n  config = { timezone = \"America/Los_Angeles\", fixed_time = 1504155600 }\n}\n",
    );
    write(
        "test/p/older.json",
        "{\"import\": {\"time\": {\"config\": {\"timezone\": \"America/Los_Angeles\", \"fixed_time\": 1504155600}}}}",
    );
    let (code, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
    write("test/p/wrong.hcl", "import \"plugin\" \"time\" {\n  config = { zone = \"x\" }\n}\n");
    write("test/p/instead.hcl", "import \"module\" \"time\" {\n  source = \"time.sentinel\"\n}\n");
    let (_, out, _) = sentinel(&["test", folder.path().to_str().unwrap()]);
    assert!(out.contains("cannot be set up by this `zone`"), "{out}");
    assert!(out.contains("an import of the standard library: mock it"), "{out}");
}

#[test]
fn apply_exits_by_what_became_of_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    for (text, code) in [
        ("main = true", 0),
        ("main = false", 1),
        ("main = {}.a", 2),
        ("main = 1 / 0", 3),
        ("main = ", 9),
        ("import \"tfplan\"\nmain = true", 3),
    ] {
        let path = folder.path().join("p.sentinel");
        fs::write(&path, text).unwrap();
        let (exit, out, errors) = sentinel(&["apply", path.to_str().unwrap()]);
        assert_eq!(exit, code, "{text}\n{out}{errors}");
    }
    assert_eq!(sentinel(&["apply", "no-such.sentinel"]).0, 9);
    assert_eq!(sentinel(&["aply"]).0, 9);
}

#[test]
fn apply_takes_parameters_globals_and_levels() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    write("p.sentinel", "param x\nmain = rule { x is 3 and who is \"ada\" }");
    let config = folder.path().join("sentinel.hcl");
    let config = config.to_str().unwrap();
    write(
        "sentinel.hcl",
        "policy \"p\" {\n  enforcement_level = \"soft-mandatory\"\n}\nglobal \"who\" {\n  value = \"ada\"\n}\n",
    );
    assert_eq!(sentinel(&["apply", "-config", config, "-param", "x=3"]).0, 0);
    assert_eq!(sentinel(&["apply", "-config", config, "-param", "x=4"]).0, 1);
    assert_eq!(sentinel(&["apply", "-config", config, "-param", "x=3", "-global", "who=bo"]).0, 1);
    let (_, out, _) = sentinel(&["apply", "-config", config, "-param", "x=4", "-json"]);
    assert!(out.contains("\"can_override\": true"), "{out}");
    let (_, out, _) =
        sentinel(&["apply", "-config", config, "-param", "x=3", "-json-rule", "main"]);
    assert_eq!(out, "true\n");
    write(
        "sentinel.hcl",
        "policy \"p\" {\n  enforcement_level = \"advisory\"\n}\nglobal \"who\" {\n  value = \"ada\"\n}\n",
    );
    let (code, out, _) = sentinel(&["apply", "-config", config, "-param", "x=4"]);
    assert_eq!(code, 0);
    assert!(out.contains("Fail - ") && out.contains("(advisory)"), "{out}");
}
