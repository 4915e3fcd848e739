//! `import "collection/maps"`: members by paths such as `a.0.*.b`. What changes a map returns a
//! changed copy.

use super::{Library, list, no_constants, text};
use crate::builtins::{HERE, Native, UNDEFINED, argument};
use crate::failure::{Run, fail};
use crate::machine::Machine;
use crate::value::Value;

/// How many parts a path may have.
const MAX_PARTS: usize = 100;

pub(super) static LIBRARY: Library = Library {
    path: "collection/maps",
    functions: &[
        Native::new("maps.get", 2, 3, |machine, arguments| {
            if let undefined @ Value::Undefined(_) = argument(arguments, 1) {
                return Ok(undefined);
            }
            let path = path(machine, arguments, "maps.get")?;
            match (get(machine, argument(arguments, 0), &path)?, arguments.get(2)) {
                (Value::Undefined(_), Some(default)) => Ok(*default),
                (value, _) => Ok(value),
            }
        })
        .sees_undefined(),
        Native::new("maps.has", 2, 2, |machine, arguments| {
            let path = path(machine, arguments, "maps.has")?;
            let found = get(machine, argument(arguments, 0), &path)?;
            Ok(Value::Bool(!matches!(found, Value::Undefined(_))))
        }),
        Native::new("maps.set", 3, 3, |machine, arguments| {
            let path = path(machine, arguments, "maps.set")?;
            set(machine, argument(arguments, 0), &path, argument(arguments, 2))
        }),
        // The documentation gives it a third argument, which means nothing.
        Native::new("maps.unset", 2, 3, |machine, arguments| {
            let path = path(machine, arguments, "maps.unset")?;
            without(machine, argument(arguments, 0), &path)
        }),
        Native::new("maps.omit", 2, 2, |machine, arguments| {
            let mut result = argument(arguments, 0);
            for path in paths(machine, arguments, "maps.omit")? {
                result = without(machine, result, &path)?;
            }
            Ok(result)
        }),
        Native::new("maps.pick", 2, 2, |machine, arguments| {
            let paths = paths(machine, arguments, "maps.pick")?;
            pick(machine, argument(arguments, 0), &paths)
        }),
    ],
    constant: no_constants,
};

fn parts(path: &str, function: &str) -> Run<Vec<String>> {
    let parts: Vec<_> = path.split('.').map(str::to_owned).collect();
    if parts.len() > MAX_PARTS {
        return fail(format!("`{function}`: a path has at most {MAX_PARTS} parts"));
    }
    Ok(parts)
}

fn path(machine: &mut Machine<'_>, arguments: &[Value], function: &str) -> Run<Vec<String>> {
    let path = text(machine, arguments, 1, function)?;
    machine.heap.meter.walk(path.len() * 8)?;
    parts(&path, function)
}

fn paths(machine: &mut Machine<'_>, arguments: &[Value], function: &str) -> Run<Vec<Vec<String>>> {
    let list = list(arguments, 1, function)?;
    let items = machine.heap.list(list).to_vec();
    let mut paths = Vec::new();
    for at in 0..items.len() {
        let path = text(machine, &items, at, function)?;
        machine.heap.meter.walk(path.len() * 8)?;
        paths.push(parts(&path, function)?);
    }
    Ok(paths)
}

/// A member of a collection by one part of a path.
fn member(machine: &mut Machine<'_>, value: Value, part: &str) -> Option<Value> {
    match value {
        Value::Map(map) => machine.heap.field(map, part.as_bytes()).or_else(|| {
            let number = part.parse().ok()?;
            machine.heap.get(map, Value::Int(number))
        }),
        Value::List(list) => {
            let at: usize = part.parse().ok()?;
            machine.heap.list(list).get(at).copied()
        }
        _ => None,
    }
}

fn get(machine: &mut Machine<'_>, value: Value, path: &[String]) -> Run<Value> {
    machine.heap.meter.step(1)?;
    let Some((part, rest)) = path.split_first() else { return Ok(value) };
    if part == "*" && matches!(value, Value::List(_) | Value::Map(_)) {
        let mut found = Vec::new();
        let elements = machine.elements(value)?;
        for (_, element, _) in elements.iter() {
            match get(machine, element, rest)? {
                Value::Undefined(_) => {}
                // A star within a star gives one list.
                Value::List(inner) if rest.iter().any(|part| part == "*") => {
                    machine.heap.reserve(machine.heap.list(inner).len())?;
                    found.extend_from_slice(machine.heap.list(inner));
                }
                other => found.push(other),
            }
        }
        machine.give_back(&elements);
        return machine.heap.new_list(found);
    }
    match member(machine, value, part) {
        Some(found) => get(machine, found, rest),
        None => Ok(UNDEFINED),
    }
}

/// A copy of one level of a collection.
fn copy(machine: &mut Machine<'_>, value: Value) -> Run<Value> {
    match value {
        Value::Map(map) => {
            machine.heap.reserve(machine.heap.entries(map).len() * 2)?;
            let entries = machine.heap.entries(map).to_vec();
            let copy = machine.heap.new_map()?;
            machine.heap.fill_map(copy, entries);
            Ok(Value::Map(copy))
        }
        Value::List(list) => {
            machine.heap.reserve(machine.heap.list(list).len())?;
            let items = machine.heap.list(list).to_vec();
            machine.heap.new_list(items)
        }
        other => Ok(other),
    }
}

fn set(machine: &mut Machine<'_>, value: Value, path: &[String], new: Value) -> Run<Value> {
    machine.heap.meter.step(1)?;
    let Some((part, rest)) = path.split_first() else { return Ok(new) };
    let copied = match value {
        Value::Map(_) | Value::List(_) => copy(machine, value)?,
        Value::Undefined(_) => Value::Map(machine.heap.new_map()?),
        other => {
            return fail(format!(
                "`maps.set`: `{part}` is in a value of type {}",
                other.type_name()
            ));
        }
    };
    match copied {
        Value::List(list) => {
            let places: Vec<usize> = match part.as_str() {
                "*" => (0..machine.heap.list(list).len()).collect(),
                part => part.parse().ok().into_iter().collect(),
            };
            for at in &places {
                let old = machine.heap.list(list).get(*at).copied();
                let Some(old) = old else {
                    return fail(format!("`maps.set`: index {at} is out of range"));
                };
                let changed = set(machine, old, rest, new)?;
                if let Some(slot) = machine.heap.list_mut(list)?.items.get_mut(*at) {
                    *slot = changed;
                }
            }
            if places.is_empty() && part != "*" {
                return fail(format!("`maps.set`: `{part}` is no index of a list"));
            }
        }
        Value::Map(map) if part == "*" => {
            for (key, old) in machine.heap.entries(map).to_vec() {
                let changed = set(machine, old, rest, new)?;
                machine.heap.set(map, key, changed)?;
            }
        }
        Value::Map(map) => {
            let old = machine.heap.field(map, part.as_bytes()).unwrap_or(Value::Undefined(HERE));
            let changed = set(machine, old, rest, new)?;
            let key = machine.heap.new_text(part.as_bytes())?;
            machine.heap.set(map, key, changed)?;
        }
        _ => {}
    }
    Ok(copied)
}

/// A copy without what a path leads to.
fn without(machine: &mut Machine<'_>, value: Value, path: &[String]) -> Run<Value> {
    machine.heap.meter.step(1)?;
    let Some((part, rest)) = path.split_first() else { return Ok(value) };
    let copied = copy(machine, value)?;
    match copied {
        Value::Map(map) => {
            for (key, old) in machine.heap.entries(map).to_vec() {
                machine.heap.meter.step(1)?;
                let is = part == "*" || machine.heap.bytes(key) == Some(part.as_bytes());
                if is && rest.is_empty() {
                    machine.heap.remove(map, key)?;
                } else if is {
                    let changed = without(machine, old, rest)?;
                    machine.heap.set(map, key, changed)?;
                }
            }
        }
        Value::List(list) => {
            let mut items = Vec::new();
            for (at, old) in machine.heap.list(list).to_vec().into_iter().enumerate() {
                machine.heap.meter.step(1)?;
                let is = part == "*" || part.parse() == Ok(at);
                match (is, rest.is_empty()) {
                    (false, _) => items.push(old),
                    (true, true) => {}
                    (true, false) => items.push(without(machine, old, rest)?),
                }
            }
            machine.heap.fill_list(list, items);
        }
        _ => {}
    }
    Ok(copied)
}

/// A copy of only what paths lead to. Of a list, what is picked moves together.
fn pick(machine: &mut Machine<'_>, value: Value, paths: &[Vec<String>]) -> Run<Value> {
    machine.heap.meter.step(1)?;
    if paths.iter().any(Vec::is_empty) {
        return Ok(value);
    }
    // The paths that go on below a member.
    let below = |names: &[&str]| -> Vec<Vec<String>> {
        let goes = |path: &&Vec<String>| {
            path.first().is_some_and(|part| part == "*" || names.contains(&part.as_str()))
        };
        paths.iter().filter(goes).map(|path| path.get(1..).unwrap_or_default().to_vec()).collect()
    };
    let leads = |machine: &mut Machine<'_>, member: Value, below: &[Vec<String>]| -> Run<bool> {
        for path in below {
            if !matches!(get(machine, member, path)?, Value::Undefined(_)) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    match value {
        Value::Map(map) => {
            let picked = machine.heap.new_map()?;
            for (key, member) in machine.heap.entries(map).to_vec() {
                machine.heap.meter.step(u64::try_from(paths.len()).unwrap_or(u64::MAX))?;
                let Some(name) = machine.heap.text(key) else { continue };
                let below = below(&[&name]);
                if leads(machine, member, &below)? {
                    let member = pick(machine, member, &below)?;
                    machine.heap.set(picked, key, member)?;
                }
            }
            Ok(Value::Map(picked))
        }
        Value::List(list) => {
            let mut picked = Vec::new();
            for (at, member) in machine.heap.list(list).to_vec().into_iter().enumerate() {
                machine.heap.meter.step(u64::try_from(paths.len()).unwrap_or(u64::MAX))?;
                let below = below(&[&at.to_string()]);
                if leads(machine, member, &below)? {
                    picked.push(pick(machine, member, &below)?);
                }
            }
            machine.heap.new_list(picked)
        }
        other => Ok(other),
    }
}
