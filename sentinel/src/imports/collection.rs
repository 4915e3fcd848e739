//! `import "collection"`: functions over lists and maps. Of a map, its values are meant; a function
//! that takes one argument more than it needs is given the index or the key, too.

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

/// Whether a predicate says `true` of an element; undefined is not true.
fn holds(machine: &mut Machine<'_>, predicate: Value, element: (Value, Value)) -> Run<bool> {
    match call(machine, predicate, &[], element)? {
        Value::Bool(answer) => Ok(answer),
        Value::Undefined(_) => Ok(false),
        other => fail(format!("the predicate must return a bool, not a {}", other.type_name())),
    }
}

/// Calls a function with what comes first, an element's value, and its key if there is room for it.
fn call(
    machine: &mut Machine<'_>,
    function: Value,
    first: &[Value],
    (key, value): (Value, Value),
) -> Run<Value> {
    let mut arguments = [first, &[value]].concat();
    if machine.parameters(function)? == Some(arguments.len() + 1) {
        arguments.push(key);
    }
    machine.call(function, &arguments, HERE)
}

fn keep(machine: &mut Machine<'_>, arguments: &[Value], wanted: bool) -> Run<Value> {
    let mut kept = Vec::new();
    let elements = machine.elements(argument(arguments, 0))?;
    for (key, value, _) in elements.iter() {
        if holds(machine, argument(arguments, 1), (key, value))? == wanted {
            kept.push(value);
        }
    }
    machine.give_back(&elements);
    machine.heap.new_list(kept)
}

fn find(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let elements = machine.elements(argument(arguments, 0))?;
    let mut found = UNDEFINED;
    for (key, value, _) in elements.iter() {
        if holds(machine, argument(arguments, 1), (key, value))? {
            found = value;
            break;
        }
    }
    machine.give_back(&elements);
    Ok(found)
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
    let elements = machine.elements(argument(arguments, 0))?;
    for (_, value, _) in elements.iter() {
        if has_all(machine, value, partial, DATA_DEPTH)? {
            kept.push(value);
        }
    }
    machine.give_back(&elements);
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
    let elements = machine.elements(argument(arguments, 0))?;
    let mut elements = elements.iter();
    let first = first.or_else(|| elements.next().map(|(_, value, _)| value));
    let Some(mut sum) = first else { return Ok(UNDEFINED) };
    for (key, value, _) in elements {
        sum = call(machine, function, &[sum], (key, value))?;
    }
    Ok(sum)
}
