//! Functions that every policy has without an import.

use std::cmp::Ordering;

use crate::failure::{At, Run, fail};
use crate::machine::Machine;
use crate::value::Value;

/// A function of ours.
#[derive(Debug)]
pub(crate) struct Native {
    /// As it is called in messages.
    pub(crate) name: &'static str,
    /// Fewest and most arguments, the object of a method included.
    pub(crate) arguments: (usize, usize),
    /// Whether the first argument is the object it is selected from.
    pub(crate) is_method: bool,
    /// Whether it wants to see undefined arguments; else they are the result.
    pub(crate) takes_undefined: bool,
    pub(crate) run: Body,
}

type Body = for<'a, 'b, 'c> fn(&'a mut Machine<'b>, &'c [Value]) -> Run<Value>;

impl Native {
    pub(crate) const fn new(name: &'static str, least: usize, most: usize, run: Body) -> Self {
        Self { name, arguments: (least, most), is_method: false, takes_undefined: false, run }
    }

    pub(crate) const fn method(name: &'static str, least: usize, most: usize, run: Body) -> Self {
        Self {
            name,
            arguments: (least + 1, most + 1),
            is_method: true,
            takes_undefined: false,
            run,
        }
    }

    pub(crate) const fn sees_undefined(mut self) -> Self {
        self.takes_undefined = true;
        self
    }
}

pub(crate) type Builtin = &'static Native;

/// The builtin of this name.
pub(crate) fn named(name: &str) -> Option<Builtin> {
    BUILTINS.iter().find(|native| native.name == name)
}

/// What a builtin returns for undefined: the caller puts its own place in.
pub(crate) const HERE: At = At { instance: u16::MAX, offset: u32::MAX };
/// Undefined, made by the call of a builtin.
pub(crate) const UNDEFINED: Value = Value::Undefined(HERE);

static BUILTINS: [Native; 13] = [
    Native::new("append", 2, 2, append).sees_undefined(),
    Native::new("bool", 1, 1, bool_of),
    Native::new("compare", 2, 2, compare),
    Native::new("delete", 2, 2, delete).sees_undefined(),
    Native::new("error", 0, usize::MAX, error).sees_undefined(),
    Native::new("float", 1, 1, float_of),
    Native::new("int", 1, 1, int_of),
    Native::new("keys", 1, 1, keys),
    Native::new("length", 1, 1, length),
    Native::new("print", 0, usize::MAX, print).sees_undefined(),
    Native::new("range", 1, 3, range),
    Native::new("string", 1, 1, string_of),
    Native::new("values", 1, 1, values),
];

/// A value at a place among arguments, whose number was checked.
pub(crate) fn argument(arguments: &[Value], at: usize) -> Value {
    arguments.get(at).copied().unwrap_or(UNDEFINED)
}

fn append(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    match argument(arguments, 0) {
        Value::List(list) => machine.heap.append(list, argument(arguments, 1))?,
        other => {
            return fail(format!(
                "`append` needs a list, not a value of type {}",
                other.type_name()
            ));
        }
    }
    Ok(UNDEFINED)
}

fn delete(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    match argument(arguments, 0) {
        Value::Map(map) => machine.heap.remove(map, argument(arguments, 1))?,
        other => {
            return fail(format!(
                "`delete` needs a map, not a value of type {}",
                other.type_name()
            ));
        }
    }
    Ok(UNDEFINED)
}

fn keys(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    entries(machine, arguments, "keys", |(key, _)| *key)
}

fn values(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    entries(machine, arguments, "values", |(_, value)| *value)
}

fn entries(
    machine: &mut Machine<'_>,
    arguments: &[Value],
    name: &str,
    of: fn(&(Value, Value)) -> Value,
) -> Run<Value> {
    match argument(arguments, 0) {
        Value::Map(map) => {
            let entries = machine.heap.entries(map);
            let steps = u64::try_from(entries.len()).unwrap_or(u64::MAX);
            let items = entries.iter().map(of).collect();
            machine.heap.meter.step(steps)?;
            machine.heap.new_list(items)
        }
        other => fail(format!("`{name}` needs a map, not a value of type {}", other.type_name())),
    }
}

fn length(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let value = argument(arguments, 0);
    let length = match value {
        Value::List(list) => machine.heap.list(list).len(),
        Value::Map(map) => machine.heap.entries(map).len(),
        _ => {
            let Some(bytes) = machine.heap.bytes(value) else {
                let name = value.type_name();
                return fail(format!(
                    "`length` needs a string, list or map, not a value of type {name}"
                ));
            };
            bytes.len()
        }
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn print(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let text = joined(machine, arguments)?;
    machine.print(&text)?;
    Ok(Value::Bool(true))
}

fn error(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let text = joined(machine, arguments)?;
    machine.heap.meter.print(text.len())?;
    fail(text)
}

fn joined(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<String> {
    let mut text = String::new();
    for (at, value) in arguments.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        text.push_str(&machine.shown(*value)?);
        if text.len() > machine.setup.limits.output {
            machine.heap.meter.print(text.len())?;
        }
    }
    Ok(text)
}

fn range(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let mut bounds = [0, 0, 1];
    let places = if arguments.len() == 1 { 1..2 } else { 0..arguments.len() };
    for (bound, value) in bounds.get_mut(places).unwrap_or_default().iter_mut().zip(arguments) {
        match value {
            Value::Int(value) => *bound = *value,
            other => return fail(format!("`range` needs ints, not a {}", other.type_name())),
        }
    }
    let [start, end, step] = bounds.map(i128::from);
    let count = match step {
        0 => return fail("the step of `range` cannot be 0"),
        1.. => (end - start + step - 1).div_euclid(step),
        _ => (start - end - step - 1).div_euclid(-step),
    };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    machine.heap.reserve(count)?;
    machine.heap.meter.give(count.saturating_mul(size_of::<Value>()));
    let mut items = Vec::with_capacity(count);
    let mut at = start;
    for _ in 0..count {
        items.push(Value::Int(i64::try_from(at).unwrap_or_default()));
        at += step;
    }
    machine.heap.new_list(items)
}

fn compare(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let (left, right) = (argument(arguments, 0), argument(arguments, 1));
    match machine.order(left, right)? {
        Some(Ordering::Less) => Ok(Value::Int(-1)),
        Some(Ordering::Equal) => Ok(Value::Int(0)),
        Some(Ordering::Greater) => Ok(Value::Int(1)),
        None => {
            let (left, right) = (left.type_name(), right.type_name());
            fail(format!("`compare` cannot order a {left} and a {right}"))
        }
    }
}

#[allow(clippy::unnecessary_wraps, reason = "as all builtins do")]
fn bool_of(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let value = argument(arguments, 0);
    Ok(match value {
        Value::Bool(_) => value,
        Value::Int(value) => Value::Bool(value != 0),
        Value::Float(value) => Value::Bool(value != 0.0),
        _ => match machine.heap.bytes(value) {
            Some(b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True") => Value::Bool(true),
            Some(b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False") => Value::Bool(false),
            Some(_) | None => UNDEFINED,
        },
    })
}

#[allow(clippy::unnecessary_wraps, reason = "as all builtins do")]
fn int_of(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let value = argument(arguments, 0);
    Ok(match value {
        Value::Int(_) => value,
        Value::Bool(value) => Value::Int(i64::from(value)),
        Value::Float(value) => floor(value).map_or(UNDEFINED, Value::Int),
        _ => {
            let text = machine.heap.bytes(value).and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.and_then(parse_int).map_or(UNDEFINED, Value::Int)
        }
    })
}

/// The largest int that is not larger.
pub(crate) fn floor(value: f64) -> Option<i64> {
    let floor = value.floor();
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&floor);
    #[allow(clippy::cast_possible_truncation)]
    fits.then_some(floor as i64)
}

/// A number as it is written in decimal, octal or hexadecimal.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

#[allow(clippy::unnecessary_wraps, reason = "as all builtins do")]
fn float_of(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let value = argument(arguments, 0);
    Ok(match value {
        Value::Float(_) => value,
        Value::Bool(value) => Value::Float(f64::from(u8::from(value))),
        #[allow(clippy::cast_precision_loss)]
        Value::Int(value) => Value::Float(value as f64),
        _ => {
            let text = machine.heap.bytes(value).and_then(|bytes| std::str::from_utf8(bytes).ok());
            let float = text.and_then(|text| text.parse::<f64>().ok());
            float.filter(|value| value.is_finite()).map_or(UNDEFINED, Value::Float)
        }
    })
}

fn string_of(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let value = argument(arguments, 0);
    let text = match value {
        Value::Literal { .. } | Value::Text(_) => return Ok(value),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => {
            // Hundreds of digits take their time.
            machine.heap.meter.step(if value.abs() < 1e17 { 10 } else { 800 })?;
            format!("{value:.6}")
        }
        Value::Object(object) => {
            match machine.heap.object(object).map(crate::object::Object::text) {
                Some(text) => text,
                None => return Ok(UNDEFINED),
            }
        }
        _ => return Ok(UNDEFINED),
    };
    machine.heap.new_text(text.into_bytes())
}
