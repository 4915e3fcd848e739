//! How an evaluation is shown: its rules, what it printed, and what went wrong.

use std::fmt::Write;

use serde_json::{Map, Value as Json, json};

use crate::outcome::{Outcome, RuleTrace, Verdict};

/// What went wrong, if something did.
pub(super) fn error(outcome: &Outcome) -> Option<String> {
    match &outcome.verdict {
        Verdict::Failed(failure) => Some(failure.to_string()),
        Verdict::Undefined(position) => Some(format!("{position}: undefined came to be here")),
        Verdict::Passed | Verdict::Denied => None,
    }
}

/// For people.
pub(super) fn text(outcome: &Outcome, indent: &str) -> String {
    let mut text = String::new();
    let mut line = |depth: usize, line: &str| {
        let _ = writeln!(text, "{indent}{}{line}", "  ".repeat(depth));
    };
    if !outcome.description.is_empty() {
        line(0, "Description:");
        outcome.description.lines().for_each(|text| line(1, text));
        line(0, "");
    }
    if let Some(error) = error(outcome) {
        line(0, "Error:");
        error.lines().for_each(|text| line(1, text));
        line(0, "");
    }
    if !outcome.printed.is_empty() {
        line(0, "Print messages:");
        line(0, "");
        outcome.printed.lines().for_each(|text| line(0, text));
        line(0, "");
    }
    for rule in &outcome.rules {
        line(0, &format!("{} - Rule \"{}\"", rule.position, rule.name));
        if !rule.description.is_empty() {
            line(1, "Description:");
            rule.description.lines().for_each(|text| line(2, text));
            line(0, "");
        }
        line(1, "Value:");
        line(2, &value(rule));
        line(0, "");
    }
    text
}

/// The value of a rule in a line.
fn value(rule: &RuleTrace) -> String {
    match &rule.value {
        crate::Data::Undefined => "undefined".to_owned(),
        value => value.to_json().to_string(),
    }
}

/// For programs.
pub(super) fn json(outcome: &Outcome) -> Json {
    let mut rules = Map::new();
    for rule in &outcome.rules {
        let position = &rule.position;
        let detail = json!({
            "desc": rule.description,
            "ident": rule.name,
            "position": {
                "filename": &*position.file,
                "offset": position.offset,
                "line": position.line,
                "column": position.column,
            },
            "value": rule.value.to_json(),
        });
        rules.insert(rule.name.clone(), detail);
    }
    json!({
        "description": outcome.description,
        "error": error(outcome),
        "print": outcome.printed,
        "result": outcome.passed(),
        "rules": rules,
    })
}
