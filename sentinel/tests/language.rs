//! What the language means, where its documentation leaves it open or where it is easily got wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod common;

use common::{error_of, passes, run, run_with, setup};
use countersign_sentinel::{Data, FailureKind, Import, Policy, Verdict};

#[track_caller]
fn refused(text: &str, why: &str) {
    let error =
        Policy::parse("policy.sentinel", text).expect_err("this should not parse").to_string();
    assert!(error.contains(why), "{error}");
}

fn module(name: &str, text: &str) -> Import {
    Import::Module(Policy::parse(name, text).unwrap())
}

#[test]
fn undefined_denies_and_tells_where_it_came_from() {
    let outcome = run("m = {}\nx = m.user.name\nmain = rule { x is \"ada\" }\n");
    assert!(!outcome.passed());
    match outcome.verdict {
        Verdict::Undefined(position) => assert_eq!(position.to_string(), "policy.sentinel:2:6"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_error_is_told_with_file_line_and_column() {
    assert_eq!(
        error_of("a = 1\nmain = rule { a + \"x\" is 1 }"),
        "policy.sentinel:2:17: `+` cannot be applied to a int and a string"
    );
}

#[test]
fn a_syntax_error_shows_the_line() {
    let error = Policy::parse("p.sentinel", "a = 1\nmain = rule { a is }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "p.sentinel:2:20: expected an expression, found `}`\n  main = rule { a is }\n                     ^"
    );
}

#[test]
fn without_main_nothing_passes() {
    assert!(error_of("a = rule { true }").contains("no rule `main`"));
}

#[test]
fn main_passes_as_true_or_as_nothing_found() {
    for value in ["true", "\"\"", "0", "0.0", "[]", "{}"] {
        passes(&format!("main = rule {{ {value} }}"));
    }
    for value in ["false", "\"x\"", "1", "0.5", "[1]", "{\"a\": 1}"] {
        let outcome = run(&format!("main = rule {{ {value} }}"));
        assert!(matches!(outcome.verdict, Verdict::Denied), "{value}");
    }
    for value in ["null", "func() { return true }"] {
        assert!(
            error_of(&format!("main = rule {{ {value} }}"))
                .contains("policy.sentinel:1:1: a rule must be"),
            "{value}"
        );
    }
}

#[test]
fn a_condition_that_is_undefined_does_not_hold_and_its_else_does() {
    passes("x = 0\nif {}.a { x = 1 }\nmain = x is 0");
    passes("if {}.a { x = 1 } else { x = 2 }\nmain = x is 2");
    passes("if {}.a { x = 1 } else if true { x = 2 } else { x = 3 }\nmain = x is 2");
    passes("if not ({}.a is 1) { x = 1 } else { x = 2 }\nmain = x is 2");
}

#[test]
fn the_condition_of_a_rule_or_the_body_of_a_quantifier_that_is_no_bool_is_undefined() {
    for undefined in [
        "rule when \"true\" { true }",
        "all [true, 1] as x { x }",
        "any [\"true\", null] as x { x }",
        "filter [1] as x { x }",
    ] {
        let verdict = run(&format!("x = {undefined}\nmain = x")).verdict;
        assert!(matches!(verdict, Verdict::Undefined(_)), "{undefined}: {verdict:?}");
    }
    passes("main = any [\"true\", true] as x { x }");
}

#[test]
fn the_condition_of_if_and_operands_of_logic_must_be_bools() {
    assert!(
        error_of("if \"true\" { x = 1 } else { x = 2 }\nmain = true").contains("must be a bool")
    );
    for operands in ["\"true\" and true", "false or 1", "true xor null", "not \"true\""] {
        assert!(error_of(&format!("main = {operands}")).contains("bool"), "{operands}");
    }
}

#[test]
fn only_ints_cannot_be_divided_by_zero() {
    passes("main = 1.0 / 0 > 9223372036854775807 and -1 / 0.0 < 0");
    passes("x = 0 / 0.0\nmain = x is not x and not (1 % 0.0 is 1)");
    assert!(matches!(run("main = not (0 / 0.0 > 1)").verdict, Verdict::Undefined(_)));
    assert!(error_of("main = 1 / 0 is 1").contains("division by zero"));
    assert!(error_of("main = 1 % 0 is 1").contains("division by zero"));
}

#[test]
fn what_is_undefined_is_no_case() {
    passes("case ({}.a) {\nwhen undefined, 1: x = 1\nelse: x = 2\n}\nmain = x is 2");
    passes("case 1 {\nwhen {}.a: x = 1\nwhen 1: x = 2\nelse: x = 3\n}\nmain = x is 2");
    passes("case {\nwhen 1, false: x = 1\nwhen 2 > 1: x = 2\n}\nmain = x is 2");
}

#[test]
fn the_right_side_is_evaluated_before_what_it_is_assigned_to() {
    passes(
        "l = []\nf = func(x) { append(l, x)\n return x }\nm = {}\nm[f(1)] = f(2)\nmain = l is [2, 1]",
    );
}

#[test]
fn a_chain_of_calls_may_go_on_in_the_next_line() {
    passes(
        "m = {\"f\": func() { return {\"g\": 3} }}\nx = m\n\t.f() # one\n\n\t.g\ny = 1\nmain = x is 3",
    );
    passes("x = 1\n.5\nmain = x is 1");
}

#[test]
fn names_of_imports_and_parameters_do_not_hide_each_other() {
    refused("import \"time\"\nimport \"json\" as time\nmain = true", "already");
    refused("import \"time\"\nparam time\nmain = true", "already");
    refused("param x\nparam x\nmain = true", "already");
    refused("param length default 3\nmain = true", "builtin");
    passes("import \"time\"\nimport \"time\" as clock\nmain = clock.now.hour is time.now.hour");
}

#[test]
fn a_loop_over_nothing_that_is_defined_is_an_error() {
    assert!(
        error_of("for {}.a as x { y = x }\nmain = true").contains("`for` needs a list or a map")
    );
    assert!(error_of("for null as x { y = x }\nmain = true").contains("a list or a map is needed"));
    assert!(error_of("main = all null as x { true }").contains("a list or a map is needed"));
}

#[test]
fn a_function_that_ends_without_return_is_an_error() {
    assert!(
        error_of("f = func(x) { if x { return 1 } }\nf(false)\nmain = true")
            .contains("without `return`")
    );
}

#[test]
fn the_operator_else_does_not_catch_errors() {
    assert!(error_of("main = (1 / 0) else true").contains("division by zero"));
}

#[test]
fn values_that_have_no_order_are_not_ordered() {
    assert!(matches!(run("main = null < 5").verdict, Verdict::Undefined(_)));
    assert!(matches!(run("main = not (\"a\" < 5)").verdict, Verdict::Undefined(_)));
}

#[test]
fn undefined_in_a_list_makes_its_equality_undefined() {
    assert!(matches!(run("main = [1, undefined] is [1, 2]").verdict, Verdict::Undefined(_)));
    assert!(matches!(run("main = [1, undefined] is [2, 2]").verdict, Verdict::Denied));
}

#[test]
fn undefined_in_a_list_hides_that_it_does_not_contain_something() {
    assert!(matches!(run("main = [1, undefined] not contains 2").verdict, Verdict::Undefined(_)));
    passes("main = [undefined, 2] contains 2");
}

#[test]
fn strings_become_ints_as_they_would_be_written() {
    passes("main = int(\"010\") is 8 and int(\"0x1F\") is 31 and int(\"-7\") is -7");
    passes(
        "main = int(\"08\") is not defined and int(\"1.5\") is not defined and int(\"\") is not defined",
    );
}

#[test]
fn null_is_neither_empty_nor_a_key() {
    assert!(error_of("main = null is empty").contains("needs a string, list or map"));
    assert!(error_of("m = {}\nm[null] = 1\nmain = true").contains("cannot be a key"));
    assert!(error_of("main = {null: 1} is empty").contains("cannot be a key"));
}

#[test]
fn a_builtin_is_hidden_by_what_has_its_name_where_that_is_seen() {
    passes("length = 3\nmain = length is 3");
    passes("func keys(m) { return m }\nmain = keys(true)");
    passes("f = func(values) { return values }\nmain = f(true)");
    passes(
        "f = func(m) {\n\tvalues = m.values\n\treturn values.a\n}\n\
         main = f({\"values\": {\"a\": 1}}) is 1 and values({\"a\": 2}) is [2]",
    );
    assert!(error_of("length += 1\nmain = true").contains("cannot be applied to a func"));
    refused("param length default 3\nmain = true", "`length` is a builtin function");
    refused("true = false\nmain = true", "stay what they are");
    refused("f = func(null) { return 1 }\nmain = true", "cannot be bound");
}

#[test]
fn fields_and_imports_are_not_assigned_to() {
    refused("m = {}\nm.a = 1\nmain = true", "a field cannot be assigned to");
    assert!(
        error_of("import \"time\"\ntime = 1\nmain = true").contains("import cannot be assigned")
    );
    let mut setup = setup();
    setup.imports.insert("rota".into(), Import::Data(Data::Map(vec![])));
    let outcome = run_with("import \"rota\"\nrota[\"a\"] = 1\nmain = true", &setup);
    assert!(matches!(outcome.verdict, Verdict::Failed(_)));
}

#[test]
fn an_importer_cannot_change_what_is_the_modules() {
    let mut setup = setup();
    let text = "list = [1]\nlength_of = func() { return length(list) }\nadd = func(x) { append(list, x)\n return true }";
    setup.imports.insert("m".into(), module("m.sentinel", text));
    let outcome = run_with(
        "import \"m\"\nmine = m.list\nappend(mine, 2)\nseen = length(m.list)\nm.add(5)\n\
         main = rule { length(mine) is 2 and m.length_of() is 2 and seen is 1 and m.list is [1, 5] and mine is [1, 2] }",
        &setup,
    );
    assert!(outcome.passed(), "{:?}", outcome.verdict);
}

#[test]
fn a_variable_of_a_function_may_hide_an_import_there() {
    passes(
        "import \"time\"\nf = func() {\n\ttime = {\"hour\": \"noon\"}\n\treturn time.hour\n}\n\
         g = func() { return time.hour }\n\
         main = rule { f() is \"noon\" and g() is 3600000000000 and time.hour is g() }",
    );
    passes(
        "import \"time\"\nx = 0\nfor [1, 2] as n {\n\ttime = n\n\tx += time\n}\nmain = x is 3 and time.hour > 0",
    );
    passes(
        "import \"json\"\nmain = rule { all [{\"a\": 1}] as json { json.a is 1 } and json.valid(\"{}\") }",
    );
}

#[test]
fn data_that_is_imported_may_be_a_list() {
    let mut setup = setup();
    let list = Data::List(vec![Data::Int(5), Data::Int(6)]);
    setup.imports.insert("rota".into(), Import::Data(list));
    let text = "import \"rota\"\nmain = rule { rota[0] is 5 and rota[-1] is 6 and rota[1:] is [6] and rota[2] is not defined }";
    let outcome = run_with(text, &setup);
    assert!(outcome.passed(), "{:?}", outcome.verdict);
    assert!(error_of("import \"time\"\nmain = time[0]").contains("an import is no value"));
}

#[test]
fn modules_that_import_each_other_are_refused() {
    let mut setup = setup();
    setup.imports.insert("a".into(), module("a.sentinel", "import \"b\"\nx = b.y"));
    setup.imports.insert("b".into(), module("b.sentinel", "import \"a\"\ny = a.x"));
    let outcome = run_with("import \"a\"\nmain = a.x", &setup);
    match outcome.verdict {
        Verdict::Failed(failure) => assert!(failure.message.contains("in a circle"), "{failure}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_module_has_no_parameters() {
    let mut setup = setup();
    setup.imports.insert("m".into(), module("m.sentinel", "param x default 1"));
    assert!(matches!(run_with("import \"m\"\nmain = true", &setup).verdict, Verdict::Failed(_)));
}

#[test]
fn a_rule_that_needs_itself_is_an_error() {
    assert!(
        error_of("a = rule { b }\nb = rule { a }\nmain = rule { a }").contains("refers to itself")
    );
}

#[test]
fn only_rules_that_were_evaluated_are_traced_and_main_comes_first() {
    let outcome =
        run("# first\na = rule { false }\nb = rule { true }\n# all of it\nmain = rule { a and b }");
    let rules: Vec<_> =
        outcome.rules.iter().map(|rule| (rule.name.as_str(), rule.description.as_str())).collect();
    assert_eq!(rules, [("main", "all of it"), ("a", "first")]);
}

#[test]
fn an_unknown_import_is_an_error_that_names_the_known_ones() {
    assert!(error_of("import \"tfplan\"\nmain = true").contains("collection/maps"));
}

#[test]
fn a_parameter_without_value_is_an_error() {
    assert!(error_of("param x\nmain = true").contains("parameter `x`"));
    let mut setup = setup();
    setup.params.insert("x".into(), Data::Bool(true));
    assert!(run_with("param x\nmain = x", &setup).passed());
}

#[test]
fn maps_are_walked_through_in_the_order_in_which_they_were_made() {
    passes(
        "l = []\nfor {\"z\": 1, \"a\": 2, \"m\": 3} as k { append(l, k) }\nmain = l is [\"z\", \"a\", \"m\"]",
    );
}

#[test]
fn a_loop_sees_the_collection_as_it_was() {
    passes(
        "m = {\"a\": 1, \"b\": 2, \"c\": 3}\nn = 0\nfor m as k { delete(m, k)\n n += 1 }\nmain = n is 3 and m is empty",
    );
}

#[test]
fn semicolons_come_back_inside_a_function_that_is_an_argument() {
    passes(
        "apply = func(f, x) { return f(x) }\nmain = apply(func(x) {\n\ty = x\n\treturn y + 1\n},\n\t1,\n) is 2",
    );
}

#[test]
fn else_after_a_broken_line_belongs_to_its_if() {
    passes("x = 0\nif false { x = 1 }\nelse { x = 2 }\nmain = x is 2");
    passes("m = {}\nfor m.a else {} as k { x = k }\nmain = true");
}

#[test]
fn patterns_are_those_of_re2() {
    for (text, pattern, holds) in [
        ("a_b", r"^\\w+$", true),
        ("ä", r"^\\w$", false),
        ("٣", r"\\d", false),
        ("a<b", r"\\<", true),
        ("a]b", "[]]", true),
        ("a[b", "[[]", true),
        ("a&&b", "[&&]", true),
        ("x{y", "x{y", true),
        ("aa", "^a{2}$", true),
        ("a.b", r"\\Qa.b\\E", true),
        ("axb", r"\\Qa.b\\E", false),
        ("q7", "^[[:alpha:]][[:digit:]]$", true),
        ("word", r"\\bword\\b", true),
        ("λ", r"^\\p{L}$", true),
        ("λ", r"^[\\p{Greek}]\\PN?$", true),
        ("a b", r"^a\\ b$", true),
        ("a.b+", r"^\\Qa.\\Eb\\Q+\\E$", true),
    ] {
        let outcome = run(&format!("main = \"{text}\" matches \"{pattern}\""));
        assert!(!matches!(outcome.verdict, Verdict::Failed(_)), "{pattern}: {:?}", outcome.verdict);
        assert_eq!(outcome.passed(), holds, "{text} matches {pattern}");
    }
    let error = error_of("main = \"a\" matches \"(\\\\d\"");
    assert!(error.contains("`(\\d` is no regular expression: unclosed group"), "{error}");
}

#[test]
fn what_is_printed_is_kept() {
    let outcome =
        run("print(\"a\", 1, [\"x\", 2.5], {\"b\": null, \"a\": true}, undefined)\nmain = true");
    assert_eq!(
        outcome.printed,
        "a 1 [\"x\", 2.5] {a: true, b: null} undefined\n"
            .replace("{a:", "{\"a\":")
            .replace(" b:", " \"b\":")
    );
}

#[test]
fn a_policy_evaluated_twice_ends_as_before() {
    let policy =
        Policy::parse("p.sentinel", "f = func(x) { return f(x + 1) }\nmain = f(0)").unwrap();
    let mut steps = Vec::new();
    for _ in 0..3 {
        let outcome = policy.evaluate(&setup());
        match outcome.verdict {
            Verdict::Failed(failure) => assert_eq!(failure.kind, FailureKind::Limit),
            other => panic!("{other:?}"),
        }
        steps.push(outcome.steps);
    }
    steps.dedup();
    assert_eq!(steps.len(), 1);
}
