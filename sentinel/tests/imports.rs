//! The standard imports, where their documentation leaves something open or is easily misread.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod common;

use common::{error_of, passes, run};

#[test]
fn an_unknown_member_of_a_time_or_a_number_is_undefined() {
    passes("import \"time\"\nmain = (time.now.era else 7) is 7");
    passes("import \"decimal\"\nmain = decimal.new(1).era is not defined");
    passes("import \"version\"\nmain = version.new(\"1.2\").era is not defined");
}

#[test]
fn a_duration_may_have_a_fraction() {
    passes("import \"time\"\nmain = time.load(0).add(time.second * 1.5).second is 1");
}

#[test]
fn what_is_undefined_is_left_out_of_json() {
    passes(
        "import \"json\"\nmain = json.marshal({\"a\": [1, undefined], \"b\": undefined}) is \"{\\\"a\\\":[1]}\"",
    );
}

#[test]
fn the_clock_is_the_callers() {
    passes(
        "import \"time\"\nmain = time.now.unix is 1795339800 and time.now.weekday_name is \"Sunday\"",
    );
}

#[test]
fn decimals_keep_a_hundred_digits() {
    passes(
        "import \"decimal\"\nmain = decimal.new(1).divide(3).multiply(3).string is \"0.\" + \"9999999999\" + \"9999999999\" + \"9999999999\" + \"9999999999\" + \"9999999999\" + \"9999999999\" + \"9999999999\" + \"9999999999\" + \"9999999999\" + \"9999999999\"",
    );
    passes(
        "import \"decimal\"\nmain = decimal.new(2).sqrt().string matches \"^1.41421356237309504880\"",
    );
    passes(
        "import \"decimal\"\nmain = decimal.new(1).exp().string matches \"^2.71828182845904523536\"",
    );
    passes(
        "import \"decimal\"\nmain = decimal.new(10).ln().string matches \"^2.30258509299404568401\"",
    );
    passes("import \"decimal\"\nmain = decimal.new(1000).log10().is(3)");
    passes(
        "import \"decimal\"\nmain = decimal.new(2).power(\"0.5\").string matches \"^1.41421356237309504880\"",
    );
    passes(
        "import \"decimal\"\nmain = decimal.new(-7).mod(3).is(-1) and decimal.new(\"-1.5\").floor().is(-2)",
    );
    assert!(
        error_of("import \"decimal\"\nmain = decimal.new(1).divide(0).is(1)").contains("no value")
    );
    assert!(
        error_of("import \"decimal\"\nmain = decimal.new(\"1e99999\").is(1)")
            .contains("no decimal number")
    );
}

#[test]
fn versions_are_held_against_constraints() {
    for (version, constraint, holds) in [
        ("1.2.3", "~> 1.2", true),
        ("2.0.0", "~> 1.2", false),
        ("1.2.9", "~> 1.2.3", true),
        ("1.3.0", "~> 1.2.3", false),
        ("1.2.3-beta", ">= 1.0", false),
        ("1.2.3", ">= 1.0, < 1.2", false),
        ("1.2", "1.2.0", true),
    ] {
        let outcome = run(&format!(
            "import \"version\"\nmain = version.new(\"{version}\").sat(\"{constraint}\")"
        ));
        assert_eq!(outcome.passed(), holds, "{version} {constraint}: {:?}", outcome.verdict);
    }
    assert!(
        error_of("import \"version\"\nmain = version.new(\"x\").major is 1")
            .contains("is no version")
    );
}

#[test]
fn networks_contain_networks() {
    for (outer, inner, holds) in [
        ("10.0.0.0/8", "10.2.3.4", true),
        ("10.2.3.4", "10.0.0.0/8", false),
        ("0.0.0.0/0", "1.2.3.4", true),
        ("0.0.0.0/0", "::1", false),
        ("2001:db8::/32", "2001:db8::1", true),
        ("::/0", "2001:db8::/32", true),
    ] {
        let outcome = run(&format!(
            "import \"sockaddr\"\nmain = sockaddr.is_contained(\"{outer}\", \"{inner}\")"
        ));
        assert_eq!(outcome.passed(), holds, "{outer} {inner}: {:?}", outcome.verdict);
    }
    assert!(
        error_of("import \"sockaddr\"\nmain = sockaddr.is_ipv4(\"10.0.0.0/33\")")
            .contains("neither")
    );
}

#[test]
fn a_time_is_a_map_with_functions() {
    passes(
        "import \"time\"\nt = time.load(0)\nmain = t[\"hour\"] is 0 and t[\"add\"](time.hour)[\"hour\"] is 1",
    );
    passes("import \"time\"\nimport \"types\"\nmain = types.type_of(time.now) is \"map\"");
    passes("import \"time\"\nmain = time.now[\"era\"] is not defined");
    assert!(error_of("import \"time\"\nmain = time.now[0] is 1").contains("cannot be indexed"));
}

#[test]
fn a_function_is_no_json() {
    for value in ["func(x) { return x }", "[1, {\"a\": func() { return 1 }}]", "length"] {
        let error = error_of(&format!("import \"json\"\nmain = json.marshal({value})"));
        assert!(error.contains("a value of type func is no JSON"), "{error}");
    }
}

#[test]
fn lists_are_compared_with_as_many_others_as_there_are() {
    let passes =
        |rest: &str| passes(&format!("import \"collection/lists\" as lists\nmain = {rest}"));
    passes("lists.difference([1, 2, 3, 3, 4, 5], [2, 5], [1]) is [3, 3, 4]");
    passes("lists.diff([1, 2], [2]) is [1] and lists.difference([1]) is [1]");
    passes(
        "lists.intersection([1, 2, 2], [2, 3], [3, 2]) is [2] and lists.intersection([1, 1]) is [1]",
    );
    passes(
        "lists.union([1, 3], [2, 3, 5], [6, 2, 1]) is [1, 3, 2, 5, 6] and lists.union([1, 1]) is [1]",
    );
}

#[test]
fn decimals_may_be_infinite_or_no_number() {
    let passes = |rest: &str| passes(&format!("import \"decimal\"\nmain = {rest}"));
    passes("decimal.infinity(1).greater_than(\"1e400\") and decimal.inf(-1).less_than(-5)");
    passes(
        "decimal.is_nan(decimal.new(-1).sqrt()) and decimal.is_nan(decimal.new(0).mul(decimal.inf(1)))",
    );
    passes(
        "not decimal.nan.is(decimal.nan) and not decimal.nan.less_than(1) and decimal.nan.is_not(1)",
    );
}

#[test]
fn a_predicate_may_ask_for_the_key_or_the_index() {
    let passes = |rest: &str| passes(&format!("import \"collection\"\nmain = {rest}"));
    passes("collection.find({\"a\": 1, \"b\": 2}, func(x, key) { return key is \"b\" }) is 2");
    passes("collection.filter([5, 6], func(x, at) { return at is 1 }) is [6]");
    passes("collection.reject([5, 6], func(x, at) { return at is 1 }) is [5]");
    passes("collection.reduce([5, 6], func(sum, x, at) { return sum + x * at }, 0) is 6");
}

#[test]
fn a_predicate_says_true_or_false() {
    let main = |rest: &str| format!("import \"collection\"\nmain = {rest}");
    passes(&main("collection.filter([true, undefined], func(x) { return x }) is [true]"));
    passes(&main("length(collection.reject([true, undefined], func(x) { return x })) is 1"));
    for said in ["\"true\"", "1", "null"] {
        let error = error_of(&main(&format!("collection.find([{said}], func(x) {{ return x }})")));
        assert!(error.contains("the predicate must return a bool"), "{error}");
    }
}

#[test]
fn collections_are_filtered_found_and_reduced() {
    passes(
        "import \"collection\"\nmain = collection.filter({\"a\": 1, \"b\": 2}, func(x) { return x > 1 }) is [2]",
    );
    passes(
        "import \"collection\"\nmain = collection.reject([1, 2], func(x) { return x > 1 }) is [1]",
    );
    passes(
        "import \"collection\"\nmain = collection.find([1, 2], func(x) { return x > 2 }) is not defined",
    );
    passes(
        "import \"collection\"\nmain = collection.reduce([1, 2, 3], func(a, b) { return a + b }, 10) is 16",
    );
    passes(
        "import \"collection\"\nmain = collection.matches([{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}, {\"a\": 2}], {\"b\": {\"c\": 2}}) is [{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}]",
    );
    passes(
        "import \"collection/maps\" as maps\nmain = maps.unset({\"a\": {\"b\": 1, \"c\": 2}}, \"a.b\") is {\"a\": {\"c\": 2}}",
    );
    passes(
        "import \"collection/maps\" as maps\nmain = maps.omit({\"a\": 1, \"b\": 2}, [\"a\"]) is {\"b\": 2}",
    );
    passes(
        "import \"collection/lists\" as lists\nmain = lists.difference([1, 2, 3], [2]) is [1, 3] and lists.union([1, 2], [2, 3]) is [1, 2, 3] and lists.intersection([1, 2], [2, 3]) is [2]",
    );
}

#[test]
fn times_and_versions_are_printed_as_their_text() {
    let outcome = run(
        "import \"time\"\nimport \"version\"\nprint(time.now, [version.new(\"1.2\")])\nmain = true",
    );
    assert_eq!(outcome.printed, "2026-11-22T09:30:00Z [1.2]\n");
}

#[test]
fn http_is_off() {
    assert!(
        error_of("import \"http\"\nmain = http.get(\"https://acme.test\") is defined")
            .contains("may not call HTTP")
    );
}
