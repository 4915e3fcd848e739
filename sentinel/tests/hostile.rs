//! Policies that mean harm: they end as denials, in time, and the process goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use countersign_sentinel::{Outcome, Policy, Setup, Verdict};
use jiff::Timestamp;
use proptest::prelude::*;

/// How long anything may take: 100 ms where it is optimised, more where it is not.
const LONGEST: Duration =
    if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_millis(400) };

/// Largest policy that is tried.
const SIZE: usize = 64 << 10;

/// Evaluates without a limit of time: the others have to do.
fn run(text: &str) -> Option<Outcome> {
    let mut setup = Setup::at(Timestamp::UNIX_EPOCH);
    setup.limits.time = None;
    Policy::parse("hostile.sentinel", text).ok().map(|policy| policy.evaluate(&setup))
}

#[track_caller]
fn ends(what: &str, text: &str) -> Option<Outcome> {
    assert!(text.len() <= SIZE, "{what}: {} bytes", text.len());
    let begun = Instant::now();
    let outcome = run(text);
    let took = begun.elapsed();
    assert!(took < LONGEST, "{what}: {took:?}");
    outcome
}

/// It is stopped, or not even parsed.
#[track_caller]
fn stopped(what: &str, text: &str) {
    match ends(what, text).map(|outcome| outcome.verdict) {
        None | Some(Verdict::Failed(_)) => {}
        Some(other) => panic!("{what}: {other:?}"),
    }
}

fn doubled(first: &str, step: &str, times: usize, last: &str) -> String {
    format!("{first}\n{}{last}", format!("{step}\n").repeat(times))
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{\"a\":", "}"),
        ("!", ""),
        ("not ", ""),
        ("- ", ""),
        ("func() { return ", "}"),
        ("rule { ", "}"),
        ("all [1] as x { ", "}"),
        ("f(", ")"),
        ("a[", "]"),
    ] {
        let levels = (SIZE - 50) / (open.len() + close.len());
        let text = format!("main = {}true{}", open.repeat(levels), close.repeat(levels));
        stopped(open, &text);
        stopped(open, &format!("main = {}", open.repeat(levels)));
    }
    stopped("if", &format!("{}a = 1{}\nmain = true", "if true {".repeat(6000), "}".repeat(6000)));
}

#[test]
fn long_chains_are_refused() {
    for (link, last) in [("1 + ", "1"), ("true and ", "true"), ("undefined else ", "1")] {
        stopped(link, &format!("main = {}{last}", link.repeat((SIZE - 50) / link.len())));
    }
    for link in [".b", "[0]", "()"] {
        stopped(link, &format!("a = {{}}\nmain = a{}", link.repeat((SIZE - 50) / link.len())));
    }
}

#[test]
fn recursion_ends() {
    for text in [
        "f = func(x) { return f(x + 1) }\nmain = f(1)",
        "f = func(x) { return f(x) + f(x) }\nmain = f(1)",
        "f = func(x) { if x < 2 { return x }\n return f(x - 1) + f(x - 2) }\nmain = f(60)",
        "f = func(x) { return filter [1] as y { f(x) } }\nmain = f(1)",
        "import \"collection\"\nf = func(x) { collection.filter([1, 2], f)\n return true }\nmain = f(1)",
        "import \"collection/lists\" as l\nf = func(x, y) { l.sort([1, 2], f)\n return 1 }\nmain = f(1, 2)",
    ] {
        stopped("recursion", text);
    }
}

#[test]
fn growth_ends() {
    let s = "s = \"aaaaaaaaaaaaaaaa\"";
    stopped("strings", &doubled(s, "s = s + s", 60, "main = true"));
    stopped("strings", &format!("{s}\nfor range(1000) as i {{ s += s }}\nmain = true"));
    stopped("lists", &doubled("s = [1]", "s = s + s", 60, "main = true"));
    stopped("lists", "s = [1]\nfor range(100) as i { s += s }\nmain = true");
    stopped("ranges", "main = length(range(9223372036854775807))");
    stopped("ranges", "main = length(range(-9223372036854775807, 9223372036854775807, 3))");
    stopped("ranges", "for range(1000) as i { x = range(100000) }\nmain = true");
    stopped("maps", "m = {}\nfor range(900000) as i { m[i] = i }\nmain = true");
    stopped(
        "closures",
        "l = []\nfor range(900000) as i { append(l, func() { return i }) }\nmain = true",
    );
    stopped(
        "output",
        "for range(900000) as i { print(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\") }\nmain = true",
    );
    stopped(
        "replace",
        &format!(
            "import \"strings\"\n{s}\nfor range(20) as i {{ s = strings.replace(s, \"a\", s) }}\nmain = true"
        ),
    );
    stopped(
        "json",
        &format!(
            "import \"json\"\n{}",
            doubled("s = \"[],\"", "s = s + s", 20, "main = json.valid(\"[\" + s + \"1]\")")
        ),
    );
}

#[test]
fn collections_that_contain_themselves_do_no_harm() {
    stopped("equality", "s = []\nappend(s, s)\nt = []\nappend(t, t)\nmain = s is t");
    for text in [
        "s = []\nappend(s, s)\nprint(s)\nmain = s is s",
        "m = {}\nm[\"m\"] = m\nmain = rule { m }",
        "l = []\nfor range(1000) as i { append(l, l) }\nprint(l)\nmain = l",
        "s = [1]\nfor range(100000) as i { s = [s] }\nmain = s",
    ] {
        ends("itself", text);
    }
    for last in
        ["s is s", "s", "print(s)", "json.marshal(s) is \"\"", "strings.join(s, \"\") is \"\""]
    {
        let imports = "import \"json\"\nimport \"strings\"\ns = [\"1\"]";
        ends(last, &doubled(imports, "s = [s, s]", 60, &format!("main = {last}")));
    }
}

#[test]
fn loops_end() {
    stopped(
        "loops",
        "for range(1000) as i { for range(1000) as j { for range(1000) as k { x = i } } }\nmain = true",
    );
    let nested = |times: usize| {
        let open = (0..times).fold(String::new(), |mut text, at| {
            let _ = write!(text, "all l as x{at} {{ ");
            text
        });
        format!("l = range(100)\nmain = {open}true{}", "}".repeat(times))
    };
    stopped("quantifiers", &nested(10));
    stopped(
        "copies",
        &format!(
            "l = range(200000)\n{}x = 1{}\nmain = true",
            "for l as a { ".repeat(100),
            "}".repeat(100)
        ),
    );
}

#[test]
fn patterns_end() {
    stopped("size", "main = \"a\" matches \"(a{1000}){1000}\"");
    stopped(
        "many",
        "for range(100000) as i { x = \"a\" matches \"(\\\\pL{20}){5}\" + string(i) }\nmain = true",
    );
    let long = doubled(
        "s = \"aaaaaaaaaaaaaaaa\"",
        "s = s + s",
        15,
        "for range(100000) as i { x = s matches \"(a+)+b\" }\nmain = true",
    );
    stopped("backtracking", &long);
    let patterns = |pattern: &str| {
        let each = |at| format!("x = \"a\" matches \"{at}{pattern}\"\n");
        format!("{}main = true", (0..100).map(each).collect::<String>())
    };
    for class in ["[\\x{0}-\\x{10FFFF}]", "[é-𐐀]", "\\pL", "[\\PN]"] {
        let many = class.repeat(4000 / class.len());
        stopped(class, &format!("main = \"a\" matches `(?i){many}`"));
        stopped(class, &format!("main = \"a\" matches `(?i:a)|{many}`"));
    }
    assert!(
        ends(
            "a few classes",
            "main = \"É\" matches `(?i)^[a-zà-ÿ]+$` and \"λ\" matches `(?i)^\\p{Greek}$`"
        )
        .unwrap()
        .passed()
    );
    stopped("large ones", &patterns("(?i)[\\\\pL\\\\pN]{8}"));
    assert!(ends("usual ones", &patterns("^[a-z0-9-]+\\\\.(com|org)$")).unwrap().passed());
    stopped(
        "nesting",
        &format!("main = \"a\" matches \"{}{}\"", "(".repeat(2000), ")".repeat(2000)),
    );
}

#[test]
fn functions_of_imports_that_take_long_are_paid_for() {
    for (import, first, each) in [
        ("decimal", "x = decimal.new(\"1.0000001\")", "y = x.power(\"0.3331\")"),
        ("decimal", "x = decimal.new(\"1.0000001\")", "x = x.multiply(x)"),
        ("decimal", "x = decimal.new(\"1e2000\")\nz = decimal.new(\"1e-2000\")", "y = x.add(z)"),
        ("decimal", "x = decimal.new(123456).ln", "y = x()"),
        ("time", "", "x = time.load(\"2019-11-16T01:20:30Z\").month_name"),
        ("version", "", "x = version.new(\"1.2.3\").satisfies(\"> 1.0, < 2.0, != 1.5\")"),
        ("strings", "l = [1e300, 1e-300]", "x = strings.join(l, \",\")"),
        ("base64", "s = \"aaaaaaaaaaaaaaaa\"", "s = base64.encode(s)"),
        ("units", "", "x = string(1e308)"),
    ] {
        stopped(
            each,
            &format!(
                "import \"{import}\"\n{first}\nfor range(500000) as i {{ {each} }}\nmain = true"
            ),
        );
    }
}

#[test]
fn long_strings_are_searched_in_time() {
    let grown = |first: &str| doubled(&format!("s = \"{first}\""), "s = s + s", 16, "");
    for (first, each) in [
        ("a", "x = (s + \"b\") in (s + \"c\" + s + \"b\")"),
        ("\\xff", "x = (s + \"b\") in (s + \"c\" + s + \"b\")"),
        ("ß", "x = strings.to_upper(s)"),
        ("a", "x = strings.trim(s, s)"),
        ("a", "x = strings.split(s, \"\")"),
    ] {
        let text = format!(
            "import \"strings\"\n{}\nfor range(10000) as i {{ {each} }}\nmain = true",
            grown(first)
        );
        stopped(each, &text);
    }
    let text = "s = \"\\xff\\xfea\"\nmain = \"\\xfea\" in s and \"\\xfeb\" not in s and \"\" in s";
    assert!(ends("bytes", text).unwrap().passed());
}

/// Pieces that programs are made of, put together in any way.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "main",
        "=",
        "rule",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "a",
        "b",
        "f",
        "func",
        "return",
        "if",
        "else",
        "for",
        "as",
        ",",
        ":",
        ".",
        "1",
        "0",
        "-",
        "+",
        "*",
        "/",
        "%",
        "\"x\"",
        "true",
        "false",
        "null",
        "undefined",
        "and",
        "or",
        "not",
        "xor",
        "is",
        "in",
        "contains",
        "matches",
        "empty",
        "defined",
        "all",
        "any",
        "filter",
        "map",
        "case",
        "when",
        "break",
        "continue",
        "\n",
        "\n",
        ";",
        "import",
        "\"strings\"",
        "strings",
        "append(a, a)",
        "a = [a, a]",
        "b = {\"k\": b}",
        "print(a)",
        "range(9)",
        "length",
        "keys",
        "+=",
        "param",
        "default",
        "1.5",
        "`",
        "\"",
        "\\",
        "é",
        "#",
        "/*",
        "*/",
    ]);
    prop::collection::vec(piece, 0..200).prop_map(|pieces| pieces.join(" "))
}

/// Programs that mostly parse.
fn programs() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b",
        "c",
        "1",
        "0",
        "-3",
        "2.5",
        "\"x\"",
        "\"\"",
        "[]",
        "{}",
        "[1, 2]",
        "{\"k\": 1}",
        "true",
        "false",
        "null",
        "undefined",
        "range(5)",
        "9223372036854775807",
        "keys({\"a\": 1})",
    ])
    .prop_map(str::to_owned);
    let expression = leaf.prop_recursive(5, 60, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "is", "is not", "<", ">=", "and", "or", "xor", "else", "in",
            "contains", "matches", "not in",
        ]);
        let loops = prop::sample::select(vec!["all", "any", "filter", "map"]);
        let calls = prop::sample::select(vec![
            "length", "keys", "values", "string", "int", "float", "bool", "print", "range", "f",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (loops, inner.clone(), inner.clone())
                .prop_map(|(what, over, body)| format!("({what} {over} as k, v {{ {body} }})")),
            (calls, inner.clone()).prop_map(|(call, of)| format!("{call}({of})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{\"x\": {a}, \"y\": {b}}}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("({a}).x")),
            inner.clone().prop_map(|a| format!("({a} is empty)")),
            inner.clone().prop_map(|a| format!("(not {a})")),
            inner.prop_map(|a| format!("rule {{ {a} }}")),
        ]
    });
    let statement = prop_oneof![
        (prop::sample::select(vec!["a", "b", "c"]), expression.clone())
            .prop_map(|(name, value)| format!("{name} = {value}")),
        (prop::sample::select(vec!["a", "b", "c"]), expression.clone())
            .prop_map(|(name, value)| format!("{name} += {value}")),
        (expression.clone(), expression.clone())
            .prop_map(|(at, value)| format!("m[{at}] = {value}")),
        expression.clone().prop_map(|value| format!("append(l, {value})")),
        (expression.clone(), expression.clone())
            .prop_map(|(over, body)| format!("for {over} as k, v {{ append(l, {body}) }}")),
        expression.clone().prop_map(|test| format!("if {test} {{ a = l }}")),
    ];
    (prop::collection::vec(statement, 0..12), expression).prop_map(|(statements, main)| {
        let first = "a = 1\nb = [1]\nc = \"s\"\nl = [1]\nm = {}\nf = func(x) { append(l, l)\n return [x, l] }";
        format!("{first}\n{}\nmain = rule {{ {main} }}\n", statements.join("\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends(text in "\\PC{0,400}") {
        ends("any text", &text);
    }

    #[test]
    fn any_pieces_end(text in pieces()) {
        ends("pieces", &text);
    }

    #[test]
    fn any_program_ends_and_never_passes_by_an_error(text in programs()) {
        if let Some(outcome) = ends("a program", &text) {
            let failed = matches!(outcome.verdict, Verdict::Failed(_) | Verdict::Undefined(_));
            prop_assert!(!(failed && outcome.passed()));
        }
    }
}
