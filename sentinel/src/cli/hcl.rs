//! HCL and JSON as data.

use std::collections::HashSet;

use hcl::expr::{Object, ObjectKey, Operation, TemplateExpr, UnaryOperator};
use hcl::template::{Element, Template};
use hcl::{Body, Expression, Number};

use crate::value::Data;

/// Reads HCL. The parser itself bounds how deep it may nest.
pub(super) fn parse(text: &str) -> Result<Body, String> {
    // The parser looks through all members of a map for each new one.
    if most_members(text) > MOST_MEMBERS {
        return Err(format!(
            "there are more than {MOST_MEMBERS} keys in one map: put it into a JSON file, as \
             `import \"static\"` or as a mock"
        ));
    }
    let parsed = hcl::parse(text);
    // People write a block within a block on one line; HCL wants each on lines of its own.
    let parsed = parsed.or_else(|error| hcl::parse(&spread(text)).map_err(|_| error));
    parsed.map_err(|error| brief(&error))
}

/// How many keys may be between two brackets.
const MOST_MEMBERS: usize = 4_000;

/// The most `=` and `:` that are between two brackets, those within further ones aside.
fn most_members(text: &str) -> usize {
    let (mut most, mut open, mut rest) = (0, vec![0], text);
    while let Some(c) = rest.chars().next() {
        rest = rest.get(token_length(rest, c)..).unwrap_or_default();
        match c {
            '{' | '[' | '(' => open.push(0),
            '}' | ']' | ')' if open.len() > 1 => {
                open.pop();
            }
            '=' | ':' => {
                if let Some(members) = open.last_mut() {
                    *members += 1;
                    most = most.max(*members);
                }
            }
            _ => {}
        }
    }
    most
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

/// Bytes of a string, a text of several lines or a comment, or else of the one character.
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
        '<' if rest.starts_with("<<") => {
            let marker = rest.lines().next().unwrap_or_default().trim_start_matches(['<', '-']);
            let end = |line: &&str| line.trim() == marker.trim();
            let lines = rest.split_inclusive('\n').skip(1);
            let body: usize = lines.clone().take_while(|line| !end(line)).map(str::len).sum();
            until("\n") + body
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

/// The value of an expression. A configuration is data: nothing in it is computed.
pub(super) fn value(expression: &Expression) -> Result<Data, String> {
    Ok(match expression {
        Expression::Null => Data::Null,
        Expression::Bool(value) => Data::Bool(*value),
        Expression::Number(number) => self::number(number),
        Expression::String(text) => Data::Text(text.clone()),
        Expression::TemplateExpr(template) => Data::Text(plain_text(template)?),
        Expression::Parenthesis(inner) => value(inner)?,
        Expression::Array(list) => Data::List(list.iter().map(value).collect::<Result<_, _>>()?),
        Expression::Object(object) => map(object)?,
        Expression::Operation(operation) => match &**operation {
            Operation::Unary(unary) if unary.operator == UnaryOperator::Neg => {
                match value(&unary.expr)? {
                    Data::Int(number) => Data::Int(number.wrapping_neg()),
                    Data::Float(number) => Data::Float(-number),
                    _ => return computed("an operator"),
                }
            }
            Operation::Unary(_) | Operation::Binary(_) => return computed("an operator"),
        },
        Expression::Variable(name) => return computed(&format!("the name `{}`", name.as_str())),
        Expression::ForExpr(_) => return computed("`for`"),
        Expression::FuncCall(_) => return computed("a function"),
        _ => return computed("an expression"),
    })
}

fn computed<T>(what: &str) -> Result<T, String> {
    Err(format!("{what} has no place in this configuration: write the value down"))
}

fn map(object: &Object<ObjectKey, Expression>) -> Result<Data, String> {
    let mut names = HashSet::new();
    let mut members = Vec::with_capacity(object.len());
    for (key, expression) in object {
        let name = match key {
            ObjectKey::Identifier(name) => name.to_string(),
            ObjectKey::Expression(key) => match value(key)? {
                Data::Text(name) => name,
                Data::Int(number) => number.to_string(),
                Data::Bool(value) => value.to_string(),
                _ => return Err("a key must be a string".to_owned()),
            },
            _ => return computed("an expression"),
        };
        if !names.insert(name.clone()) {
            return Err(format!("the key `{name}` is there twice"));
        }
        members.push((name, value(expression)?));
    }
    Ok(Data::Map(members))
}

/// A string with escapes, or of several lines, without anything in it that is computed.
fn plain_text(template: &TemplateExpr) -> Result<String, String> {
    let template = Template::from_expr(template).map_err(|error| brief(&error))?;
    let literal = |element: &Element| match element {
        Element::Literal(text) => Ok(text.clone()),
        Element::Interpolation(_) => computed("`${..}`"),
        Element::Directive(_) => computed("`%{..}`"),
    };
    template.elements().iter().map(literal).collect()
}

fn number(number: &Number) -> Data {
    match (number.as_i64(), number.as_f64()) {
        (Some(value), _) => Data::Int(value),
        // HCL has one kind of number: 1.0 is 1.
        (None, Some(value)) => whole(value).map_or(Data::Float(value), Data::Int),
        (None, None) => Data::Null,
    }
}

fn whole(value: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)]
    let whole = value as i64;
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(whole)
}
