//! `import "decimal"`: decimal numbers of up to 100 digits. The arithmetic is in `number`, what is
//! no sum or product in `functions`.

mod functions;
mod number;

use std::cmp::Ordering;

use num_bigint::Sign;

pub(crate) use number::Decimal;

use super::Library;
use crate::builtins::{Native, UNDEFINED, argument};
use crate::failure::{Run, fail};
use crate::machine::Machine;
use crate::object::Object;
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "decimal",
    functions: &[
        Native::new("decimal.new", 1, 1, |machine, arguments| {
            let number = load(machine, arguments, 0)?;
            new(machine, Some(number), "new")
        }),
        Native::new("decimal.infinity", 1, 1, infinity),
        Native::new("decimal.inf", 1, 1, infinity),
        Native::new("decimal.is_infinite", 1, 1, is_infinite),
        Native::new("decimal.is_inf", 1, 1, is_infinite),
        Native::new("decimal.isinf", 1, 1, is_infinite),
        Native::new("decimal.isinfinite", 1, 1, is_infinite),
        Native::new("decimal.is_nan", 1, 1, is_nan),
        Native::new("decimal.isnan", 1, 1, is_nan),
    ],
    constant: |machine, name| match name {
        "nan" => new(machine, Some(Decimal::NaN), name).map(Some),
        _ => Ok(None),
    },
};

/// Infinity, of the sign of a number.
fn infinity(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let negative = super::int(arguments, 0, "decimal.infinity")? < 0;
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    new(machine, Some(Decimal::Infinite(sign)), "infinity")
}

fn is_infinite(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    Ok(Value::Bool(matches!(load(machine, arguments, 0)?, Decimal::Infinite(_))))
}

fn is_nan(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    Ok(Value::Bool(matches!(load(machine, arguments, 0)?, Decimal::NaN)))
}

macro_rules! comparisons {
    ($($name:literal: $holds:expr),* $(,)?) => {
        [$(Native::method($name, 1, 1, |machine, arguments| {
            let (a, b) = (load(machine, arguments, 0)?, load(machine, arguments, 1)?);
            let holds: fn(Option<Ordering>) -> bool = $holds;
            Ok(Value::Bool(holds(a.order(&b))))
        })),*]
    };
}

macro_rules! operations {
    ($($name:literal: $operation:expr),* $(,)?) => {
        [$(Native::method($name, 1, 1, |machine, arguments| {
            let (a, b) = (load(machine, arguments, 0)?, load(machine, arguments, 1)?);
            pay_for($name, machine)?;
            let operation: fn(&Decimal, &Decimal) -> Option<Decimal> = $operation;
            new(machine, operation(&a, &b), $name)
        })),*]
    };
}

macro_rules! changes {
    ($($name:literal: $change:expr),* $(,)?) => {
        [$(Native::method($name, 0, 0, |machine, arguments| {
            let number = load(machine, arguments, 0)?;
            pay_for($name, machine)?;
            let change: fn(&Decimal) -> Option<Decimal> = $change;
            new(machine, change(&number), $name)
        })),*]
    };
}

static COMPARISONS: [Native; 12] = comparisons![
    "decimal.is": |order| order == Some(Ordering::Equal),
    "decimal.equals": |order| order == Some(Ordering::Equal),
    "decimal.is_not": |order| order != Some(Ordering::Equal),
    "decimal.not_equals": |order| order != Some(Ordering::Equal),
    "decimal.less_than": |order| order == Some(Ordering::Less),
    "decimal.lt": |order| order == Some(Ordering::Less),
    "decimal.less_than_or_equals": |order| order.is_some_and(Ordering::is_le),
    "decimal.lte": |order| order.is_some_and(Ordering::is_le),
    "decimal.greater_than": |order| order == Some(Ordering::Greater),
    "decimal.gt": |order| order == Some(Ordering::Greater),
    "decimal.greater_than_or_equals": |order| order.is_some_and(Ordering::is_ge),
    "decimal.gte": |order| order.is_some_and(Ordering::is_ge),
];

static OPERATIONS: [Native; 13] = operations![
    "decimal.add": |a, b| Some(a.add(b)),
    "decimal.subtract": |a, b| Some(a.add(&b.negated())),
    "decimal.sub": |a, b| Some(a.add(&b.negated())),
    "decimal.multiply": |a, b| a.multiply(b),
    "decimal.mul": |a, b| a.multiply(b),
    "decimal.divide": |a, b| a.divide(b),
    "decimal.div": |a, b| a.divide(b),
    "decimal.modulo": |a, b| a.remainder(b),
    "decimal.mod": |a, b| a.remainder(b),
    "decimal.rem": |a, b| a.remainder(b),
    "decimal.remainder": |a, b| a.remainder(b),
    "decimal.power": |a, b| a.power(b),
    "decimal.pow": |a, b| a.power(b),
];

static CHANGES: [Native; 14] = changes![
    "decimal.exp": |number| number.exp(),
    "decimal.loge": |number| number.ln(),
    "decimal.ln": |number| number.ln(),
    "decimal.log10": |number| number.log10(),
    "decimal.log": |number| number.log10(),
    "decimal.square_root": |number| number.square_root(),
    "decimal.sqrt": |number| number.square_root(),
    "decimal.ceiling": |number| Some(number.ceiling()),
    "decimal.ceil": |number| Some(number.ceiling()),
    "decimal.floor": |number| Some(number.negated().ceiling().negated()),
    "decimal.absolute": |number| Some(number.absolute()),
    "decimal.abs": |number| Some(number.absolute()),
    "decimal.negate": |number| Some(number.negated()),
    "decimal.neg": |number| Some(number.negated()),
];

/// What one operation may cost: numbers of a few thousand digits, at the most.
const STEPS: u64 = 2_000;
/// Functions that are sums of many members.
const STEPS_OF_FUNCTION: u64 = 20_000;

/// Takes steps for what is no sum or product.
fn pay_for(function: &str, machine: &mut Machine<'_>) -> Run<()> {
    let short = function.trim_start_matches("decimal.");
    let heavy = ["exp", "loge", "ln", "log10", "log", "square_root", "sqrt", "power", "pow"];
    machine.heap.meter.step(if heavy.contains(&short) { STEPS_OF_FUNCTION } else { 0 })
}

fn new(machine: &mut Machine<'_>, number: Option<Decimal>, function: &str) -> Run<Value> {
    match number {
        Some(number) => machine.heap.new_object(Object::Decimal(Box::new(number))),
        None => fail(format!("`{function}`: this has no value, or one that is out of range")),
    }
}

/// A number, from itself, a number of the language, or a string.
fn load(machine: &mut Machine<'_>, arguments: &[Value], at: usize) -> Run<Decimal> {
    machine.heap.meter.step(STEPS)?;
    let value = argument(arguments, at);
    let number = match value {
        Value::Int(value) => Some(Decimal::from_int(value)),
        Value::Float(value) => Decimal::parse(&format!("{value}")),
        Value::Object(id) => match machine.heap.object(id) {
            Some(Object::Decimal(number)) => Some((**number).clone()),
            _ => None,
        },
        _ => machine.heap.text(value).and_then(|text| Decimal::parse(&text)),
    };
    if let Some(number) = number {
        return Ok(number);
    }
    let shown: String = machine.shown(value)?.chars().take(60).collect();
    fail(format!("`{shown}` is no decimal number"))
}

/// A member of a decimal number.
pub(crate) fn member(
    machine: &mut Machine<'_>,
    id: u32,
    number: &Decimal,
    name: &str,
) -> Run<Value> {
    let is = |native: &&Native| native.name.strip_prefix("decimal.") == Some(name);
    if let Some(native) = COMPARISONS.iter().chain(&OPERATIONS).chain(&CHANGES).find(is) {
        return Ok(Value::Method { object: id, builtin: native });
    }
    let whole = |value: Option<i64>| match value {
        Some(value) => Ok(Value::Int(value)),
        None => fail(format!("`{name}`: the number does not fit an int")),
    };
    match name {
        "string" => {
            let text = number.to_string();
            machine.heap.new_text(text.into_bytes())
        }
        "sign" => whole(Some(number.sign())),
        "coefficient" => whole(number.coefficient()),
        "exponent" => whole(number.exponent()),
        "int" => whole(number.to_int()),
        "float" => match number.to_string().parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Value::Float(float)),
            Ok(_) | Err(_) => fail("`float`: the number does not fit a float"),
        },
        _ => Ok(UNDEFINED),
    }
}
