//! HCL and JSON as data.

use hcl::eval::{Context, Evaluate};
use hcl::{Body, Expression, Value};

use crate::value::Data;

/// Brackets within each other, at the most: more, and the parser of HCL would run out of stack.
const MAX_NESTING: usize = 80;

/// Reads HCL.
pub(super) fn parse(text: &str) -> Result<Body, String> {
    check_nesting(text)?;
    hcl::parse(text).map_err(|error| error.to_string())
}

/// Counts brackets, those in strings and comments too: what is refused for these is no
/// configuration.
fn check_nesting(text: &str) -> Result<(), String> {
    let mut open = 0_usize;
    let mut signs = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
        // `!!!!x`, `a ? b ? c ..` and `1 + 1 + ..` nest without brackets.
        match byte {
            b'!' | b'-' | b'?' | b'+' | b'*' | b'%' | b'<' | b'>' | b'&' | b'|' | b'.' => {
                signs += 1
            }
            b'\n' => signs = 0,
            _ => {}
        }
        if open > MAX_NESTING || signs > 2_000 {
            return Err("the configuration is nested too deeply".to_owned());
        }
    }
    Ok(())
}

/// The value of an expression, in which nothing but itself is known.
pub(super) fn value(expression: &Expression) -> Result<Data, String> {
    let value = expression.evaluate(&Context::new()).map_err(|error| error.to_string())?;
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
