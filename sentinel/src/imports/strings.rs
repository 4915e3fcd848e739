//! `import "strings"`

use super::{Library, int, new_text, no_constants, text};
use crate::builtins::{Native, argument};
use crate::failure::{Run, fail};
use crate::machine::{Machine, float_g};
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "strings",
    functions: &[
        Native::new("strings.has_prefix", 2, 2, |machine, arguments| {
            let [text, part] = two(machine, arguments, "strings.has_prefix")?;
            Ok(Value::Bool(text.starts_with(&part)))
        }),
        Native::new("strings.has_suffix", 2, 2, |machine, arguments| {
            let [text, part] = two(machine, arguments, "strings.has_suffix")?;
            Ok(Value::Bool(text.ends_with(&part)))
        }),
        Native::new("strings.trim_prefix", 2, 2, |machine, arguments| {
            let [text, part] = two(machine, arguments, "strings.trim_prefix")?;
            new_text(machine, text.strip_prefix(&part).unwrap_or(&text).to_owned())
        }),
        Native::new("strings.trim_suffix", 2, 2, |machine, arguments| {
            let [text, part] = two(machine, arguments, "strings.trim_suffix")?;
            new_text(machine, text.strip_suffix(&part).unwrap_or(&text).to_owned())
        }),
        Native::new("strings.trim", 2, 2, |machine, arguments| {
            let [text, set] = two(machine, arguments, "strings.trim")?;
            new_text(machine, text.trim_matches(|c| set.contains(c)).to_owned())
        }),
        Native::new("strings.trim_left", 2, 2, |machine, arguments| {
            let [text, set] = two(machine, arguments, "strings.trim_left")?;
            new_text(machine, text.trim_start_matches(|c| set.contains(c)).to_owned())
        }),
        Native::new("strings.trim_right", 2, 2, |machine, arguments| {
            let [text, set] = two(machine, arguments, "strings.trim_right")?;
            new_text(machine, text.trim_end_matches(|c| set.contains(c)).to_owned())
        }),
        Native::new("strings.trim_space", 1, 1, |machine, arguments| {
            let text = text(machine, arguments, 0, "strings.trim_space")?;
            new_text(machine, text.trim().to_owned())
        }),
        Native::new("strings.to_lower", 1, 1, |machine, arguments| {
            let text = text(machine, arguments, 0, "strings.to_lower")?;
            // Each character is looked up.
            machine.heap.meter.walk(text.len() * 4)?;
            new_text(machine, text.to_lowercase())
        }),
        Native::new("strings.to_upper", 1, 1, |machine, arguments| {
            let text = text(machine, arguments, 0, "strings.to_upper")?;
            machine.heap.meter.walk(text.len() * 4)?;
            new_text(machine, text.to_uppercase())
        }),
        Native::new("strings.join", 2, 2, join),
        Native::new("strings.split", 2, 2, split),
        Native::new("strings.replace", 3, 4, replace),
    ],
    constant: no_constants,
};

fn two(machine: &mut Machine<'_>, arguments: &[Value], function: &str) -> Run<[String; 2]> {
    let both = [text(machine, arguments, 0, function)?, text(machine, arguments, 1, function)?];
    let [a, b] = &both;
    // Sets of characters are looked through for each character.
    let product = a.len().saturating_mul(b.len().min(64));
    machine.heap.meter.walk(product)?;
    Ok(both)
}

fn join(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let list = super::list(arguments, 0, "strings.join")?;
    let separator = text(machine, arguments, 1, "strings.join")?;
    let mut parts = Vec::new();
    flatten(machine, list, &mut parts, 50)?;
    let length = parts.iter().map(|part| part.len() + separator.len()).sum();
    machine.heap.meter.take(length)?;
    machine.heap.meter.walk(length)?;
    new_text(machine, parts.join(&separator))
}

fn flatten(machine: &mut Machine<'_>, list: u32, parts: &mut Vec<String>, depth: u32) -> Run<()> {
    if depth == 0 {
        return fail("`strings.join`: this list is nested too deeply");
    }
    let mut at = 0;
    while let Some(item) = machine.heap.list(list).get(at).copied() {
        at += 1;
        machine.heap.meter.step(1)?;
        match item {
            Value::List(inner) => flatten(machine, inner, parts, depth - 1)?,
            Value::Int(value) => parts.push(value.to_string()),
            Value::Bool(value) => parts.push(value.to_string()),
            Value::Float(value) => {
                machine.heap.meter.step(20)?;
                parts.push(float_g(value));
            }
            _ => {
                let Some(text) = machine.heap.text(item) else {
                    let name = item.type_name();
                    return fail(format!("`strings.join` cannot join a value of type {name}"));
                };
                machine.heap.meter.take(text.len() + 24)?;
                parts.push(text);
            }
        }
    }
    Ok(())
}

fn split(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    if let Value::List(list) = argument(arguments, 0) {
        return Ok(Value::List(list));
    }
    let [text, separator] = two(machine, arguments, "strings.split")?;
    let mut items = Vec::new();
    if separator.is_empty() {
        for c in text.chars() {
            items.push(machine.heap.new_text(c.to_string().into_bytes())?);
        }
    } else {
        for part in text.split(&separator) {
            items.push(machine.heap.new_text(part.as_bytes())?);
        }
    }
    machine.heap.new_list(items)
}

fn replace(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let [text, old] = two(machine, arguments, "strings.replace")?;
    let new = self::text(machine, arguments, 2, "strings.replace")?;
    let most = match arguments.len() {
        4 => int(arguments, 3, "strings.replace")?,
        _ => -1,
    };
    let times = usize::try_from(most).unwrap_or(usize::MAX);
    // The largest that it can become is paid for first.
    let found = text.matches(old.as_str()).count().min(times);
    machine.heap.meter.step(u64::try_from(text.len() / 8).unwrap_or(u64::MAX))?;
    let length = text.len().saturating_add(found.saturating_mul(new.len()));
    machine.heap.meter.take(length)?;
    machine.heap.meter.give(length);
    new_text(machine, text.replacen(&old, &new, times))
}
