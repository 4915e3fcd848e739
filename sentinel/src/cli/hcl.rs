//! HCL and JSON as data.

use hcl::eval::{Context, Evaluate};
use hcl::{Body, Expression, Value};

use crate::value::Data;

/// Reads HCL. The parser itself bounds how deep it may nest.
pub(super) fn parse(text: &str) -> Result<Body, String> {
    let parsed = hcl::parse(text);
    // People write a block within a block on one line; HCL wants each on lines of its own.
    let parsed = parsed.or_else(|error| hcl::parse(&spread(text)).map_err(|_| error));
    parsed.map_err(|error| brief(&error))
}

/// A text with line breaks within the brackets of blocks; those of values are left alone.
fn spread(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    // For each open bracket, whether it is a block's.
    let mut open: Vec<bool> = Vec::new();
    let mut in_value = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let token = rest.get(..token_length(rest, c)).unwrap_or(rest);
        rest = rest.get(token.len()..).unwrap_or_default();
        let in_body = open.last().copied().unwrap_or(true);
        match c {
            '=' if in_body => in_value = true,
            '\n' if in_body => in_value = false,
            '{' if in_body && !in_value => {
                open.push(true);
                out.push_str("{\n");
                continue;
            }
            '{' | '[' | '(' => open.push(false),
            '}' if in_body => {
                open.pop();
                in_value = false;
                out.push_str("\n}\n");
                continue;
            }
            '}' | ']' | ')' => {
                open.pop();
            }
            _ => {}
        }
        out.push_str(token);
    }
    out
}

/// Bytes of a string or a comment, or else of the one character.
fn token_length(rest: &str, first: char) -> usize {
    let until = |end: &str| rest.find(end).unwrap_or(rest.len());
    match first {
        '"' => {
            let mut escaped = true;
            let end = rest.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 1)
        }
        '#' => until("\n"),
        '/' if rest.starts_with("//") => until("\n"),
        '/' if rest.starts_with("/*") => (until("*/") + 2).min(rest.len()),
        other => other.len_utf8(),
    }
}

/// What is wrong, without a page of the expression in question.
fn brief(error: &hcl::Error) -> String {
    let text = error.to_string();
    let cut: String = text.chars().take(500).collect();
    if cut.len() < text.len() { format!("{cut}..") } else { cut }
}

/// The value of an expression, in which nothing but itself is known.
pub(super) fn value(expression: &Expression) -> Result<Data, String> {
    if has_loop(expression) {
        return Err("`for` has no place in this configuration: write the values down".to_owned());
    }
    let value = expression.evaluate(&Context::new());
    let value = value.map_err(|error| brief(&hcl::Error::from(error)))?;
    Ok(data(value))
}

/// Whether it loops. Loops within loops take any time, and a configuration is data.
fn has_loop(expression: &Expression) -> bool {
    match expression {
        Expression::ForExpr(_) => true,
        Expression::Array(list) => list.iter().any(has_loop),
        Expression::Object(map) => map.values().any(has_loop),
        Expression::Parenthesis(inner) => has_loop(inner),
        Expression::TemplateExpr(template) => template.to_string().contains("%{"),
        Expression::FuncCall(call) => call.args.iter().any(has_loop),
        Expression::Conditional(choice) => {
            [&choice.cond_expr, &choice.true_expr, &choice.false_expr].into_iter().any(has_loop)
        }
        Expression::Traversal(traversal) => has_loop(&traversal.expr),
        Expression::Operation(operation) => match &**operation {
            hcl::Operation::Unary(unary) => has_loop(&unary.expr),
            hcl::Operation::Binary(binary) => {
                has_loop(&binary.lhs_expr) || has_loop(&binary.rhs_expr)
            }
        },
        // Plain values, and names, of which there are none.
        _ => false,
    }
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
