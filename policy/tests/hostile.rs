//! Policies that mean harm: none takes long, much memory, or the process down, and none says yes.
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
use serde_json::json;

/// A text that is refused when it is read, with these words.
fn refused(text: &str, words: &str) {
    let head: String = text.chars().take(200).collect();
    let error = Policy::rego("hostile.rego", text).expect_err(&head);
    let told = error.to_string();
    assert!(told.contains(words), "{told}\nfor {head}");
    assert!(error.at.is_some(), "{told}: a place is missing");
}

/// A text that is read, and does not decide, with these words.
fn undecided(text: &str, words: &str) {
    let head: String = text.chars().take(200).collect();
    let policy =
        Policy::rego("hostile.rego", text).unwrap_or_else(|error| panic!("{error}\n{head}"));
    let answer = policy
        .decide(&json!({ "one": 1, "user": { "groups": ["a", "b"] } }), Timestamp::UNIX_EPOCH);
    assert_eq!(answer.verdict, Verdict::Undecided, "{head}");
    let trouble = answer.trouble.unwrap_or_default();
    // On a machine that is slow or busy, the clock may be first.
    let is_told = trouble.contains(words) || trouble.contains("50ms");
    assert!(is_told, "{trouble}\nfor {head}");
}

fn nested(open: &str, close: &str, levels: usize) -> String {
    format!("allow if x == {}1{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn nesting_is_bounded_before_anything_is_parsed() {
    for (open, close) in [("[", "]"), ("{", "}"), ("{\"a\": ", "}"), ("(", ")"), ("count([", "])")]
    {
        refused(&nested(open, close, 17), "nest");
        refused(&nested(open, close, 5000), "nest");
    }
    let wide: String =
        (0..2000).map(|_| format!("{}1{},", "[".repeat(12), "]".repeat(12))).collect();
    refused(&format!("x := [{wide} 1]\nallow := true"), "nest");
    let first = format!("{}1{}", "{\"a\": ".repeat(14), "}".repeat(14));
    let many: String = (0..200).map(|number| format!("x{number} := {first}\n")).collect();
    refused(&format!("{many}allow := true"), "nest");
}

/// An error in the innermost bracket is found over and over: these are some 20 characters for seconds.
#[test]
fn what_is_nested_and_wrong_is_not_tried_in_all_ways() {
    for (open, levels) in [("[", 11), ("{[", 6), ("[a | ", 11), ("{a: [", 6), ("[{\"a\": ", 6)] {
        refused(&format!("allow := {}", open.repeat(levels)), "nest");
        refused(&format!("name{}", open.repeat(levels)), "nest");
    }
}

#[test]
fn expressions_have_an_end() {
    for operator in ["+ ", "- ", "* ", "| ", "== ", "and ", "+\n"] {
        refused(&format!("allow if 1 {}", format!("{operator} 1 ").repeat(5000)), "");
    }
    refused(&format!("x := {} 1\nallow := true", "-".repeat(5000)), "operators");
    refused(&format!("allow if input{}", ".a".repeat(5000)), "operators");
    refused(&format!("allow if input{}", "[0]".repeat(5000)), "operators");
    refused(&format!("allow if {}", "not ".repeat(5000)), "operators");
}

#[test]
fn what_takes_long_to_be_put_in_order_is_refused() {
    let many =
        |line: &dyn Fn(usize) -> String, times: usize| (0..times).map(line).collect::<String>();
    refused(&(many(&|n| format!("r{n} := {n}\n"), 1100) + "allow := true"), "rules");
    refused(&many(&|n| format!("allow {{ input.x == {n} }}\n"), 1100), "rules");
    refused(
        &format!("allow if {{\n{}a300 = 1\n}}", many(&|n| format!("a{n} = a{}\n", n + 1), 300)),
        "statements",
    );
    refused(&format!("allow if {{ {} true }}", "input.x; ".repeat(300)), "statements");
    let bodies = many(&|n| format!("r{n} if {{ {} true }}\n", "input.x; ".repeat(100)), 30);
    refused(&format!("{bodies}allow := true"), "statements in all");
    refused(&(many(&|n| format!("import data.a{n}\n"), 200) + "allow := true"), "imports");
    refused(
        &format!(
            "allow := 1 if {{ input.x }} {}",
            many(&|n| format!("else := {n} if {{ input.x == {n} }} "), 300)
        ),
        "else",
    );
    refused(
        &(many(&|n| format!("x{n} := {{\"a\":{{\"a\":{{\"a\":{{\"a\":1}}}}}}}}\n"), 900)
            + "allow := true"),
        "nest",
    );
}

#[test]
fn large_files_and_numbers_are_not_read() {
    let error = Policy::rego("x.rego", &"# x\n".repeat(20_000)).unwrap_err();
    assert!(error.to_string().contains("at most 65536"), "{error}");
    refused("allow if input.x == 1e999999999", "too large");
    refused(&format!("allow if input.x == {}", "9".repeat(1000)), "too large");
}

#[test]
fn rules_do_not_call_themselves() {
    refused("allow if f(1)\nf(x) if f(x)", "themselves");
    refused("allow if a\na if b\nb if c\nc if a", "themselves");
    refused("allow if a\na if not b\nb if not a", "themselves");
    refused("package p\nallow if data.p[input.one]\nb if allow", "themselves");
    let chain: String = (0..60).map(|number| format!("r{number} if r{}\n", number + 1)).collect();
    refused(&format!("allow if r0\n{chain}r60 := true"), "through more than");
    let functions: String =
        (0..900).map(|number| format!("f{number}(x) := f{}(x)\n", number + 1)).collect();
    refused(&format!("allow if f0(1)\n{functions}f900(x) := x"), "through more than");
}

#[test]
fn what_reaches_outside_or_says_something_else_each_time_is_refused() {
    refused(
        "allow if http.send({\"url\": \"http://127.0.0.1\", \"method\": \"get\"}).status_code == 200",
        "http.send",
    );
    refused("allow if rand.intn(\"x\", 2) == 1", "rand.intn");
    refused("allow if opa.runtime().env.X", "opa.runtime");
    refused("allow if uuid.rfc4122(\"x\")", "uuid");
    refused("allow if print(\"x\")", "print");
    refused("allow if __builtin_host_await(1, 2)", "__builtin_host_await");
    refused("allow if nothing(1)", "nothing");
}

#[test]
fn what_would_be_answered_wrongly_is_refused() {
    refused("allow { f(2) == 2 }\nf(x) = 1 { x == 1 } { x == 2 }", "second body");
    refused("allow if { [p, v] := walk(input); p == [\"x\"] }", "walk");
    refused("allow if { walk(input, [p, v]); p == [\"x\"] }", "walk");
    refused("allow if count(1, 2, 3) == 1", "takes 1 arguments");
    refused("allow if f(1)\nf(x, y) := x", "");
    refused("f(a,b,c,d,e,g,h,i,j) := 1\nallow if f(1,2,3,4,5,6,7,8,9)", "arguments");
    refused("allow if input.x with input.x as true", "`with`");
}

#[test]
fn there_is_a_rule_that_decides() {
    let error = Policy::rego("x.rego", "package x\ndeny contains \"no\" if input.x").unwrap_err();
    assert!(error.to_string().contains("no rule `allow`"), "{error}");
    assert!(Policy::rego("x.rego", "").is_err());
    assert!(Policy::rego("x.rego", "package x").is_err());
}

#[test]
fn loops_come_to_an_end() {
    let ten = "x := numbers.range(1, 1000)\n";
    undecided(
        &format!("{ten}allow if {{ some a in x; some b in x; some c in x; a + b + c == 0 }}"),
        "steps",
    );
    undecided(
        &format!("{ten}allow if count([1 | some a in x; some b in x; a != b]) == 0"),
        "steps",
    );
    undecided(
        &format!("{ten}allow if every a in x {{ every b in x {{ a != b + 5000 }} }}"),
        "steps",
    );
}

#[test]
fn values_do_not_grow_without_being_paid_for() {
    let doubled = |first: &str, twice: &dyn Fn(usize) -> String, times: usize| {
        let lines: String =
            (1..times).map(|number| format!("x{number} := {}\n", twice(number - 1))).collect();
        format!("x0 := {first}\n{lines}allow if x{} == 1", times - 1)
    };
    // Each rule doubles the one before.
    undecided(&doubled("input.user", &|n| format!("[x{n}, x{n}]"), 35), "values");
    undecided(&doubled("input.user", &|n| format!("{{\"a\": x{n}, \"b\": x{n}}}"), 35), "values");
    undecided(&doubled("input.user", &|n| format!("{{[x{n}, 1], [x{n}, 2]}}"), 35), "values");
    undecided(&doubled("input.user", &|n| format!("[x{n} | some i in [1, 2]]"), 35), "values");
    undecided(&doubled("[1, 2]", &|n| format!("array.concat(x{n}, x{n})"), 35), "values");
    undecided(&doubled("\"text\"", &|n| format!("concat(\"\", [x{n}, x{n}])"), 35), "text");
    undecided(&doubled("\"text\"", &|n| format!("sprintf(\"%s%s\", [x{n}, x{n}])"), 35), "text");
    undecided(&doubled("\"text\"", &|n| format!("replace(x{n}, \"t\", \"tt\")"), 35), "text");
    undecided(&doubled("[1]", &|n| format!("json.marshal([x{n}, x{n}])"), 35), "text");
    undecided(&doubled("input.one + 1", &|n| format!("x{n} * x{n}"), 35), "bits");
    undecided(&doubled("input.one + 1", &|n| format!("x{n} * 1000000000000000000"), 35), "bits");
    undecided(&doubled("input.one", &|n| format!("[x{n}]"), 39).replace("x38 == 1", "f(x38) == 1\nf(x) := [[[[[[[[[[x]]]]]]]]]]\ng(x) := [[[[[[[[[[x]]]]]]]]]]\nh if g(f(x38)) == 1\nreason := h"), "");
}

#[test]
fn functions_that_make_much_of_little_are_bounded() {
    undecided("allow if count(numbers.range(1, 50000000)) == 0", "numbers.range");
    undecided(
        "allow if count(numbers.range(-9223372036854775807, 9223372036854775807)) == 0",
        "numbers.range",
    );
    undecided("allow if numbers.range_step(1, 50000000, 2) == []", "numbers.range_step");
    undecided("allow if sprintf(\"%100000000d\", [1]) == \"\"", "width");
    undecided("allow if sprintf(\"%.100000000f\", [1]) == \"\"", "width");
    undecided("allow if sprintf(\"%99999999999999999999d\", [1]) == \"\"", "width");
    undecided("allow if sprintf(\"%²d\", [1]) == \"\"", "width");
    undecided("allow if bits.lsh(1, 4000000000) == 1", "bits");
    undecided("allow if bits.lsh(1, -1) == 1", "bits");
    undecided("allow if product(numbers.range(1, 900)) == 1", "bits");
    undecided("allow if to_number(\"1e999999999\") == 1", "to_number");
    undecided("allow if units.parse(\"1e999999999\") == 1", "units.parse");
    undecided(
        "allow if regex.match(sprintf(\"%s\", [concat(\"\", [\"a\" | some i in numbers.range(1, 400)])]), \"a\")",
        "pattern",
    );
    undecided("allow if regex.match(\"((((a{99}){99}){99}){99}){99}\", \"a\")", "regex");
    undecided(
        "allow if json.unmarshal(concat(\"\", [\"[\" | some i in numbers.range(1, 5000)])) == 1",
        "json.unmarshal",
    );
    undecided(
        "t := concat(\"\", [\"a\" | some i in numbers.range(1, 4000)])\nallow if replace(t, \"\", t) == \"\"",
        "text",
    );
    undecided(
        "t := concat(\"\", [\"a\" | some i in numbers.range(1, 4000)])\nallow if regex.replace(t, \"a\", t) == \"\"",
        "text",
    );
}

#[test]
fn many_patterns_take_no_longer_than_few() {
    undecided(
        "allow if count([1 | some i in numbers.range(1, 9000); regex.match(sprintf(\"(a|b|%d){30}c\", [i]), \"aaaaa\")]) == 1",
        "",
    );
}

#[test]
fn many_rules_are_no_trouble() {
    let rules: String = (0..990).map(|number| format!("r{number} := {number}\n")).collect();
    let policy = Policy::rego("x.rego", &format!("{rules}allow if r7 == 7")).unwrap();
    assert_eq!(policy.decide(&json!({}), Timestamp::UNIX_EPOCH).verdict, Verdict::Allow);
    // One with a condition is one, too.
    let rules: String =
        (0..990).map(|number| format!("r{number} if input.x == {number}\n")).collect();
    let policy = Policy::rego("x.rego", &format!("{rules}allow if r7")).unwrap();
    assert_eq!(policy.decide(&json!({ "x": 7 }), Timestamp::UNIX_EPOCH).verdict, Verdict::Allow);
}
