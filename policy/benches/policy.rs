//! How long policies take: to be asked, and, where they mean harm, to be stopped.
//!
//! `cargo bench -p countersign-policy`. It prints and does not judge.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::too_many_lines,
    reason = "a measurement that cannot go on panics"
)]

use std::time::{Duration, Instant};

use countersign_policy::Policy;
use jiff::Timestamp;
use serde_json::{Value, json};

const SEED: &str = "default allow = false\nallow { user_is_fulltime }\nuser_is_fulltime { not user_is_contractor }\nuser_is_contractor { some i; data.user.groups[i] == \"contractors\" }\n";

fn main() {
    let input = json!({ "user": { "id": "ada@acme.test", "name": "Ada", "groups": ["eng", "oncall", "dba"] } });
    let fifty: String = (0..50)
        .map(|number| {
            format!("allow if {{ input.user.id == \"u{number}\"; input.user.name != \"x\" }}\n")
        })
        .collect();
    let scan = format!(
        "team := {:?}\nallow if \"u199\" in team",
        (0..200).map(|n| format!("u{n}")).collect::<Vec<_>>()
    );
    for (name, text) in [("the seed", SEED.to_owned()), ("50 rules", fifty), ("200 ids", scan)] {
        let load = Instant::now();
        let policy = Policy::rego("bench.rego", &text).expect(name);
        println!("{name}: read in {:?}", load.elapsed());
        measure(&format!("{name}: decide"), || drop(policy.decide(&input, Timestamp::UNIX_EPOCH)));
        measure(&format!("{name}: explain"), || {
            drop(policy.explain(&input, Timestamp::UNIX_EPOCH));
        });
    }
    harm();
}

fn measure(name: &str, mut call: impl FnMut()) {
    let mut times: Vec<Duration> = (0..100_000)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |part: usize| times[times.len() * part / 1000];
    println!("{name}: median {:?}, p99 {:?}, p99.9 {:?}", at(500), at(990), at(999));
}

/// The longest that each takes, read and asked.
fn harm() {
    let input = json!({ "one": 1, "user": { "groups": ["a", "b"] } });
    for (name, text) in policies() {
        let start = Instant::now();
        let policy = Policy::rego("harm.rego", &text);
        let read = start.elapsed();
        let told = match &policy {
            Ok(policy) => answer(policy, &input),
            Err(error) => error.to_string(),
        };
        let all = start.elapsed();
        let flag = if all > Duration::from_millis(100) { "  <-- TOO LONG" } else { "" };
        println!(
            "{name}: read {read:?}, all {all:?}: {}{flag}",
            told.chars().take(90).collect::<String>()
        );
    }
}

fn answer(policy: &Policy, input: &Value) -> String {
    let answer = policy.decide(input, Timestamp::UNIX_EPOCH);
    format!("{:?} {:?}", answer.verdict, answer.trouble)
}

fn policies() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add =
        |name: &str, text: String| all.push((name.to_owned(), text.chars().take(65_536).collect()));
    let doubled = |first: &str, twice: &dyn Fn(usize) -> String, times: usize| {
        let lines: String =
            (1..times).map(|number| format!("x{number} := {}\n", twice(number - 1))).collect();
        format!("x0 := {first}\n{lines}allow if x{} == 1", times - 1)
    };
    let many =
        |line: &dyn Fn(usize) -> String, times: usize| (0..times).map(line).collect::<String>();
    for times in [14, 18, 25, 35] {
        add("arrays doubled", doubled("input.user", &|n| format!("[x{n}, x{n}]"), times));
        add(
            "objects doubled",
            doubled("input.user", &|n| format!("{{\"a\": x{n}, \"b\": x{n}}}"), times),
        );
        add("sets doubled", doubled("input.user", &|n| format!("{{[x{n}, 1], [x{n}, 2]}}"), times));
        add("numbers squared", doubled("input.one + 1", &|n| format!("x{n} * x{n}"), times));
        add(
            "texts doubled",
            doubled("\"text\"", &|n| format!("concat(\"\", [x{n}, x{n}])"), times),
        );
        add(
            "arrays compared",
            doubled("[1]", &|n| format!("[x{n}, x{n}]"), times).replace(" == 1", " == y")
                + "\ny := [x2]",
        );
    }
    let ten = "x := numbers.range(1, 9000)\n";
    add(
        "three loops",
        format!("{ten}allow if {{ some a in x; some b in x; some c in x; a + b + c == 0 }}"),
    );
    add(
        "comprehensions",
        format!("{ten}allow if count([1 | some a in x; some b in x; a != b]) == 0"),
    );
    add("sets of ranges", format!("{ten}allow if count({{y | some a in x; y := [a, x]}}) == 0"));
    add("sorts", format!("{ten}allow if {{ some a in x; sort(array.concat(x, [a])) == 1 }}"));
    add("patterns", "allow if count([1 | some i in numbers.range(1, 9000); regex.match(sprintf(\"(a|b|%d|[^\\\\pL]){20}c\", [i]), \"aaaaa\")]) == 1".to_owned());
    add("large pattern", "allow if regex.match(`(\\pL\\pN|\\w\\d){60}[^x]{50}`, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\")".to_owned());
    add("marshals", format!("{ten}allow if {{ some a in x; json.marshal([a, x]) == 1 }}"));
    add("reads json", "t := sprintf(\"[%s]\", [concat(\",\", [\"[1]\" | some i in numbers.range(1, 9000)])])\nallow if { some i in numbers.range(1, 9000); json.unmarshal(t) == i }".to_owned());
    add("many rules", many(&|n| format!("r{n} := {n}\n"), 5000) + "allow if r7 == 7");
    add("many definitions", many(&|n| format!("allow if input.x == {n}\n"), 2500));
    add(
        "many definitions of values",
        many(&|n| format!("r := {n} if input.x == {n}\n"), 2400) + "allow if r",
    );
    add(
        "many functions",
        many(&|n| format!("f{n}(x) := f{}(x)\n", n + 1), 2700) + "f2700(x) := x\nallow if f0(1)",
    );
    add(
        "many rules that call",
        many(&|n| format!("r{n} if r{}\n", n + 1), 4000) + "r4000 := true\nallow if r0",
    );
    add(
        "many statements",
        format!("allow if {{\n{}}}", many(&|n| format!("input.a{n} == {n}\n"), 2900)),
    );
    add("many names", format!("allow if {{\n{}}}", many(&|n| format!("a{n} := {n}\n"), 3900)));
    for (open, times) in [("[", 10), ("{[", 5), ("[a | ", 10)] {
        add("nested, and an error within", format!("allow := {}", open.repeat(times)));
    }
    add(
        "names backwards",
        format!("allow if {{\n{}a3000 = 1\n}}", many(&|n| format!("a{n} = a{}\n", n + 1), 3000)),
    );
    add(
        "names in a circle",
        format!("allow if {{\n{}}}", many(&|n| format!("a{n} = a{}\n", (n + 1) % 3000), 3000)),
    );
    add(
        "many loops",
        format!("allow if {{\n{}}}", many(&|n| format!("some x{n} in input.user.groups\n"), 1800)),
    );
    add(
        "loops within loops",
        format!(
            "allow if {{\n{}}}",
            many(&|n| format!("input.user.groups[a{n}] == input.user.groups[b{n}]\n"), 1200)
        ),
    );
    add("a long array", format!("x := [{}1]\nallow if x[3]", "1,".repeat(30_000)));
    add("a long set", format!("x := {{{}1}}\nallow if x[3]", many(&|n| format!("{n},"), 11_000)));
    add("a long array of values", format!("allow if [{}1][3]", "input.x,".repeat(8000)));
    add(
        "a long object",
        format!("x := {{{}\"x\": 1}}\nallow if x.x", many(&|n| format!("\"k{n}\": {n},"), 4500)),
    );
    add("many arrays", many(&|n| format!("x{n} := [[[[[[1]]]]]]\n"), 2800) + "allow := true");
    add(
        "many objects",
        many(&|n| format!("x{n} := {{\"a\":{{\"a\":{{\"a\":1}}}}}}\n"), 2000) + "allow := true",
    );
    add(
        "many else",
        format!(
            "allow := 1 if {{ input.x }} {}",
            many(&|n| format!("else := {n} if {{ input.x == {n} }} "), 1900)
        ),
    );
    add(
        "many comprehensions",
        many(&|n| format!("x{n} := [y | some y in [z | some z in input.user.groups]]\n"), 1100)
            + "allow := true",
    );
    add(
        "every",
        format!(
            "allow if {{\n{}}}",
            many(&|n| format!("every x in input.user.groups {{ x != {n} }}\n"), 1500)
        ),
    );
    add("text", format!("allow if input.x == \"{}\"", "x".repeat(65_000)));
    add("a comment", format!("allow := true # {}", "x".repeat(65_000)));
    add("lines", "\n".repeat(65_000) + "allow := true");
    add("brackets", "[".repeat(65_000));
    add("quotes", "\"".repeat(65_000));
    add("braces", "{}".repeat(32_000));
    add("packages", "package a\n".repeat(6000));
    add("imports", many(&|n| format!("import data.a{n}\n"), 3500) + "allow := true");
    add("zeros", "\0".repeat(65_000));
    all
}
