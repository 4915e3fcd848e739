//! `import "collection/lists"`

use std::cmp::Ordering;

use super::{Library, list, no_constants};
use crate::builtins::{HERE, Native, argument};
use crate::failure::{Run, fail};
use crate::machine::{DATA_DEPTH, Machine};
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "collection/lists",
    functions: &[
        Native::new("lists.concat", 1, usize::MAX, |machine, arguments| {
            let mut items = Vec::new();
            for at in 0..arguments.len() {
                let list = list(arguments, at, "lists.concat")?;
                machine.heap.reserve(machine.heap.list(list).len())?;
                items.extend_from_slice(machine.heap.list(list));
            }
            machine.heap.new_list(items)
        }),
        Native::new("lists.sort", 2, 2, |machine, arguments| {
            let list = list(arguments, 0, "lists.sort")?;
            machine.heap.reserve(machine.heap.list(list).len() * 2)?;
            let items = machine.heap.list(list).to_vec();
            let sorted = sort(machine, items, argument(arguments, 1))?;
            machine.heap.new_list(sorted)
        }),
        Native::new("lists.sum", 1, 1, |machine, arguments| {
            let list = list(arguments, 0, "lists.sum")?;
            machine.heap.reserve(machine.heap.list(list).len())?;
            let mut sum = 0.0;
            for item in machine.heap.list(list) {
                #[allow(clippy::cast_precision_loss)]
                match item {
                    Value::Int(value) => sum += *value as f64,
                    Value::Float(value) => sum += value,
                    other => {
                        return fail(format!(
                            "`lists.sum` needs numbers, not a {}",
                            other.type_name()
                        ));
                    }
                }
            }
            Ok(Value::Float(sum))
        }),
        Native::new("lists.difference", 1, usize::MAX, difference),
        Native::new("lists.diff", 1, usize::MAX, difference),
        Native::new("lists.intersection", 1, usize::MAX, intersection),
        Native::new("lists.union", 1, usize::MAX, |machine, arguments| {
            let mut items: Vec<Value> = Vec::new();
            for at in 0..arguments.len() {
                let list = list(arguments, at, "lists.union")?;
                for item in machine.heap.list(list).to_vec() {
                    if !has(machine, &items, item)? {
                        items.push(item);
                    }
                }
            }
            machine.heap.new_list(items)
        }),
    ],
    constant: no_constants,
};

fn has(machine: &mut Machine<'_>, items: &[Value], wanted: Value) -> Run<bool> {
    for item in items {
        if machine.equal(*item, wanted, DATA_DEPTH)? == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first list, and the others.
fn first_and_others(
    machine: &mut Machine<'_>,
    arguments: &[Value],
    function: &str,
) -> Run<(Vec<Value>, Vec<Vec<Value>>)> {
    let mut lists = Vec::new();
    for at in 0..arguments.len() {
        let list = list(arguments, at, function)?;
        machine.heap.reserve(machine.heap.list(list).len())?;
        lists.push(machine.heap.list(list).to_vec());
    }
    let others = lists.split_off(lists.len().min(1));
    Ok((lists.pop().unwrap_or_default(), others))
}

/// Members of the first list that are in none of the others.
fn difference(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let (first, others) = first_and_others(machine, arguments, "lists.difference")?;
    let others = others.concat();
    let mut items = Vec::new();
    for item in first {
        if !has(machine, &others, item)? {
            items.push(item);
        }
    }
    machine.heap.new_list(items)
}

/// Members of the first list, each once, that are in all others.
fn intersection(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let (first, others) = first_and_others(machine, arguments, "lists.intersection")?;
    let mut items = Vec::new();
    'items: for item in first {
        for other in &others {
            if !has(machine, other, item)? {
                continue 'items;
            }
        }
        if !has(machine, &items, item)? {
            items.push(item);
        }
    }
    machine.heap.new_list(items)
}

/// Merges sorted halves. A comparison that contradicts itself gives some order, no more.
fn sort(machine: &mut Machine<'_>, mut items: Vec<Value>, compare: Value) -> Run<Vec<Value>> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let left = sort(machine, items, compare)?;
    let right = sort(machine, right, compare)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let order = match machine.call(compare, &[*a, *b], HERE)? {
            Value::Int(order) => order.cmp(&0),
            other => {
                return fail(format!(
                    "the comparison must return an int, not a {}",
                    other.type_name()
                ));
            }
        };
        merged.extend(if order == Ordering::Greater { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
