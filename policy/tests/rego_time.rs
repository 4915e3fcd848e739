//! Rego's functions of time, held against what OPA's documentation and Go's say.
#![cfg(feature = "rego")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong ends so, in its helpers too"
)]

use countersign_policy::{Policy, Verdict};
use jiff::Timestamp;
use serde_json::json;

/// 2026-03-08 09:05:06.007 UTC, a Sunday.
const SUNDAY: i64 = 1_772_960_706_007_000_000;

fn answer(expression: &str, expected: &str) -> countersign_policy::Answer {
    let policy = Policy::rego("time.rego", &format!("allow if {expression} == {expected}"));
    let policy = policy.unwrap_or_else(|error| panic!("{expression}: {error}"));
    policy.decide(&json!({ "at": SUNDAY, "zone": "America/New_York" }), Timestamp::UNIX_EPOCH)
}

#[track_caller]
fn is(expression: &str, expected: &str) {
    let answer = answer(expression, expected);
    assert_eq!(answer.verdict, Verdict::Allow, "{expression} is not {expected}: {answer:?}");
}

#[track_caller]
fn fails(expression: &str, why: &str) {
    let answer = answer(expression, "1");
    assert_eq!(answer.verdict, Verdict::Undecided, "{expression}");
    let trouble = answer.trouble.unwrap();
    assert!(trouble.contains(why), "{expression}: {trouble}");
}

#[test]
fn a_moment_has_a_date_a_clock_and_a_weekday_in_each_zone() {
    is("time.date(input.at)", "[2026, 3, 8]");
    is("time.clock(input.at)", "[9, 5, 6]");
    is("time.weekday(input.at)", "\"Sunday\"");
    // Two hours after the clocks there went forward.
    is("time.clock([input.at, input.zone])", "[5, 5, 6]");
    is("time.weekday([input.at, \"Pacific/Honolulu\"])", "\"Saturday\"");
    is("time.date([input.at])", "[2026, 3, 8]");
    is("time.clock([0, \"UTC\"])", "[0, 0, 0]");
    is("time.weekday(time.now_ns())", "\"Thursday\"");
}

#[test]
fn a_day_that_a_month_does_not_have_is_one_of_the_next() {
    let jan31 = "time.parse_rfc3339_ns(\"2026-01-31T10:00:00Z\")";
    is(&format!("time.date(time.add_date({jan31}, 0, 1, 0))"), "[2026, 3, 3]");
    is(&format!("time.date(time.add_date({jan31}, 0, -2, 0))"), "[2025, 12, 1]");
    is(&format!("time.date(time.add_date({jan31}, -1, 13, -31))"), "[2026, 1, 31]");
    is("time.add_date(0, 0, 0, 1)", "86400000000000");
    // A day is one on the calendar: this one has 23 hours.
    is("time.clock([time.add_date([input.at, input.zone], 0, 0, -1), input.zone])", "[5, 5, 6]");
}

#[test]
fn between_two_moments_are_years_months_days_and_a_time() {
    let at = |text: &str| format!("time.parse_rfc3339_ns(\"{text}\")");
    let (one, other) = (at("2024-01-31T23:59:59Z"), at("2025-03-01T00:00:00Z"));
    is(&format!("time.diff({other}, {one})"), "[1, 1, 0, 0, 0, 1]");
    is(&format!("time.diff({one}, {other})"), "[1, 1, 0, 0, 0, 1]");
    is(&format!("time.diff({one}, {one})"), "[0, 0, 0, 0, 0, 0]");
}

#[test]
fn a_moment_is_written_in_layouts_of_go() {
    is("time.format(0)", "\"1970-01-01T00:00:00Z\"");
    is("time.format(input.at)", "\"2026-03-08T09:05:06.007Z\"");
    is("time.format([input.at, input.zone])", "\"2026-03-08T05:05:06.007-04:00\"");
    let as_layout = |layout: &str, expected: &str| {
        is(&format!("time.format([input.at, input.zone, `{layout}`])"), &format!("`{expected}`"));
    };
    as_layout("ANSIC", "Sun Mar  8 05:05:06 2026");
    as_layout("RFC850", "Sunday, 08-Mar-26 05:05:06 EDT");
    as_layout("RFC1123Z", "Sun, 08 Mar 2026 05:05:06 -0400");
    as_layout("3:4:5 PM on Monday, January 2 (day 002)", "5:5:6 AM on Sunday, March 8 (day 067)");
    as_layout("03:04pm .000 .9 .999999", "05:05am .007  .007");
    as_layout("Janus 9%d _2006 Monster", "Janus 9%d _2026 Monster");
}

#[test]
fn a_moment_is_read_in_layouts_of_go() {
    let read = |layout: &str, text: &str, expected: &str| {
        is(&format!("time.format(time.parse_ns(`{layout}`, `{text}`))"), &format!("`{expected}`"));
    };
    read("RFC3339", "2026-03-08T05:05:06-04:00", "2026-03-08T09:05:06Z");
    read("RFC3339", "2026-03-08T09:05:06.25Z", "2026-03-08T09:05:06.25Z");
    read("2006-01-02", "2026-03-08", "2026-03-08T00:00:00Z");
    read("Jan 2, 2006 at 3:04pm", "Mar 8, 2026 at 5:05pm", "2026-03-08T17:05:00Z");
    read("02/01/06 15:04 -0700", "08/03/26 05:05 +0100", "2026-03-08T04:05:00Z");
    is("time.parse_rfc3339_ns(\"1970-01-01T00:00:01Z\")", "1000000000");
    is("time.parse_duration_ns(\"1h30m\")", "5400000000000");
    is("time.parse_duration_ns(\"-1.5h\")", "-5400000000000");
    is("time.parse_duration_ns(\"300ms\")", "300000000");
    is("time.parse_duration_ns(\"0\")", "0");
}

#[test]
fn what_is_no_time_is_undecided_and_says_why() {
    fails("time.clock(\"noon\")", "`time.clock`: it takes nanoseconds");
    fails("time.clock([input.at, \"Mars/Olympus\"])", "there is no time zone `Mars/Olympus`");
    fails("time.clock([input.at, \"Local\"])", "depends on the machine");
    fails("time.add_date(input.at, 1000, 0, 0)", "1678 to 2262");
    fails("time.add_date(input.at, 1.5, 0, 0)", "whole numbers");
    fails("time.parse_ns(\"RFC822\", \"08 Mar 26 05:05 EDT\")", "use `-0700`");
    fails("time.parse_ns(\"2006-01-02T15:04:05-07\", \"x\")", "`-07` in a layout");
    fails("time.parse_ns(\"2006-01-02\", \"2026-13-08\")", "is not written as 2006-01-02");
    fails("time.parse_rfc3339_ns(\"2026-03-08\")", "is not written as RFC3339");
    fails("time.parse_duration_ns(\"1 hour\")", "is no duration");
    fails("time.parse_duration_ns(\"PT1H\")", "is no duration");
    // What is undefined stays so, and is no error.
    let answer = answer("time.clock(input.nothing)", "1");
    assert_eq!((answer.verdict, answer.trouble), (Verdict::Undecided, None));
}

#[test]
fn an_argument_for_the_result_is_refused() {
    let refused = Policy::rego("time.rego", "allow if {\n  time.clock(0, c)\n  c == 1\n}");
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("`time.clock` takes 1 arguments, and is given 2"), "{told}");
}
