//! HCL and JSON as data.

use hcl::eval::{Context, Evaluate};
use hcl::{Body, Expression, Value};

use crate::value::Data;

/// Reads HCL. The parser itself bounds how deep it may nest.
pub(super) fn parse(text: &str) -> Result<Body, String> {
    hcl::parse(text).map_err(|error| brief(&error))
}

/// What is wrong, without a page of the expression in question.
fn brief(error: &hcl::Error) -> String {
    let text = error.to_string();
    let cut: String = text.chars().take(500).collect();
    if cut.len() < text.len() { format!("{cut}..") } else { cut }
}

/// The value of an expression, in which nothing but itself is known.
pub(super) fn value(expression: &Expression) -> Result<Data, String> {
    let value = expression.evaluate(&Context::new());
    let value = value.map_err(|error| brief(&hcl::Error::from(error)))?;
    Ok(data(value))
}

fn data(value: Value) -> Data {
    match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Data::Int(value),
            // HCL has one kind of number: 1.0 is 1.
            (None, Some(value)) => whole(value).map_or(Data::Float(value), Data::Int),
            (None, None) => Data::Null,
        },
        Value::String(text) => Data::Text(text),
        Value::Array(list) => Data::List(list.into_iter().map(data).collect()),
        Value::Object(map) => {
            Data::Map(map.into_iter().map(|(key, value)| (key, data(value))).collect())
        }
    }
}

fn whole(value: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)]
    let whole = value as i64;
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(whole)
}
