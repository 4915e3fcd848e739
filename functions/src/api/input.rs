//! What comes in: bodies, queries and paths, read strictly.

mod json;
mod path;
mod query;
mod strict;

use countersign::desk::{FieldProblem, Problem};

use crate::settings::nearest::did_you_mean;

pub(super) use json::{Json, MaybeJson, read as read_json};
pub(super) use path::Path;
pub(super) use query::{Nothing, Query};

/// A cursor that no page ended with.
pub(super) fn not_ours() -> Problem {
    let hint = "take `next` of the page before, or leave it out";
    Problem::field("cursor", "it is not one of ours", hint)
}

/// A value that does not fit its type, with the field that it stands in.
fn misfit<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Problem {
    let path = error.path().to_string();
    let message = error.inner().to_string();
    let at = if path == "." { "" } else { path.as_str() };
    if let Some((name, known)) = unknown_field(&message) {
        let field = match at {
            "" => name.to_owned(),
            // The path may or may not end with the field itself.
            at if at == name || at.ends_with(&format!(".{name}")) => at.to_owned(),
            at => format!("{at}.{name}"),
        };
        let hint = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("known: {}", known.join(", ")));
        return Problem::field(&field, format!("nothing is called `{name}` here"), hint);
    }
    if let Some(name) = quoted(&message, "missing field `") {
        return Problem::field(name, "it is missing", "add it");
    }
    let field = if at.is_empty() { "body" } else { at };
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    Problem::fields(vec![FieldProblem { field: field.to_owned(), message, hint: None }])
}

/// The field, and those that there are.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let name = quoted(message, "unknown field `")?;
    let rest = message.split_once(", expected ")?.1;
    Some((name, rest.split('`').skip(1).step_by(2).collect()))
}

fn quoted<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.strip_prefix(start)?.split('`').next()
}
