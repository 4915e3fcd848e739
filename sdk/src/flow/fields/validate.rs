//! Answers against the declaration.

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, FieldKind};
use crate::model::{Duration, Object, UserId};

/// An answer that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("`{field}`: {message}")]
pub struct FieldError {
    /// The field, by its name.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Checks answers, strictly: no unknown field, each of its type, among its choices, of its pattern.
/// Defaults are filled in. `null` is no answer.
///
/// # Errors
///
/// All that is wrong, in the order of the declaration, then the unknown fields.
pub fn validate(fields: &[Field], given: &Object) -> Result<Object, Vec<FieldError>> {
    let (mut answers, mut errors) = (Object::new(), Vec::new());
    for field in fields {
        let answer = given.get(field.name).filter(|answer| !answer.is_null()).cloned();
        match answer.or_else(|| field.default_value()) {
            Some(answer) => match check(field, &answer) {
                Ok(()) => {
                    answers.insert(field.name.to_owned(), answer);
                }
                Err((message, hint)) => errors.push(error(field.name, message, hint)),
            },
            None if field.required => {
                errors.push(error(field.name, missing(field), field.help.map(str::to_owned)));
            }
            None => {}
        }
    }
    for name in given.keys() {
        if !fields.iter().any(|field| field.name == name) {
            errors.push(error(name, "there is no such field".to_owned(), Some(known(fields))));
        }
    }
    if errors.is_empty() { Ok(answers) } else { Err(errors) }
}

/// Checks what a compiler cannot: that each default is an answer to its field.
///
/// # Errors
///
/// All defaults that are not.
pub fn check_declaration(fields: &[Field]) -> Result<(), Vec<FieldError>> {
    let errors: Vec<_> = fields
        .iter()
        .filter(|field| field.default.is_some())
        .filter_map(|field| {
            let answer = field.default_value().unwrap_or_default();
            let (message, hint) = check(field, &answer).err()?;
            Some(error(field.name, format!("its default is refused: {message}"), hint))
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

type Refused = (String, Option<String>);

fn check(field: &Field, answer: &Value) -> Result<(), Refused> {
    if !field.kind.is_list() {
        return check_one(field, answer);
    }
    let items = answer.as_array().ok_or_else(|| wrong_type(field.kind))?;
    if field.required && items.is_empty() {
        return Err((missing(field), None));
    }
    items.iter().try_for_each(|item| check_one(field, item))
}

fn check_one(field: &Field, answer: &Value) -> Result<(), Refused> {
    let kind = field.kind.item();
    let text = match kind {
        FieldKind::Int => {
            let number = answer.as_i64().ok_or_else(|| wrong_type(kind))?;
            if !(field.least..=field.most).contains(&number) {
                let hint = format!("from {} to {}", field.least, field.most);
                return Err((format!("{number} does not fit"), Some(hint)));
            }
            number.to_string()
        }
        FieldKind::Bool => answer.as_bool().ok_or_else(|| wrong_type(kind))?.to_string(),
        FieldKind::Duration => {
            let text = text_of(answer, kind)?;
            Duration::parse(text).map_err(|error| (error.to_string(), None))?;
            text.to_owned()
        }
        FieldKind::User => {
            let text = text_of(answer, kind)?;
            UserId::parse(text).map_err(|error| (error.to_string(), None))?;
            text.to_owned()
        }
        FieldKind::String | FieldKind::StringList | FieldKind::IntList | FieldKind::UserList => {
            let text = text_of(answer, kind)?;
            if field.required && text.trim().is_empty() {
                return Err((missing(field), None));
            }
            text.to_owned()
        }
    };
    check_choice(field, &text)?;
    check_pattern(field, &text)
}

fn check_choice(field: &Field, text: &str) -> Result<(), Refused> {
    // `60m` and `1h` are one choice.
    let same = |choice: &str| match field.kind {
        FieldKind::Duration => Duration::parse(choice) == Duration::parse(text),
        FieldKind::String
        | FieldKind::Int
        | FieldKind::Bool
        | FieldKind::User
        | FieldKind::StringList
        | FieldKind::IntList
        | FieldKind::UserList => choice == text,
    };
    if field.choices.is_empty() || field.choices.iter().any(|choice| same(choice)) {
        return Ok(());
    }
    let hint = format!("one of {}", quoted(field.choices.iter().copied()));
    Err((format!("`{text}` is not one of the choices"), Some(hint)))
}

fn check_pattern(field: &Field, text: &str) -> Result<(), Refused> {
    let Some(pattern) = field.pattern else { return Ok(()) };
    let whole = Regex::new(&format!("^(?:{pattern})$"))
        .map_err(|error| (format!("its pattern `{pattern}` cannot be read: {error}"), None))?;
    if whole.is_match(text) {
        return Ok(());
    }
    let message = field
        .pattern_message
        .map_or_else(|| format!("`{text}` does not match the pattern `{pattern}`"), str::to_owned);
    Err((message, field.placeholder.map(|example| format!("as in `{example}`"))))
}

fn text_of(answer: &Value, kind: FieldKind) -> Result<&str, Refused> {
    answer.as_str().ok_or_else(|| wrong_type(kind))
}

fn wrong_type(kind: FieldKind) -> Refused {
    (format!("it has to be {}", kind.what()), None)
}

fn missing(field: &Field) -> String {
    format!("it has to be answered: {}", field.label)
}

fn known(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "the flow declares no fields".to_owned();
    }
    format!("the fields are {}", quoted(fields.iter().map(|field| field.name)))
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn error(field: &str, message: String, hint: Option<String>) -> FieldError {
    FieldError { field: field.to_owned(), message, hint }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`expect-test` writes them so")]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;
    use crate::flow::fields::FieldType as _;

    const FIELDS: &[Field] = &[
        Field::new("ticket", "Ticket", <String>::SHAPE)
            .with_pattern("[A-Z]+-[0-9]+")
            .with_pattern_message("a ticket looks like OPS-12"),
        Field::new("db", "Database", <Option<String>>::SHAPE).with_choices(&["orders", "users"]),
        Field::new("rows", "Rows", <u8>::SHAPE).with_default_number(5, "5"),
        Field::new("urgent", "Urgent", <bool>::SHAPE),
        Field::new("pause", "Pause", <Option<Duration>>::SHAPE).with_choices(&["10m", "1h"]),
        Field::new("with", "Together with", <Vec<UserId>>::SHAPE).with_required(false),
    ];

    #[track_caller]
    fn check(given: Value, expected: &Expect) {
        let given: Object = serde_json::from_value(given).unwrap();
        let text = match validate(FIELDS, &given) {
            Ok(answers) => Value::Object(answers).to_string(),
            Err(errors) => {
                let lines = errors.iter().map(|error| match &error.hint {
                    Some(hint) => format!("{error} ({hint})\n"),
                    None => format!("{error}\n"),
                });
                lines.collect()
            }
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn defaults_are_filled_in_and_null_is_no_answer() {
        check(
            json!({ "ticket": "OPS-1", "db": null }),
            &expect![[r#"{"rows":5,"ticket":"OPS-1"}"#]],
        );
        check(
            json!({ "ticket": "OPS-1", "with": ["ada@acme.test"], "pause": "60m", "urgent": true }),
            &expect![[
                r#"{"pause":"60m","rows":5,"ticket":"OPS-1","urgent":true,"with":["ada@acme.test"]}"#
            ]],
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        check(
            json!({ "db": "x", "rows": 300, "urgent": "yes", "pause": "soon", "with": ["ada"], "y": 1 }),
            &expect![[r#"
                `ticket`: it has to be answered: Ticket
                `db`: `x` is not one of the choices (one of `orders`, `users`)
                `rows`: 300 does not fit (from 0 to 255)
                `urgent`: it has to be `true` or `false`
                `pause`: `soon` is not a duration: write a number and `s`, `m`, `h`, `d` or `mo`, as in `90s`, `30m`, `1h30m` or `2d`; at most 10 years
                `with`: `ada` is not a user: a mail address in lowercase, or `bot:` and a name
                `y`: there is no such field (the fields are `ticket`, `db`, `rows`, `urgent`, `pause`, `with`)
            "#]],
        );
        check(
            json!({ "ticket": "1", "rows": "5" }),
            &expect![[r#"
            `ticket`: a ticket looks like OPS-12
            `rows`: it has to be a whole number
        "#]],
        );
        check(
            json!({ "ticket": " " }),
            &expect![[r#"
            `ticket`: it has to be answered: Ticket
        "#]],
        );
    }

    #[test]
    fn a_default_that_its_own_field_refuses_is_found() {
        let fields = &[
            Field::new("pause", "Pause", <Duration>::SHAPE).with_default_text("30m1h"),
            Field::new("ticket", "Ticket", <String>::SHAPE)
                .with_pattern("[a-z]")
                .with_default_text("A"),
            Field::new("rows", "Rows", <Vec<u8>>::SHAPE).with_default_text("1, 2"),
        ];
        let errors = check_declaration(fields).unwrap_err();
        let named: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(named, ["pause", "ticket"]);
    }
}
