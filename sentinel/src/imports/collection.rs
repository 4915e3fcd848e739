//! `import "collection"`: functions over lists and maps. Of a map, its values are meant.

use super::{Library, no_constants};
use crate::builtins::{HERE, Native, UNDEFINED, argument};
use crate::failure::{Run, fail};
use crate::machine::{DATA_DEPTH, Machine};
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "collection",
    functions: &[
        Native::new("collection.filter", 2, 2, |machine, arguments| keep(machine, arguments, true)),
        Native::new("collection.reject", 2, 2, |machine, arguments| {
            keep(machine, arguments, false)
        }),
        Native::new("collection.find", 2, 2, find),
        Native::new("collection.matches", 2, 2, matches),
        Native::new("collection.reduce", 2, 3, reduce),
    ],
    constant: no_constants,
};

/// The values of a list or a map.
fn values(machine: &mut Machine<'_>, collection: Value) -> Run<Vec<Value>> {
    let elements = machine.elements(collection)?;
    Ok(elements.iter().map(|(_, value, _)| value).collect())
}

/// Whether the predicate says `true`; undefined is not true.
fn holds(machine: &mut Machine<'_>, predicate: Value, value: Value) -> Run<bool> {
    match machine.call(predicate, &[value], HERE)? {
        Value::Bool(answer) => Ok(answer),
        Value::Undefined(_) => Ok(false),
        other => fail(format!("the predicate must return a bool, not a {}", other.type_name())),
    }
}

fn keep(machine: &mut Machine<'_>, arguments: &[Value], wanted: bool) -> Run<Value> {
    let mut kept = Vec::new();
    for value in values(machine, argument(arguments, 0))? {
        if holds(machine, argument(arguments, 1), value)? == wanted {
            kept.push(value);
        }
    }
    machine.heap.new_list(kept)
}

fn find(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    for value in values(machine, argument(arguments, 0))? {
        if holds(machine, argument(arguments, 1), value)? {
            return Ok(value);
        }
    }
    Ok(UNDEFINED)
}

fn matches(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let partial = argument(arguments, 1);
    let Value::Map(_) = partial else {
        return fail(format!(
            "`collection.matches` needs a map to compare with, not a {}",
            partial.type_name()
        ));
    };
    let mut kept = Vec::new();
    for value in values(machine, argument(arguments, 0))? {
        if has_all(machine, value, partial, DATA_DEPTH)? {
            kept.push(value);
        }
    }
    machine.heap.new_list(kept)
}

/// Whether a value has all that a partial one has.
fn has_all(machine: &mut Machine<'_>, value: Value, partial: Value, depth: u32) -> Run<bool> {
    let (Value::Map(value_map), Value::Map(partial_map)) = (value, partial) else {
        return Ok(machine.equal(value, partial, depth)? == Some(true));
    };
    if depth == 0 {
        return fail("these values are nested too deeply to be compared");
    }
    let mut at = 0;
    while let Some((key, wanted)) = machine.heap.entries(partial_map).get(at).copied() {
        machine.heap.meter.step(1)?;
        let Some(found) = machine.heap.get(value_map, key) else { return Ok(false) };
        if !has_all(machine, found, wanted, depth - 1)? {
            return Ok(false);
        }
        at += 1;
    }
    Ok(true)
}

/// `reduce(items, function[, first])`; without a first value it is the first element.
fn reduce(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let is_function = |value: &Value| value.type_name() == "func";
    let (function, first) = match arguments {
        [_, function, first] if is_function(function) => (*function, Some(*first)),
        [_, first, function] => (*function, Some(*first)),
        _ => (argument(arguments, 1), None),
    };
    let mut values = values(machine, argument(arguments, 0))?.into_iter();
    let Some(mut sum) = first.or_else(|| values.next()) else { return Ok(UNDEFINED) };
    for value in values {
        sum = machine.call(function, &[sum, value], HERE)?;
    }
    Ok(sum)
}
